# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests of the CRDs that ARC published: no label on a CRD tells its release.

Computed from the chart gha-runner-scale-set-controller of each release that changed its CRDs,
by tests/unit/plugins/module_utils/_pure/make_crd_digests.py; a unit test compares them.
"""

from __future__ import annotations

from typing import Dict, Tuple

# Each set is named after its first release; all columns stand in this order.
SETS: Tuple[str, ...] = (
    "0.4.0",
    "0.6.0",
    "0.7.0",
    "0.9.0",
    "0.11.0",
    "0.12.0",
    "0.13.0",
    "0.14.0",
)

NAMES: Tuple[str, ...] = (
    "autoscalinglisteners.actions.github.com",
    "autoscalingrunnersets.actions.github.com",
    "ephemeralrunners.actions.github.com",
    "ephemeralrunnersets.actions.github.com",
)

# Annotation controller-gen.kubebuilder.io/version; no proof of a release.
GENERATORS: Tuple[str, ...] = (
    "v0.7.0",
    "v0.11.3",
    "v0.13.0",
    "v0.14.0",
    "v0.17.2",
    "v0.17.2",
    "v0.19.0",
    "v0.20.1",
)

# Without descriptions: what objects are valid and how they are served.
SHAPES: Dict[str, Tuple[str, ...]] = {
    "autoscalinglisteners.actions.github.com": (
        "30e287c96f7074e2dd0726cf9959ddf7",
        "a4455e11bb3cef76da9a79fb6cb10836",
        "379f1f9559dad9f6e30ec0231c34365f",
        "379f1f9559dad9f6e30ec0231c34365f",
        "de029223efb87df4a91d1565694a991b",
        "e1600d622606d90b19fe3dca9ad3cda6",
        "be06d23e203952afd7623d6e37d350f9",
        "889d8e60f78380710fbad2323f9bc39d",
    ),
    "autoscalingrunnersets.actions.github.com": (
        "69761257ea553ad6dcf8e17078e4c769",
        "d7589468474f0288d9933177e566a330",
        "f9c936814309ae54ecb7b8e0487e5272",
        "f9c936814309ae54ecb7b8e0487e5272",
        "562993b22994641c3ffdb497e4823a13",
        "c79561e08fc0e647d80d5759c0e6ebec",
        "b249a3449faf6759a028e79e6906a1d7",
        "98209b308791fd58107b2d2da18529a1",
    ),
    "ephemeralrunners.actions.github.com": (
        "6c4cbb03895ec67e3ba25585e391d1e9",
        "f39a943ace0815dca391080ea32382cc",
        "cca45bb41e2a178e12ce43e5e4963611",
        "cca45bb41e2a178e12ce43e5e4963611",
        "93b6a23eb81457e169952dad671744c4",
        "c926f327b438a91a14cc83ccb42fe579",
        "5319ea7d62bb409ff45d4618826c950f",
        "caf0e1940090ad0f1309dfc3bc0788c7",
    ),
    "ephemeralrunnersets.actions.github.com": (
        "49ef6e9e0e2712246cff05e35b95390c",
        "c9a88c7a07606f67b94a69f1a314a1ff",
        "816ce34f01135a8ed2250d27d1deeb18",
        "e71882ae789621ea2890d77892599b33",
        "63830e6335e7582efb6482fca84e8473",
        "ccce416182beae3f3414cd263bea13e1",
        "2a33764b1471dd87c38b4cb6b2220200",
        "cb1bea642b10d3261947e2fa5c9f5c62",
    ),
}

# With descriptions.
TEXTS: Dict[str, Tuple[str, ...]] = {
    "autoscalinglisteners.actions.github.com": (
        "53c1cccffc2f26b84b20eac7a5a29922",
        "964b11b12b4e0c6af6a3bd2909c76f97",
        "4f6c801c0cfe520a0fcf9aeed30d0451",
        "cbe1e1e3549b731b675539f4f9fb86d0",
        "079272b947f07c78e77a8dd49c5ac511",
        "f94f4b76a9d8556d0be23eac2f9f53eb",
        "56419087171c255d330d7b77d596430d",
        "29dc3761aae5cb321f6a812aa3cba840",
    ),
    "autoscalingrunnersets.actions.github.com": (
        "9329a113d70cc15b6beaca6edf8a5cd0",
        "b44acfa1d6506981eabb8781ecc0512d",
        "c2a8e5eface66b37f2e34721374b6817",
        "44a8828ee0a134138953a576f0361bc7",
        "b8a72119cb40dff31228800a90b94790",
        "62410e584e9f5e628b97269f73a71b2f",
        "04f5bea2df48d1cae40c2da63c3628d8",
        "5392ea9536b244174ed001ae4f85cb6d",
    ),
    "ephemeralrunners.actions.github.com": (
        "9d0398255512e846c8eb942514f80ea3",
        "f5d94b00203d9e79d532b11532467874",
        "215e6ef056f76911b28f25978eaf9517",
        "4e0f158e043833ed4fcfb32bcd6c3d7a",
        "ef684692a6c453b18060b125ade998a8",
        "f3a915e6e957266965e60e0fcb6cd293",
        "fa38d97260b1068cd8243839bf346581",
        "41cd41b9cd8f3cf169c9f0fd5e1652e4",
    ),
    "ephemeralrunnersets.actions.github.com": (
        "78d359887b76d4018b397a30f64edbc7",
        "8cd22cb223e042f1f1c1400173f110d2",
        "3c1f403d013c0244780f35f7d6e321e9",
        "7904c7bff5b8b3e73c4557b3899a8bb6",
        "4b8e7f8b9b806c13866d460bacc31b6f",
        "4a4eb63b6aa206a7a3cc826adeb8f212",
        "3acc85e21d81009b992ac489f09bf5f9",
        "6aa7e1eed51ec86d5812a551136b4e99",
    ),
}

# Parts of each CRD: path -> short digest in each set, - where it has no such part.
SECTIONS: Dict[str, Dict[str, str]] = {
    "autoscalinglisteners.actions.github.com": {
        "": "6b1dd7 6b1dd7 6b1dd7 6b1dd7 6b1dd7 6b1dd7 6b1dd7 6b1dd7",
        "v1alpha1": "e647b8 - - - - - - -",
        "v1alpha1 itself": "4354fb a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.apiVersion": "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.kind": "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.metadata": "- a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec itself": "- a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec.autoscalingRunnerSetName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.autoscalingRunnerSetNamespace": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.configSecretMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.ephemeralRunnerSetName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.githubConfigSecret": "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.githubConfigUrl": "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.githubServerTLS": "- a83b2c a83b2c a83b2c b00737 b00737 b00737 b00737",
        "v1alpha1.spec.image": "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.imagePullSecrets": "- e17094 e17094 e17094 4ce35b 4ce35b 4ce35b 4ce35b",
        "v1alpha1.spec.maxRunners": "- 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1",
        "v1alpha1.spec.metrics": "- - - - 304600 304600 304600 304600",
        "v1alpha1.spec.minRunners": "- 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1",
        "v1alpha1.spec.proxy": "- 14d042 14d042 14d042 14d042 14d042 14d042 14d042",
        "v1alpha1.spec.roleBindingMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.roleMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.runnerScaleSetId": "- f0765d f0765d f0765d f0765d f0765d f0765d f0765d",
        "v1alpha1.spec.serviceAccountMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.template itself": "- a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec.template.metadata": "- ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308",
        "v1alpha1.spec.template.spec itself": "- 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad",
        "v1alpha1.spec.template.spec.activeDeadlineSeconds": (
            "- 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.template.spec.affinity": (
            "- a0ab76 a0ab76 a0ab76 c228fd c228fd c228fd c228fd"
        ),
        "v1alpha1.spec.template.spec.automountServiceAccountToken": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.containers": (
            "- 2613cc a7fa09 a7fa09 51d6a6 51d6a6 49fc67 49fc67"
        ),
        "v1alpha1.spec.template.spec.dnsConfig": (
            "- 5884aa 5884aa 5884aa b46b20 b46b20 b46b20 b46b20"
        ),
        "v1alpha1.spec.template.spec.dnsPolicy": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.enableServiceLinks": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.ephemeralContainers": (
            "- 788d2e 6e4f77 6e4f77 38bf99 38bf99 1199a4 1199a4"
        ),
        "v1alpha1.spec.template.spec.hostAliases": (
            "- b206f5 b206f5 b206f5 9067af 9067af 9067af 9067af"
        ),
        "v1alpha1.spec.template.spec.hostIPC": "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541",
        "v1alpha1.spec.template.spec.hostNetwork": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.hostPID": "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541",
        "v1alpha1.spec.template.spec.hostUsers": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.hostname": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.hostnameOverride": "- - - - - - 00404e 00404e",
        "v1alpha1.spec.template.spec.imagePullSecrets": (
            "- e17094 e17094 e17094 42e68b 42e68b 42e68b 42e68b"
        ),
        "v1alpha1.spec.template.spec.initContainers": (
            "- 2613cc a7fa09 a7fa09 51d6a6 51d6a6 49fc67 49fc67"
        ),
        "v1alpha1.spec.template.spec.nodeName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.nodeSelector": (
            "- 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd"
        ),
        "v1alpha1.spec.template.spec.os": "- 098974 098974 098974 098974 098974 098974 098974",
        "v1alpha1.spec.template.spec.overhead": (
            "- 80d020 80d020 80d020 80d020 80d020 80d020 80d020"
        ),
        "v1alpha1.spec.template.spec.preemptionPolicy": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.priority": (
            "- 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b"
        ),
        "v1alpha1.spec.template.spec.priorityClassName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.readinessGates": (
            "- ab5b14 ab5b14 ab5b14 f1169b f1169b f1169b f1169b"
        ),
        "v1alpha1.spec.template.spec.resourceClaims": (
            "- 69ce05 69ce05 69ce05 c78179 c78179 c78179 c78179"
        ),
        "v1alpha1.spec.template.spec.resources": "- - - - 966490 966490 966490 966490",
        "v1alpha1.spec.template.spec.restartPolicy": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.runtimeClassName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.schedulerName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.schedulingGates": (
            "- ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe"
        ),
        "v1alpha1.spec.template.spec.securityContext": (
            "- b55513 b55513 b55513 1565eb 1565eb 1565eb 1565eb"
        ),
        "v1alpha1.spec.template.spec.serviceAccount": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.serviceAccountName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.setHostnameAsFQDN": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.shareProcessNamespace": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.subdomain": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.terminationGracePeriodSeconds": (
            "- 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.template.spec.tolerations": (
            "- 7f6c90 7f6c90 7f6c90 8d2c2a 8d2c2a 8d2c2a 8d2c2a"
        ),
        "v1alpha1.spec.template.spec.topologySpreadConstraints": (
            "- 20ce0c 20ce0c 20ce0c 81025b 81025b 81025b 81025b"
        ),
        "v1alpha1.spec.template.spec.volumes": "- ef8196 ef8196 ef8196 feec5a feec5a 865ec5 f8ad91",
        "v1alpha1.spec.template.spec.workloadRef": "- - - - - - - 658ada",
        "v1alpha1.spec.vaultConfig": "- - - - - 1e40d8 1e40d8 1e40d8",
        "v1alpha1.status": "- a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
    },
    "autoscalingrunnersets.actions.github.com": {
        "": "cd424e cd424e cd424e cd424e cd424e cd424e cd424e cd424e",
        "v1alpha1 itself": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.apiVersion": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.kind": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.metadata": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec itself": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec.autoscalingListener": "- - - - - - - 09fa45",
        "v1alpha1.spec.ephemeralRunnerConfigSecretMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.ephemeralRunnerMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.ephemeralRunnerSetMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.githubConfigSecret": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.githubConfigUrl": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.githubServerTLS": "a9fd62 a83b2c a83b2c a83b2c b00737 b00737 b00737 b00737",
        "v1alpha1.spec.listenerConfigSecretMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.listenerMetrics": "- - - - 304600 304600 304600 304600",
        "v1alpha1.spec.listenerRoleBindingMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.listenerRoleMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.listenerServiceAccountMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.listenerTemplate itself": (
            "- a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799"
        ),
        "v1alpha1.spec.listenerTemplate.metadata": (
            "- ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308"
        ),
        "v1alpha1.spec.listenerTemplate.spec itself": (
            "- 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad"
        ),
        "v1alpha1.spec.listenerTemplate.spec.activeDeadlineSeconds": (
            "- 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.listenerTemplate.spec.affinity": (
            "- a0ab76 a0ab76 a0ab76 c228fd c228fd c228fd c228fd"
        ),
        "v1alpha1.spec.listenerTemplate.spec.automountServiceAccountToken": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.containers": (
            "- 2613cc a7fa09 a7fa09 51d6a6 51d6a6 49fc67 49fc67"
        ),
        "v1alpha1.spec.listenerTemplate.spec.dnsConfig": (
            "- 5884aa 5884aa 5884aa b46b20 b46b20 b46b20 b46b20"
        ),
        "v1alpha1.spec.listenerTemplate.spec.dnsPolicy": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.enableServiceLinks": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.ephemeralContainers": (
            "- 788d2e 6e4f77 6e4f77 38bf99 38bf99 1199a4 1199a4"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostAliases": (
            "- b206f5 b206f5 b206f5 9067af 9067af 9067af 9067af"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostIPC": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostNetwork": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostPID": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostUsers": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostname": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.hostnameOverride": "- - - - - - 00404e 00404e",
        "v1alpha1.spec.listenerTemplate.spec.imagePullSecrets": (
            "- e17094 e17094 e17094 42e68b 42e68b 42e68b 42e68b"
        ),
        "v1alpha1.spec.listenerTemplate.spec.initContainers": (
            "- 2613cc a7fa09 a7fa09 51d6a6 51d6a6 49fc67 49fc67"
        ),
        "v1alpha1.spec.listenerTemplate.spec.nodeName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.nodeSelector": (
            "- 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd"
        ),
        "v1alpha1.spec.listenerTemplate.spec.os": (
            "- 098974 098974 098974 098974 098974 098974 098974"
        ),
        "v1alpha1.spec.listenerTemplate.spec.overhead": (
            "- 80d020 80d020 80d020 80d020 80d020 80d020 80d020"
        ),
        "v1alpha1.spec.listenerTemplate.spec.preemptionPolicy": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.priority": (
            "- 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b"
        ),
        "v1alpha1.spec.listenerTemplate.spec.priorityClassName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.readinessGates": (
            "- ab5b14 ab5b14 ab5b14 f1169b f1169b f1169b f1169b"
        ),
        "v1alpha1.spec.listenerTemplate.spec.resourceClaims": (
            "- 69ce05 69ce05 69ce05 c78179 c78179 c78179 c78179"
        ),
        "v1alpha1.spec.listenerTemplate.spec.resources": "- - - - 966490 966490 966490 966490",
        "v1alpha1.spec.listenerTemplate.spec.restartPolicy": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.runtimeClassName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.schedulerName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.schedulingGates": (
            "- ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe"
        ),
        "v1alpha1.spec.listenerTemplate.spec.securityContext": (
            "- b55513 b55513 b55513 1565eb 1565eb 1565eb 1565eb"
        ),
        "v1alpha1.spec.listenerTemplate.spec.serviceAccount": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.serviceAccountName": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.setHostnameAsFQDN": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.shareProcessNamespace": (
            "- 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.listenerTemplate.spec.subdomain": (
            "- 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.listenerTemplate.spec.terminationGracePeriodSeconds": (
            "- 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.listenerTemplate.spec.tolerations": (
            "- 7f6c90 7f6c90 7f6c90 8d2c2a 8d2c2a 8d2c2a 8d2c2a"
        ),
        "v1alpha1.spec.listenerTemplate.spec.topologySpreadConstraints": (
            "- 20ce0c 20ce0c 20ce0c 81025b 81025b 81025b 81025b"
        ),
        "v1alpha1.spec.listenerTemplate.spec.volumes": (
            "- ef8196 ef8196 ef8196 feec5a feec5a 865ec5 f8ad91"
        ),
        "v1alpha1.spec.listenerTemplate.spec.workloadRef": "- - - - - - - 658ada",
        "v1alpha1.spec.maxRunners": "0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1",
        "v1alpha1.spec.minRunners": "0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1 0d3ac1",
        "v1alpha1.spec.proxy": "14d042 14d042 14d042 14d042 14d042 14d042 14d042 14d042",
        "v1alpha1.spec.runnerGroup": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.runnerScaleSetLabels": "- - - - - - - 681004",
        "v1alpha1.spec.runnerScaleSetName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template itself": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec.template.metadata": (
            "ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308"
        ),
        "v1alpha1.spec.template.spec itself": (
            "4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad"
        ),
        "v1alpha1.spec.template.spec.activeDeadlineSeconds": (
            "0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.template.spec.affinity": (
            "1518c3 a0ab76 a0ab76 a0ab76 c228fd c228fd c228fd c228fd"
        ),
        "v1alpha1.spec.template.spec.automountServiceAccountToken": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.containers": (
            "6ff5a1 038dfe 67d994 67d994 932611 932611 8686e0 8686e0"
        ),
        "v1alpha1.spec.template.spec.dnsConfig": (
            "5884aa 5884aa 5884aa 5884aa b46b20 b46b20 b46b20 b46b20"
        ),
        "v1alpha1.spec.template.spec.dnsPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.enableServiceLinks": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.ephemeralContainers": (
            "33f745 2ccd0e 99bfdb 99bfdb 31eea1 31eea1 53ff38 53ff38"
        ),
        "v1alpha1.spec.template.spec.hostAliases": (
            "b206f5 b206f5 b206f5 b206f5 9067af 9067af 9067af 9067af"
        ),
        "v1alpha1.spec.template.spec.hostIPC": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.hostNetwork": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.hostPID": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.hostUsers": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.hostname": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.hostnameOverride": "- - - - - - 00404e 00404e",
        "v1alpha1.spec.template.spec.imagePullSecrets": (
            "ad2f24 e17094 e17094 e17094 42e68b 42e68b 42e68b 42e68b"
        ),
        "v1alpha1.spec.template.spec.initContainers": (
            "6ff5a1 038dfe 67d994 67d994 932611 932611 8686e0 8686e0"
        ),
        "v1alpha1.spec.template.spec.nodeName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.nodeSelector": (
            "44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd"
        ),
        "v1alpha1.spec.template.spec.os": "098974 098974 098974 098974 098974 098974 098974 098974",
        "v1alpha1.spec.template.spec.overhead": (
            "80d020 80d020 80d020 80d020 80d020 80d020 80d020 80d020"
        ),
        "v1alpha1.spec.template.spec.preemptionPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.priority": (
            "2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b"
        ),
        "v1alpha1.spec.template.spec.priorityClassName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.readinessGates": (
            "ab5b14 ab5b14 ab5b14 ab5b14 f1169b f1169b f1169b f1169b"
        ),
        "v1alpha1.spec.template.spec.resourceClaims": (
            "69ce05 69ce05 69ce05 69ce05 c78179 c78179 c78179 c78179"
        ),
        "v1alpha1.spec.template.spec.resources": "- - - - d5691c d5691c d5691c d5691c",
        "v1alpha1.spec.template.spec.restartPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.runtimeClassName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.schedulerName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.schedulingGates": (
            "ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe"
        ),
        "v1alpha1.spec.template.spec.securityContext": (
            "b55513 b55513 b55513 b55513 1565eb 1565eb 1565eb 1565eb"
        ),
        "v1alpha1.spec.template.spec.serviceAccount": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.serviceAccountName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.setHostnameAsFQDN": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.shareProcessNamespace": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.template.spec.subdomain": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.template.spec.terminationGracePeriodSeconds": (
            "0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.template.spec.tolerations": (
            "7f6c90 7f6c90 7f6c90 7f6c90 8d2c2a 8d2c2a 8d2c2a 8d2c2a"
        ),
        "v1alpha1.spec.template.spec.topologySpreadConstraints": (
            "b76704 20ce0c 20ce0c 20ce0c 81025b 81025b 81025b 81025b"
        ),
        "v1alpha1.spec.template.spec.volumes": (
            "7e7d78 3a2ce5 3a2ce5 3a2ce5 feec5a feec5a 865ec5 f8ad91"
        ),
        "v1alpha1.spec.template.spec.workloadRef": "- - - - - - - 658ada",
        "v1alpha1.spec.vaultConfig": "- - - - - 1e40d8 1e40d8 1e40d8",
        "v1alpha1.status": "bc9042 bc9042 bc9042 bc9042 bc9042 bc9042 bc9042 1bfc6a",
    },
    "ephemeralrunners.actions.github.com": {
        "": "abde5e abde5e abde5e abde5e abde5e abde5e abde5e abde5e",
        "v1alpha1 itself": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.apiVersion": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.kind": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.metadata": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec itself": "a2c799 a2c799 a2c799 a2c799 b50e30 b50e30 b50e30 b50e30",
        "v1alpha1.spec.ephemeralRunnerConfigSecretMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.githubConfigSecret": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.githubConfigUrl": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.githubServerTLS": "a9fd62 a83b2c a83b2c a83b2c b00737 b00737 b00737 b00737",
        "v1alpha1.spec.metadata": "ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308",
        "v1alpha1.spec.proxy": "14d042 14d042 14d042 14d042 14d042 14d042 14d042 14d042",
        "v1alpha1.spec.proxySecretRef": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.runnerScaleSetId": "f0765d f0765d f0765d f0765d f0765d f0765d f0765d f0765d",
        "v1alpha1.spec.spec itself": "4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad",
        "v1alpha1.spec.spec.activeDeadlineSeconds": (
            "0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.spec.affinity": "1518c3 a0ab76 a0ab76 a0ab76 c228fd c228fd c228fd c228fd",
        "v1alpha1.spec.spec.automountServiceAccountToken": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.spec.containers": "6ff5a1 038dfe 67d994 67d994 932611 932611 8686e0 8686e0",
        "v1alpha1.spec.spec.dnsConfig": "5884aa 5884aa 5884aa 5884aa b46b20 b46b20 b46b20 b46b20",
        "v1alpha1.spec.spec.dnsPolicy": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.spec.enableServiceLinks": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.spec.ephemeralContainers": (
            "33f745 2ccd0e 99bfdb 99bfdb 31eea1 31eea1 53ff38 53ff38"
        ),
        "v1alpha1.spec.spec.hostAliases": "b206f5 b206f5 b206f5 b206f5 9067af 9067af 9067af 9067af",
        "v1alpha1.spec.spec.hostIPC": "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541",
        "v1alpha1.spec.spec.hostNetwork": "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541",
        "v1alpha1.spec.spec.hostPID": "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541",
        "v1alpha1.spec.spec.hostUsers": "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541",
        "v1alpha1.spec.spec.hostname": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.spec.hostnameOverride": "- - - - - - 00404e 00404e",
        "v1alpha1.spec.spec.imagePullSecrets": (
            "ad2f24 e17094 e17094 e17094 42e68b 42e68b 42e68b 42e68b"
        ),
        "v1alpha1.spec.spec.initContainers": (
            "6ff5a1 038dfe 67d994 67d994 932611 932611 8686e0 8686e0"
        ),
        "v1alpha1.spec.spec.nodeName": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.spec.nodeSelector": (
            "44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd"
        ),
        "v1alpha1.spec.spec.os": "098974 098974 098974 098974 098974 098974 098974 098974",
        "v1alpha1.spec.spec.overhead": "80d020 80d020 80d020 80d020 80d020 80d020 80d020 80d020",
        "v1alpha1.spec.spec.preemptionPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.priority": "2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b",
        "v1alpha1.spec.spec.priorityClassName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.readinessGates": (
            "ab5b14 ab5b14 ab5b14 ab5b14 f1169b f1169b f1169b f1169b"
        ),
        "v1alpha1.spec.spec.resourceClaims": (
            "69ce05 69ce05 69ce05 69ce05 c78179 c78179 c78179 c78179"
        ),
        "v1alpha1.spec.spec.resources": "- - - - 966490 966490 966490 966490",
        "v1alpha1.spec.spec.restartPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.runtimeClassName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.schedulerName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.schedulingGates": (
            "ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe"
        ),
        "v1alpha1.spec.spec.securityContext": (
            "b55513 b55513 b55513 b55513 1565eb 1565eb 1565eb 1565eb"
        ),
        "v1alpha1.spec.spec.serviceAccount": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.serviceAccountName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.spec.setHostnameAsFQDN": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.spec.shareProcessNamespace": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.spec.subdomain": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.spec.spec.terminationGracePeriodSeconds": (
            "0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.spec.tolerations": "7f6c90 7f6c90 7f6c90 7f6c90 8d2c2a 8d2c2a 8d2c2a 8d2c2a",
        "v1alpha1.spec.spec.topologySpreadConstraints": (
            "b76704 20ce0c 20ce0c 20ce0c 81025b 81025b 81025b 81025b"
        ),
        "v1alpha1.spec.spec.volumes": "7e7d78 3a2ce5 3a2ce5 3a2ce5 feec5a feec5a 865ec5 f8ad91",
        "v1alpha1.spec.spec.workloadRef": "- - - - - - - 658ada",
        "v1alpha1.spec.vaultConfig": "- - - - - 1e40d8 1e40d8 1e40d8",
        "v1alpha1.status": "fe4bed fe4bed fe4bed fe4bed fe4bed 657a9a 2549a9 2549a9",
    },
    "ephemeralrunnersets.actions.github.com": {
        "": "b53b4c b53b4c b53b4c b53b4c b53b4c b53b4c b53b4c b53b4c",
        "v1alpha1 itself": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.apiVersion": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.kind": "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e",
        "v1alpha1.metadata": "a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799 a2c799",
        "v1alpha1.spec itself": "a2c799 a2c799 a2c799 644220 644220 644220 644220 644220",
        "v1alpha1.spec.ephemeralRunnerMetadata": "- - - - - - - 09fa45",
        "v1alpha1.spec.ephemeralRunnerSpec itself": (
            "a2c799 a2c799 a2c799 a2c799 b50e30 b50e30 b50e30 b50e30"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.ephemeralRunnerConfigSecretMetadata": (
            "- - - - - - - 09fa45"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.githubConfigSecret": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.githubConfigUrl": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.githubServerTLS": (
            "a9fd62 a83b2c a83b2c a83b2c b00737 b00737 b00737 b00737"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.metadata": (
            "ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308 ba6308"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.proxy": (
            "14d042 14d042 14d042 14d042 14d042 14d042 14d042 14d042"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.proxySecretRef": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.runnerScaleSetId": (
            "f0765d f0765d f0765d f0765d f0765d f0765d f0765d f0765d"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec itself": (
            "4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad 4451ad"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.activeDeadlineSeconds": (
            "0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.affinity": (
            "1518c3 a0ab76 a0ab76 a0ab76 c228fd c228fd c228fd c228fd"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.automountServiceAccountToken": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.containers": (
            "6ff5a1 038dfe 67d994 67d994 932611 932611 8686e0 8686e0"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.dnsConfig": (
            "5884aa 5884aa 5884aa 5884aa b46b20 b46b20 b46b20 b46b20"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.dnsPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.enableServiceLinks": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.ephemeralContainers": (
            "33f745 2ccd0e 99bfdb 99bfdb 31eea1 31eea1 53ff38 53ff38"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostAliases": (
            "b206f5 b206f5 b206f5 b206f5 9067af 9067af 9067af 9067af"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostIPC": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostNetwork": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostPID": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostUsers": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostname": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.hostnameOverride": "- - - - - - 00404e 00404e",
        "v1alpha1.spec.ephemeralRunnerSpec.spec.imagePullSecrets": (
            "ad2f24 e17094 e17094 e17094 42e68b 42e68b 42e68b 42e68b"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.initContainers": (
            "6ff5a1 038dfe 67d994 67d994 932611 932611 8686e0 8686e0"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.nodeName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.nodeSelector": (
            "44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd 44b2fd"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.os": (
            "098974 098974 098974 098974 098974 098974 098974 098974"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.overhead": (
            "80d020 80d020 80d020 80d020 80d020 80d020 80d020 80d020"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.preemptionPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.priority": (
            "2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b 2a556b"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.priorityClassName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.readinessGates": (
            "ab5b14 ab5b14 ab5b14 ab5b14 f1169b f1169b f1169b f1169b"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.resourceClaims": (
            "69ce05 69ce05 69ce05 69ce05 c78179 c78179 c78179 c78179"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.resources": "- - - - 966490 966490 966490 966490",
        "v1alpha1.spec.ephemeralRunnerSpec.spec.restartPolicy": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.runtimeClassName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.schedulerName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.schedulingGates": (
            "ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe ddf8fe"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.securityContext": (
            "b55513 b55513 b55513 b55513 1565eb 1565eb 1565eb 1565eb"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.serviceAccount": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.serviceAccountName": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.setHostnameAsFQDN": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.shareProcessNamespace": (
            "7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541 7cb541"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.subdomain": (
            "00404e 00404e 00404e 00404e 00404e 00404e 00404e 00404e"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.terminationGracePeriodSeconds": (
            "0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a 0cd97a"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.tolerations": (
            "7f6c90 7f6c90 7f6c90 7f6c90 8d2c2a 8d2c2a 8d2c2a 8d2c2a"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.topologySpreadConstraints": (
            "b76704 20ce0c 20ce0c 20ce0c 81025b 81025b 81025b 81025b"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.volumes": (
            "7e7d78 3a2ce5 3a2ce5 3a2ce5 feec5a feec5a 865ec5 f8ad91"
        ),
        "v1alpha1.spec.ephemeralRunnerSpec.spec.workloadRef": "- - - - - - - 658ada",
        "v1alpha1.spec.ephemeralRunnerSpec.vaultConfig": "- - - - - 1e40d8 1e40d8 1e40d8",
        "v1alpha1.spec.patchID": "- - - f0765d f0765d f0765d f0765d f0765d",
        "v1alpha1.spec.replicas": "f0765d f0765d f0765d f0765d f0765d f0765d f0765d f0765d",
        "v1alpha1.status": "6d25aa 6d25aa 6d25aa 6d25aa 6d25aa 6d25aa 6d25aa dcf05d",
    },
}
