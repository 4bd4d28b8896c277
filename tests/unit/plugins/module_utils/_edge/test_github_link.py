# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to GitHub: where credentials go, proxies, certificates, and what of a failure is told."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    ApiServer,
    Reply,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.github_server import (
    RUNNERS,
    TOKEN,
    evidence,
    named,
    page,
    speak_tls,
)

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
MOVED = "/api/v3/organizations/7/actions/runners"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def other():
    with ApiServer() as running:
        yield running


def to(url):
    return Reply(301, {"message": "Moved Permanently"}, headers=(("Location", url),))


@pytest.mark.parametrize("is_whole_url", [True, False])
def test_renamed_organization_is_followed_on_its_server(server, is_whole_url):
    server.answer("GET", RUNNERS, to((server.url if is_whole_url else "") + MOVED + "?name=web-a"))
    server.answer("GET", MOVED, page("web-a busy"))
    assert evidence(server).of(named(server, "web-a")) == {"web-a": "busy"}
    assert server.requests[1].query == {"name": "web-a"}
    assert server.requests[1].header("Authorization") == [f"Bearer {TOKEN}"]


def test_other_server_gets_no_request(server, other):
    server.answer("GET", RUNNERS, to(other.url + MOVED))
    other.answer("GET", MOVED, page())
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {}
    assert "another server" in found.problems()[0] and not other.requests


def test_circle_of_redirections_ends(server):
    server.answer("GET", RUNNERS, to(RUNNERS))
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {}
    assert "in a circle" in found.problems()[0] and len(server.requests) == 4


def test_netrc_does_not_replace_the_credentials(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password other\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer("GET", RUNNERS, page("web-a"))
    evidence(server).of(named(server, "web-a"))
    assert server.requests[0].header("Authorization") == [f"Bearer {TOKEN}"]


def test_proxy_of_the_environment_is_used(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    server.answer("GET", RUNNERS, page("web-a busy"))
    found = evidence(server, options={"token": TOKEN, "api_url": "http://git.corp.test/api/v3"})
    assert found.of([("web-a", "http://git.corp.test/acme")]) == {"web-a": "busy"}
    assert server.requests[0].header("Host") == ["git.corp.test"]


def test_proxy_is_left_out_where_no_proxy_says_so(server, other, monkeypatch):
    monkeypatch.setenv("http_proxy", other.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server.answer("GET", RUNNERS, page("web-a busy"))
    assert evidence(server).of(named(server, "web-a")) == {"web-a": "busy"}
    assert not other.requests


def test_proxy_that_refuses_is_named(server, monkeypatch):
    monkeypatch.setenv("https_proxy", server.url)
    found = evidence(server, 2.0, options={"token": TOKEN, "api_url": "https://git.corp.test"})
    assert found.of([("web-a", "https://git.corp.test/acme")]) == {}
    (problem,) = found.problems()
    assert "the proxy on the way" in problem and "https_proxy" in problem


@pytest.mark.parametrize("api_url, words", [
    ("http://127.0.0.1:1/api/v3", "takes no connection"),
    ("http://no-such-host.invalid/api/v3", "cannot be resolved"),
    ("http://127.0.0.1:999999/api/v3", ""),
], ids=["refused", "unknown-name", "no-port"])
def test_server_that_cannot_be_reached(server, api_url, words):
    found = evidence(server, 2.0, options={"token": TOKEN, "api_url": api_url})
    assert found.of(named(server, "web-a")) == {}
    assert words in found.problems()[0]


@pytest.fixture
def tls(server, tmp_path):
    """The server with a certificate that nobody vouches for; gives its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "git.corp.test")])
    now = datetime.now(timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path, private = tmp_path / "tls.crt", tmp_path / "tls.key"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ))  # fmt: skip
    speak_tls(server, path, private)
    server.answer("GET", RUNNERS, page("web-a busy"))
    return path


def test_certificate_that_nobody_vouches_for_is_not_trusted(server, tls):
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {}
    (problem,) = found.problems()
    assert "not trusted" in problem and "github.ca_cert" in problem and not server.requests


@pytest.mark.parametrize("is_checked", [True, False], ids=["ca_cert", "unchecked"])
def test_certificate_is_trusted_on_request(server, tls, is_checked):
    trust = {"ca_cert": str(tls)} if is_checked else {"validate_certs": False}
    found = evidence(server, options={"token": TOKEN, **trust})
    assert found.of(named(server, "web-a")) == {"web-a": "busy"}


def test_authority_of_the_environment_counts(server, tls, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(tls))
    assert evidence(server).of(named(server, "web-a")) == {"web-a": "busy"}


def test_server_that_speaks_no_tls_is_told_at_once(server):
    api_url = server.url.replace("http:", "https:") + "/api/v3"
    found = evidence(server, options={"token": TOKEN, "api_url": api_url})
    assert found.of(named(server, "web-a")) == {}
    assert "TLS with" in found.problems()[0]


def test_answer_without_end_is_left(server):
    server.answer("GET", RUNNERS, Reply(body={"runners": [], "x": "y" * 5 * 2**20}))
    found = evidence(server)
    assert found.of(named(server, "web-a")) == {}
    assert "has no end" in found.problems()[0] and len(server.requests) == 1
