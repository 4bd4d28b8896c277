# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What does a job in kubernetes container mode need of the API server? To be let in, all along.

The container hook works with the pod's service account: it makes, watches and removes pods. Here
pods are listed, which needs the same token and the same role.
"""

from __future__ import annotations

import http.client
import os
from typing import Mapping, Optional

from lab.incluster import SERVICE_ACCOUNT_DIR, ApiRefused, InCluster

HOOKS = "ACTIONS_RUNNER_CONTAINER_HOOKS"


class Hooks:
    """Raises KeyError or OSError where the pod has no service account."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._kube = InCluster(env)
        folder = env.get("LAB_SERVICEACCOUNT_DIR", SERVICE_ACCOUNT_DIR)
        with open(os.path.join(folder, "namespace"), encoding="utf-8") as file:
            namespace = file.read().strip()
        self._path = f"/api/v1/namespaces/{namespace}/pods?limit=1"

    def refusal(self) -> Optional[str]:
        """Why the API server lets the job do nothing; None while it answers or is away."""
        try:
            self._kube.get(self._path)
        except ApiRefused as error:
            if error.status in (401, 403):
                return f"{error.status}: {error}"
        except (OSError, http.client.HTTPException):
            pass
        return None
