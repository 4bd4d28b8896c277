# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Helm renders is read as it is meant, also where it leaves out quotes."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import manifests

SET = """---
# Source: gha-runner-scale-set/templates/autoscalingrunnerset.yaml
kind: AutoscalingRunnerSet
spec: {{minRunners: 3, share: 0.5, says: {text}}}
---
"""


@pytest.mark.parametrize("text", ["=", "<<", "0x_", "2024-13-45"])
def test_text_that_helm_does_not_quote_stays_a_text(text):
    (found,) = manifests.documents(SET.format(text=text))
    assert found["spec"] == {"minRunners": 3, "share": 0.5, "says": text}


def test_what_is_no_object_is_left_out():
    assert manifests.documents("---\n---\n# nothing\n---\nkind: Role\n") == [{"kind": "Role"}]
