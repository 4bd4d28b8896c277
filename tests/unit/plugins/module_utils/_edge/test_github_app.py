# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in to GitHub: options that make sense, an App's signature, tokens renewed in time."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from ansible_collections.arc.lifecycle.plugins.module_utils._edge import github, github_app
from ansible_collections.arc.lifecycle.plugins.module_utils._edge.deadline import Deadline
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import BadInput
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.api_server import (
    Reply,
)
from ansible_collections.arc.lifecycle.tests.unit.plugins.module_utils._edge.github_server import (
    RUNNERS,
    TOKEN,
    evidence,
    named,
    page,
    refused,
)

TOKENS = "/api/v3/app/installations/77/access_tokens"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key, form=serialization.PrivateFormat.PKCS8, password=b""):
    secret = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM, form, secret or serialization.NoEncryption()
    ).decode()


APP = {"app_id": "1000", "installation_id": "77", "private_key": pem(KEY)}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Clock:
    now = 1800000000.0

    def __call__(self):
        return self.now


def installation(token, ends):
    moment = datetime.fromtimestamp(ends, timezone.utc)
    body = {"token": token, "expires_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
    return Reply(201, body)


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def headers_of(server):
    return [one.header("Authorization")[0] for one in server.of("GET", RUNNERS)]


@pytest.mark.parametrize("form", [
    serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL,
], ids=["pkcs8", "as-github-gives-it"])
def test_app_proves_itself_and_asks_with_the_token_of_its_installation(server, form):
    clock = Clock()
    server.answer("POST", TOKENS, installation("ghs_one", clock.now + 3600))
    server.answer("GET", RUNNERS, page("web-a busy"))
    found = evidence(server, options={**APP, "private_key": pem(KEY, form)}, clock=clock)
    assert found.of(named(server, "web-a")) == {"web-a": "busy"}
    assert headers_of(server) == ["Bearer ghs_one"]
    scheme, jwt = server.requests[0].header("Authorization")[0].split()
    head, claims, signature = jwt.split(".")
    text = f"{head}.{claims}".encode()
    KEY.public_key().verify(decoded(signature), text, padding.PKCS1v15(), hashes.SHA256())
    assert scheme == "Bearer" and json.loads(decoded(head)) == {"alg": "RS256", "typ": "JWT"}
    wanted = {"iss": "1000", "iat": int(clock.now) - 60, "exp": int(clock.now) + 540}
    assert json.loads(decoded(claims)) == wanted


def test_token_is_kept_until_shortly_before_its_end(server):
    clock = Clock()
    server.answer("POST", TOKENS, installation("ghs_one", clock.now + 3600),
                  installation("ghs_two", clock.now + 7200))
    server.answer("GET", RUNNERS, page("web-a"))
    found = evidence(server, options=APP, clock=clock)
    for later_s in (0, 3000, 289, 11):
        clock.now += later_s
        found.of(named(server, "web-a"))
    assert headers_of(server) == ["Bearer ghs_one"] * 3 + ["Bearer ghs_two"]
    assert len(server.of("POST", TOKENS)) == 2


def test_refused_token_is_renewed_once(server):
    clock = Clock()
    server.answer("POST", TOKENS, installation("ghs_one", clock.now + 3600),
                  installation("ghs_two", clock.now + 3600))
    server.answer("GET", RUNNERS, refused(401, "Bad credentials"), page("web-a busy"))
    found = evidence(server, options=APP, clock=clock)
    assert found.of(named(server, "web-a")) == {"web-a": "busy"}
    assert headers_of(server) == ["Bearer ghs_one", "Bearer ghs_two"]


@pytest.mark.parametrize("reply, words", [
    (refused(401), "private_key"), (refused(403), "suspended"), (refused(404), "no such"),
    (Reply(201, {"hello": "hunter2"}), "GitHub answers 201"), (Reply(cut_after=0), "no answer"),
    (refused(429, Retry_After="900"), "no answer"),
], ids=["401", "403", "404", "no-token", "reset", "429"])
def test_app_that_gets_no_token_gives_no_verdict_and_a_text(server, reply, words):
    server.answer("POST", TOKENS, reply)
    # Only where no answer comes is the time used up.
    found = evidence(server, 2.8 if words == "no answer" else 30, options=APP)
    assert found.of(named(server, "web-a")) == {}
    (problem,) = found.problems()
    assert words in problem and "hunter2" not in problem and "BEGIN" not in problem
    assert not server.of("GET", RUNNERS)


def test_memory_holds_no_token_of_an_installation(server):
    server.answer("POST", TOKENS, installation("ghs_one", 4102444800))
    server.answer("GET", RUNNERS, page("web-a"))
    found = evidence(server, options=APP)
    found.of(named(server, "web-a"))
    assert "ghs_one" not in json.dumps(found.memory())


BAD = {
    "nothing": ({}, ["no credentials"]),
    "empty-texts": ({"token": "", "app_id": None}, ["no credentials"]),
    "two-users": ({"token": TOKEN, **APP}, ["beside app_id"]),
    "half-an-app": ({"app_id": "7"}, ["without installation_id and private_key"]),
    "app-without-its-id": ({**APP, "app_id": ""}, ["without app_id"]),
    "installation-by-name": ({**APP, "installation_id": "acme"}, ["not a number"]),
    "key-is-a-path": ({**APP, "private_key": "/etc/hunter2.pem"}, ["no RSA key"]),
    "half-a-key": ({**APP, "private_key": pem(KEY)[:600]}, ["no RSA key"]),
    "key-with-passphrase": ({**APP, "private_key": pem(KEY, password=b"hunter2")},
                            ["no RSA key"]),
    "key-of-another-kind": ({**APP, "private_key": pem(ec.generate_private_key(ec.SECP256R1()))},
                            ["no RSA key"]),
    "token-of-two-lines": ({"token": "hunter2\nhunter2"}, ["no token has"]),
    "token-with-blanks": ({"token": "Bearer hunter2"}, ["no token has"]),
    "token-beyond-ascii": ({"token": "hunter2\u00e9"}, ["no token has"]),
    "api-url": ({"token": TOKEN, "api_url": "api.github.com"}, ["option github.api_url"]),
    "no-such-file": ({"token": TOKEN, "ca_cert": "/nowhere/ca.pem"}, ["/nowhere/ca.pem"]),
    "all-together": ({"app_id": "7", "api_url": "x", "ca_cert": "/nowhere"},
                     ["3 inputs", "github.api_url", "github.app_id", "github.ca_cert"]),
}  # fmt: skip


@pytest.mark.parametrize("options, words", BAD.values(), ids=BAD.keys())
def test_options_that_make_no_sense_are_told_before_anything_is_asked(options, words):
    with pytest.raises(BadInput) as caught:
        github.Evidence(options, Deadline(10))
    told = str(caught.value) + str(caught.value.details)
    assert all(word in told for word in words) and "option github" in told
    assert "hunter2" not in told and "BEGIN" not in told


@pytest.mark.parametrize("options", [
    {"token": f" {TOKEN}\n"}, {**APP, "installation_id": 77, "app_id": 1000},
    {**APP, "app_id": "Iv1.client", "token": None},
], ids=["token-with-a-line-end", "numbers", "client-id"])
def test_options_that_make_sense(options):
    github.Evidence(options, Deadline(10))


def test_missing_package_is_told_to_those_who_need_it(monkeypatch):
    monkeypatch.setattr(github_app, "LIBRARY_ERROR", "ImportError: no cryptography")
    with pytest.raises(BadInput, match="Python package cryptography"):
        github.Evidence(APP, Deadline(10))
    github.Evidence({"token": TOKEN}, Deadline(10))
