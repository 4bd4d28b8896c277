# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""arc_helm speaks while it waits."""

from __future__ import annotations

from ansible_collections.arc.lifecycle.plugins.plugin_utils.speaking import SpeakingAction


class ActionModule(SpeakingAction):
    """Runs the module of the same name."""
