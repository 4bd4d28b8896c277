# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of releases: complete, in order, and with the facts of the documents."""

from __future__ import annotations

import pytest

from lab.arc.releases import RELEASES, release

ALL = (
    "0.9.0 0.9.1 0.9.2 0.9.3 0.10.0 0.10.1 0.11.0 0.12.0 0.12.1 0.13.0 0.13.1 0.14.0 0.14.1 0.14.2"
).split()

# Field, value before, release that brings the new value, value from then on (arc.md, observed.md).
CHANGES = [
    ("capacity_header", False, "0.9.1", True),
    ("scale_down_any_patch", True, "0.9.1", False),
    ("limits_quote", "'", "0.9.1", '"'),
    ("propagates_labels", False, "0.9.2", True),
    ("helpers_in_one_pass", False, "0.9.3", True),
    ("listener_pod_by", "phase", "0.9.3", "container"),
    ("succeeded_skips_github", True, "0.11.0", False),
    ("waits_for_pod", True, "0.11.0", False),
    ("ready_follows_pod", False, "0.11.0", True),
    ("gate", "exact", "0.12.0", "minor"),
    ("failures", "bool", "0.12.0", "time"),
    ("mirror_secret", True, "0.12.0", False),
    ("failed_runner", "stays", "0.12.0", "made-again"),
    ("jit_in", "status", "0.13.0", "secret"),
    ("job_field", "jobRequestId", "0.13.0", "jobId"),
    ("listener_name_by", "namespace", "0.13.1", "set"),
    ("listener_in_one_pass", False, "0.13.1", True),
    ("outdated", False, "0.14.0", True),
    ("says_ephemeral", True, "0.14.0", False),
    ("delete_then_acquire", False, "0.14.1", True),
    ("restarts_on_config_drift", False, "0.14.2", True),
]


def test_table_names_every_release_in_order() -> None:
    assert list(RELEASES) == ALL


@pytest.mark.parametrize("field, before, since, after", CHANGES, ids=[c[0] for c in CHANGES])
def test_fact_changes_with_its_release(
    field: str, before: object, since: str, after: object
) -> None:
    border = ALL.index(since)
    found = [getattr(RELEASES[name], field) for name in ALL]
    assert found == [before] * border + [after] * (len(ALL) - border)


def test_only_0_14_0_never_acquires() -> None:
    assert [name for name in ALL if not RELEASES[name].acquires] == ["0.14.0"]


def test_unknown_release_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="0.9.4.*0.14.2"):
        release("0.9.4")
