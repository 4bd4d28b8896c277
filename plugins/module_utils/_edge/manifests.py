# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm has rendered, as objects.

Helm writes a few texts without quotes that PyYAML takes for more than texts, and stumbles over:
`=`, `<<`, and what begins like a number and is none, such as `0x_`.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, List

try:
    import yaml
except ImportError:
    yaml = None  # told before anything is read: connecting needs it too

_NUMBERS = ("int", "float", "timestamp")


def documents(text: str) -> List[Dict[str, Any]]:
    """Return the objects of a manifest; they may hold secrets: never log them."""
    return [one for one in yaml.load_all(text, Loader=_loader()) if isinstance(one, dict)]


@functools.lru_cache(maxsize=None)
def _loader() -> Any:
    # The parser in C is ten times as quick; not every build of PyYAML has it.
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = type("Loader", (base,), {})
    for name in ("value", "merge"):
        loader.add_constructor(f"tag:yaml.org,2002:{name}", _text)
    for name in _NUMBERS:
        loader.add_constructor(
            f"tag:yaml.org,2002:{name}", _or_text(getattr(base, f"construct_yaml_{name}")))
    return loader


def _text(loader: Any, node: Any) -> str:
    return str(loader.construct_scalar(node))


def _or_text(construct: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def constructed(loader: Any, node: Any) -> Any:
        try:
            return construct(loader, node)
        except ValueError:
            return _text(loader, node)

    return constructed
