# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compute `_pure/crd_digests.py` from the published CRDs and write it to standard output.

Run it when a release brings new CRDs, with the folder above `ansible_collections` in
PYTHONPATH and the CRDs in ARC_CRDS_DIR or `../shared/crds`:

    python tests/unit/plugins/module_utils/_pure/make_crd_digests.py > crd_digests.py
"""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Tuple

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import crd_form
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._pure import published_crds

HEAD = '''\
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests of the CRDs that ARC published: no label on a CRD tells its release.

Computed from the chart gha-runner-scale-set-controller of each release that changed its CRDs,
by tests/unit/plugins/module_utils/_pure/make_crd_digests.py; a unit test compares them.
"""

from __future__ import annotations

from typing import Dict, Tuple

'''
NAMES = (
    "autoscalinglisteners.actions.github.com",
    "autoscalingrunnersets.actions.github.com",
    "ephemeralrunners.actions.github.com",
    "ephemeralrunnersets.actions.github.com",
)


def computed() -> Dict[str, Any]:
    """Return every table of crd_digests.py by its name."""
    crds = {
        (crd["metadata"]["name"], name): crd
        for name in published_crds.SETS
        for crd in published_crds.load(name)
    }
    forms = {key: crd_form.normalise(crd) for key, crd in crds.items()}
    texts = {key: crd_form.normalise(crd, with_text=True) for key, crd in crds.items()}
    parts = {key: crd_form.sections(form) for key, form in forms.items()}
    return {
        "SETS": published_crds.SETS,
        "NAMES": NAMES,
        "GENERATORS": _by_set(
            lambda name, one: crds[name, one]["metadata"]["annotations"][
                "controller-gen.kubebuilder.io/version"
            ]
        )[NAMES[0]],
        "SHAPES": _by_set(lambda name, one: crd_form.digest(forms[name, one])),
        "TEXTS": _by_set(lambda name, one: crd_form.digest(texts[name, one])),
        "SECTIONS": {
            name: {
                path: " ".join(parts[name, one].get(path, "-") for one in published_crds.SETS)
                for path in sorted({p for one in published_crds.SETS for p in parts[name, one]})
            }
            for name in NAMES
        },
    }


def _by_set(value: Any) -> Dict[str, Tuple[str, ...]]:
    return {name: tuple(value(name, one) for one in published_crds.SETS) for name in NAMES}


def rendered(tables: Dict[str, Any]) -> str:
    """Return the file's text."""
    lines: List[str] = [HEAD.rstrip("\n"), ""]
    lines += ["# Each set is named after its first release; all columns stand in this order."]
    lines += [f"SETS: Tuple[str, ...] = {_tuple(tables['SETS'])}", ""]
    lines += [f"NAMES: Tuple[str, ...] = {_tuple(tables['NAMES'])}", ""]
    lines += ["# Annotation controller-gen.kubebuilder.io/version; no proof of a release."]
    lines += [f"GENERATORS: Tuple[str, ...] = {_tuple(tables['GENERATORS'])}", ""]
    for table, comment in (
        ("SHAPES", "# Without descriptions: what objects are valid and how they are served."),
        ("TEXTS", "# With descriptions."),
    ):
        lines += [comment, f"{table}: Dict[str, Tuple[str, ...]] = {{"]
        for name, row in tables[table].items():
            lines += [f'    "{name}": {_tuple(row, 4)},']
        lines += ["}", ""]
    lines += ["# Parts of each CRD: path -> short digest in each set, - where it has no such part."]
    lines += ["SECTIONS: Dict[str, Dict[str, str]] = {"]
    for name, rows in tables["SECTIONS"].items():
        lines += [f'    "{name}": {{']
        for path, row in rows.items():
            line = f'        "{path}": "{row}",'
            folded = [f'        "{path}": (', f'            "{row}"', "        ),"]
            lines += [line] if len(line) <= 100 else folded
        lines += ["    },"]
    lines += ["}"]
    return "\n".join(lines) + "\n"


def _tuple(values: Any, indent: int = 0) -> str:
    pad = " " * indent
    return "(\n" + "".join(f'{pad}    "{one}",\n' for one in values) + f"{pad})"


if __name__ == "__main__":
    sys.stdout.write(rendered(computed()))
