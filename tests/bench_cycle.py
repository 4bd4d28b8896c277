# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full cycle without running jobs: our playbook against the documented steps as a script.

The script does what ARC's guide says, one by one, with the same Helm and charts, the values read
from Helm before, and ends when the pod of each listener is running. It checks nothing; ours
plans, keeps a record, drains, checks the CRDs and proves every set. Sets that the script leaves
without a listener that works are counted.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parent))

# pylint: disable=wrong-import-position
from bench_drain import tell  # noqa: E402
from rehearsal import Rehearsal  # noqa: E402

from lab import toolchain  # noqa: E402
from lab.arc import await_arc, helm, install  # noqa: E402
from lab.arc.install import ScaleSet  # noqa: E402
from lab.kube import path_of  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.state import LabState  # noqa: E402

OLD, NEW, CLUSTER = "0.9.3", "0.14.2", "blue"
COUNTS = (1, 10, 50)
# ARC registers one set after another, with three calls each: at the lab's usual 150 ms that would
# be most of what is measured of many sets. Below 5 ms ARC 0.9 asks twice.
ANSWER_S = 0.01
_CRDS = path_of("apiextensions.k8s.io/v1", "customresourcedefinitions")

SCRIPT = """
set -eu
listeners="--namespace arc-systems --selector app.kubernetes.io/component=runner-scale-set-listener"
for one in $SETS; do $HELM get values "$one" --namespace arc-runners --output yaml > "$FOLDER/$one.yaml"; done
for one in $SETS; do $HELM uninstall "$one" --namespace arc-runners; done
for kind in autoscalingrunnersets autoscalinglisteners ephemeralrunnersets ephemeralrunners; do
  $KUBECTL wait --for=delete $kind --all --all-namespaces --timeout=300s
done
$HELM uninstall arc --namespace arc-systems
$KUBECTL wait --for=delete pod --all --namespace arc-systems --timeout=300s
$KUBECTL replace --filename "$CONTROLLER/crds"
$HELM install arc "$CONTROLLER" --namespace arc-systems --skip-crds
$KUBECTL rollout status deployment "$ACCOUNT" --namespace arc-systems --timeout=300s
for one in $SETS; do
  $HELM install "$one" "$SET" --namespace arc-runners --values "$FOLDER/$one.yaml" \
    --set controllerServiceAccount.name="$ACCOUNT",controllerServiceAccount.namespace=arc-systems
done
until [ "$($KUBECTL get pods $listeners --field-selector status.phase=Running --output name | wc -l)" -eq "$COUNT" ]
do sleep 0.2; done
"""


class Bench:
    """One cluster that is put back between two runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lab = Lab(LabState(folder / "lab"))
        self.lab.up([CLUSTER])
        self.run = Rehearsal(self.lab, folder)
        self.run.service.settings(answer_delay_s=ANSWER_S)

    def fill(self, sets: List[ScaleSet]) -> None:
        """Install the old release and its sets."""
        self.run.install(OLD, sets)

    def empty(self, sets: List[ScaleSet]) -> None:
        """Take everything away, the CRDs included."""
        for one in sets:
            install.uninstall_scale_set(self.lab.state, CLUSTER, one.name)
        await_arc.wait_absent(self.lab.state, CLUSTER)
        install.uninstall_controller(self.lab.state, CLUSTER)
        await_arc.wait_controller_absent(self.lab.state, CLUSTER, install.SYSTEMS)
        for name in self._crds():
            await_arc.delete(self.lab.state, CLUSTER, f"{_CRDS}/{name}")
        await_arc.until(60, lambda: ", ".join(self._crds()), "the CRDs to go")

    def _crds(self) -> List[str]:
        return [
            one["metadata"]["name"] for one in await_arc.items(self.lab.state, CLUSTER, _CRDS)
            if one["spec"]["group"] == "actions.github.com"
        ]

    def script(self, sets: List[ScaleSet]) -> float:
        """Type the documented steps; gives seconds."""
        charts = self.run.charts(NEW)
        reach = f"--kubeconfig {self.lab.state.kubeconfig}"
        environ: Dict[str, Any] = {
            **helm.environment(self.lab.state),
            "SETS": " ".join(one.name for one in sets), "COUNT": str(len(sets)),
            "FOLDER": str(self.folder), "ACCOUNT": install.controller_account(),
            "HELM": f"{charts['arc_charts_helm']} {reach} --kube-context {CLUSTER}",
            "KUBECTL": f"{toolchain.controlplane(print)} kubectl {reach} --context {CLUSTER}",
            "CONTROLLER": charts["arc_charts_controller"], "SET": charts["arc_charts_scale_set"],
        }
        begun = time.monotonic()
        done = subprocess.run(["bash", "-c", SCRIPT], env=environ, capture_output=True, text=True,
                              check=False, timeout=900)
        if done.returncode:
            raise SystemExit(f"the script failed: {done.stderr[-3000:]}")
        return time.monotonic() - begun

    def ours(self) -> Any:
        """Run the playbook; gives what it says of itself."""
        done = self.run.play("upgrade", arc_target=NEW, arc_drain_settle="never",
                             arc_preflight_acknowledge=["name-in-one-cluster"],
                             arc_verify_settle_time=0)
        if done.code:
            raise SystemExit(f"the upgrade ended with {done.code}: {done.text[-3000:]}")
        return done

    def dead(self) -> int:
        """How many sets have no listener that is bound to a runner set that lives."""
        def found(plural: str) -> List[Dict[str, Any]]:
            return await_arc.items(self.lab.state, CLUSTER, path_of(await_arc.ARC, plural))

        alive = {one["metadata"]["name"] for one in found("ephemeralrunnersets")
                 if not one["metadata"].get("deletionTimestamp")}
        served = {one["spec"]["autoscalingRunnerSetName"] for one in found("autoscalinglisteners")
                  if one["spec"]["ephemeralRunnerSetName"] in alive}
        return len({one["metadata"]["name"] for one in found("autoscalingrunnersets")} - served)


def main() -> int:
    """Print seconds, the ratio, and where ours go."""
    counts = [int(one) for one in sys.argv[1:]] or COUNTS
    with tempfile.TemporaryDirectory(prefix="arc-bench-") as folder:
        bench = Bench(Path(folder))
        try:
            rows = [("sets", "script s", "dead", "ours s", "dead", "ratio", "phases")]
            for count in counts:
                sets = [ScaleSet(f"set-{number}") for number in range(count)]
                bench.fill(sets)
                theirs, left = bench.script(sets), bench.dead()
                bench.empty(sets)
                bench.fill(sets)
                done = bench.ours()
                (one,) = done.report["clusters"]
                phases = ", ".join(f"{p['phase']} {p['seconds']:.0f}" for p in one["phases"])
                rows.append((count, f"{theirs:.1f}", left, f"{done.seconds:.1f}", bench.dead(),
                             f"{done.seconds / theirs:.2f}", phases))
                bench.empty(sets)
                tell(rows[-1:])
            tell(rows)
        finally:
            bench.lab.down()
    return 0


if __name__ == "__main__":
    sys.exit(main())
