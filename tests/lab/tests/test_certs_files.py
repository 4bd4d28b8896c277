# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Are keys and certificates whole, right, and kept as long as they can be?"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Dict

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from lab import certs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pki = tmp_path_factory.mktemp("pki")
    certs.ensure(pki, "10.96.0.1")
    return pki


@pytest.fixture
def pki(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    for path in made.iterdir():
        certs.write_private(tmp_path / path.name, path.read_bytes())
    return tmp_path


def contents(pki: Path) -> Dict[str, bytes]:
    return {path.name: path.read_bytes() for path in pki.iterdir()}


def loaded(pki: Path, file: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((pki / f"{file}.crt").read_bytes())


def test_every_certificate_is_the_ca_s_and_fits_its_key(made: Path) -> None:
    ca = loaded(made, "ca")
    for file in certs.CERTIFICATES:
        certificate = loaded(made, file)
        certificate.verify_directly_issued_by(ca)
        trust = ssl.create_default_context(cafile=str(made / "ca.crt"))
        trust.load_cert_chain(made / f"{file}.crt", made / f"{file}.key")


@pytest.mark.parametrize("file", certs.CERTIFICATES)
def test_certificate_serves_on_loopback_and_in_the_cluster(made: Path, file: str) -> None:
    names = loaded(made, file).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    addresses = [str(address) for address in names.value.get_values_for_type(x509.IPAddress)]
    assert addresses == ["127.0.0.1", "10.96.0.1"]


def test_groups_are_those_that_roles_are_bound_to(made: Path) -> None:
    """system:masters passes RBAC; the two controllers have roles of Kubernetes' own by name."""
    found = {}
    for file in certs.CERTIFICATES:
        subject = loaded(made, file).subject
        of = [str(a.value) for a in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
        found[file] = of
    powerful = sorted(file for file, groups in found.items() if groups == ["system:masters"])
    assert powerful == ["admin", "apiserver-kubelet", "node"]
    assert all(groups == [] for file, groups in found.items() if file not in powerful)


def test_keys_are_for_their_owner_only(made: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in made.glob("*.key")} == {0o600}


def test_service_account_key_is_rsa(made: Path) -> None:
    key = serialization.load_pem_private_key((made / "sa.key").read_bytes(), None)
    assert key.key_size == 2048  # type: ignore[union-attr]


def test_whole_files_are_kept(pki: Path) -> None:
    before = contents(pki)
    certs.ensure(pki, "10.96.0.1")
    assert contents(pki) == before


@pytest.mark.parametrize("file", ["kubelet.crt", "kubelet.key"])
@pytest.mark.parametrize("damage", [None, b"", b"-----BEGIN CERTIFICATE-----\nMIIB"], ids=repr)
def test_damaged_certificate_is_made_again_and_no_other(
    pki: Path, file: str, damage: object
) -> None:
    before = contents(pki)
    (pki / file).unlink()
    if isinstance(damage, bytes):
        (pki / file).write_bytes(damage)
    certs.ensure(pki, "10.96.0.1")
    after = contents(pki)
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"kubelet.crt", "kubelet.key"}
    loaded(pki, "kubelet").verify_directly_issued_by(loaded(pki, "ca"))


def test_key_of_another_certificate_is_damage(pki: Path) -> None:
    certs.write_private(pki / "admin.key", (pki / "node.key").read_bytes())
    certs.ensure(pki, "10.96.0.1")
    trust = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    trust.load_cert_chain(pki / "admin.crt", pki / "admin.key")


def test_damaged_ca_makes_every_certificate_anew(pki: Path) -> None:
    before = contents(pki)
    (pki / "ca.key").write_bytes(b"")
    assert not certs.has_ca(pki)
    certs.ensure(pki, "10.96.0.1")
    after = contents(pki)
    assert {name for name in after if after[name] == before[name]} == {"sa.key"}
    for file in certs.CERTIFICATES:
        loaded(pki, file).verify_directly_issued_by(loaded(pki, "ca"))


def test_kubeconfig_needs_no_other_file(made: Path) -> None:
    config = certs.kubeconfig(made, "https://127.0.0.1:1", "admin", "blue")
    assert config["current-context"] == "blue"
    assert config["contexts"] == [
        {"name": "blue", "context": {"cluster": "blue", "user": "blue-admin"}}
    ]
    assert set(config["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert set(config["clusters"][0]["cluster"]) == {"server", "certificate-authority-data"}
