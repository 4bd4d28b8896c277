# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys and certificates does a cluster of the lab need?

One CA per cluster signs everything. Whole files are kept, so that a second `up` does not
invalidate what running processes hold; damaged ones are made again.
"""

from __future__ import annotations

import base64
import datetime
import ipaddress
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.state import write_file

LIFETIME = datetime.timedelta(days=365)

# file name -> (common name, organisations); each may serve on loopback and act as a client
CERTIFICATES: Dict[str, Tuple[str, Sequence[str]]] = {
    "apiserver": ("kube-apiserver", ()),
    "kubelet": ("kubelet", ()),
    "admin": ("lab-admin", ("system:masters",)),
    "node": ("lab-node-agent", ("system:masters",)),
    "controller-manager": ("system:kube-controller-manager", ()),
    "scheduler": ("system:kube-scheduler", ()),
    "apiserver-kubelet": ("kube-apiserver-kubelet-client", ("system:masters",)),
    "front-proxy": ("front-proxy-client", ()),
}


def write_private(path: Path, content: bytes) -> None:
    write_file(path, content, 0o600)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _pem(key: Any) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _name(common_name: str, organisations: Sequence[str] = ()) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organisations]
    return x509.Name(parts + [x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = _now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _make_ca(pki: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("lab-ca")
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(identity, critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(pki / "ca.key", _pem(key))
    write_private(pki / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))


def _make_certificate(pki: Path, file: str, addresses: List[str]) -> None:
    common_name, organisations = CERTIFICATES[file]
    ca_key = serialization.load_pem_private_key((pki / "ca.key").read_bytes(), None)
    ca = x509.load_pem_x509_certificate((pki / "ca.crt").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    names: List[x509.GeneralName] = [x509.DNSName("localhost"), x509.DNSName("kubernetes")]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.public_key())
    certificate = (
        _builder(_name(common_name, organisations), ca.subject, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    write_private(pki / f"{file}.key", _pem(key))
    write_private(pki / f"{file}.crt", certificate.public_bytes(serialization.Encoding.PEM))


def has_ca(pki: Path) -> bool:
    """Whether the cluster has a CA, whole and valid."""
    return _is_whole(pki, "ca")


def _is_whole(pki: Path, file: str) -> bool:
    """Whether key and certificate are there, belong together and are still valid."""
    try:
        key = serialization.load_pem_private_key((pki / f"{file}.key").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((pki / f"{file}.crt").read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    return _public(key) == _public(certificate) and certificate.not_valid_after_utc > _now()


def _public(holder: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return holder.public_key().public_bytes(serialization.Encoding.PEM, form)


def ensure(pki: Path, service_address: str) -> None:
    """All files below `pki`; only missing and damaged ones are made, all of them with a new CA.
    `service_address`: first of the service range, the API server's address in the cluster."""
    pki.mkdir(parents=True, exist_ok=True)
    has_old_ca = has_ca(pki)
    if not has_old_ca:
        _make_ca(pki)
    for file in CERTIFICATES:
        if not has_old_ca or not _is_whole(pki, file):
            _make_certificate(pki, file, ["127.0.0.1", service_address])
    if not _is_key(pki / "sa.key"):
        # RSA: the token signer of the API server announces RS256 to everybody who verifies.
        write_private(pki / "sa.key", _pem(rsa.generate_private_key(65537, 2048)))


def _is_key(path: Path) -> bool:
    try:
        serialization.load_pem_private_key(path.read_bytes(), None)
    except (FileNotFoundError, ValueError):
        return False
    return True


def kubeconfig(pki: Path, server: str, user: str, name: str) -> Dict[str, Any]:
    """A kubeconfig with everything inline; `user` is a file name of CERTIFICATES, `name` that of
    cluster and context."""

    def inline(file: str) -> str:
        return base64.b64encode((pki / file).read_bytes()).decode()

    identity = {
        "client-certificate-data": inline(f"{user}.crt"),
        "client-key-data": inline(f"{user}.key"),
    }
    place = {"server": server, "certificate-authority-data": inline("ca.crt")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": [{"name": name, "cluster": place}],
        "users": [{"name": f"{name}-{user}", "user": identity}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-{user}"}}],
    }
