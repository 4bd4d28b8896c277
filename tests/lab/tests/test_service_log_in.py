# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance with arc.md 8 A: how ARC logs in, and who is refused."""

from __future__ import annotations

import base64
import json
import time
from typing import Any, Dict

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lab.tests.service_bench import Answer, Running, ask, service

__all__ = ["service"]
TOKENS = "actions/runners/registration-token"


def encoded(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def app_jwt(key: Any, **changes: Any) -> str:
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 480, "iss": "1000", **changes}
    text = f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{encoded(claims)}"
    signature = key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def app_key(service: Running) -> Any:
    pem = (service.folder / "service" / "app-key.pem").read_bytes()
    return serialization.load_pem_private_key(pem, None)


def ask_installation(service: Running, number: int, jwt: str) -> Answer:
    url = f"{service.url}/api/v3/app/installations/{number}/access_tokens"
    return ask("POST", url, f"Bearer {jwt}")


def claims_of(token: str) -> Dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def test_8a_personal_token_to_admin_token(service: Running) -> None:
    answer = ask("POST", f"{service.url}/api/v3/orgs/acme/{TOKENS}", "Bearer ghp_lab_green")
    assert answer.status == 201 and answer.headers["content-type"].startswith("application/json")
    assert set(answer.body) == {"token", "expires_at"}
    answer = ask(
        "POST",
        f"{service.url}/api/v3/actions/runner-registration",
        f"RemoteAuth {answer.body['token']}",
        {"url": f"{service.url}/acme", "runner_event": "register"},
    )
    assert answer.status == 200
    assert answer.body["url"] == f"{service.url}/_services/acme"
    claims = claims_of(answer.body["token"])
    assert claims["cluster"] == "green" and claims["exp"] > time.time() + 3000


@pytest.mark.parametrize("issuer", ["1000", "Iv1.lab"])
def test_8a_app_of_each_cluster_gets_its_own_installation_token(
    service: Running, issuer: str
) -> None:
    key = app_key(service)
    for number, cluster in ((2000, "blue"), (2001, "green")):
        answer = ask_installation(service, number, app_jwt(key, iss=issuer))
        assert answer.status == 201 and {"token", "expires_at"} <= set(answer.body)
        token = answer.body["token"]
        assert token.startswith("ghs_") and claims_of(token)["cluster"] == cluster
        url = f"{service.url}/api/v3/orgs/acme/{TOKENS}"
        assert ask("POST", url, f"Bearer {token}").status == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "7"},
        {"exp": 1},
        {"iat": int(time.time()) + 3600},
        {"exp": int(time.time()) + 7200},
    ],
    ids=["other-app", "expired", "from-the-future", "lives-too-long"],
)
def test_8a_app_token_that_is_no_good_is_refused(
    service: Running, changes: Dict[str, Any]
) -> None:
    assert ask_installation(service, 2000, app_jwt(app_key(service), **changes)).status == 401


@pytest.mark.parametrize("number", [1999, 2002], ids=["below", "beyond"])
def test_8a_installation_that_the_app_does_not_have_is_not_found(
    service: Running, number: int
) -> None:
    assert ask_installation(service, number, app_jwt(app_key(service))).status == 404
    assert ask_installation(service, number, app_jwt(app_key(service), iss="7")).status == 401


def test_8a_app_with_another_key_is_refused(service: Running) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    answer = ask_installation(service, 2000, app_jwt(other))
    assert answer.status == 401 and "message" in answer.body


@pytest.mark.parametrize(
    "auth",
    ["", "Bearer ghp_lab_mauve", "Bearer ghp_other", "Bearer ghs_a.b.c", "Basic ghp_lab_blue"],
)
def test_8a_wrong_credentials_get_401(service: Running, auth: str) -> None:
    for path in (f"orgs/acme/{TOKENS}", f"repos/acme/app/{TOKENS}"):
        answer = ask("POST", f"{service.url}/api/v3/{path}", auth)
        assert answer.status == 401 and answer.body["status"] == "401"


def test_8a_clusters_are_those_of_the_lab(service: Running) -> None:
    content = {"schema": 1, "clusters": ["red"]}
    (service.folder / "lab.json").write_text(json.dumps(content), encoding="utf-8")
    url = f"{service.url}/api/v3/orgs/acme/{TOKENS}"
    assert ask("POST", url, "Bearer ghp_lab_red").status == 201
    assert ask("POST", url, "Bearer ghp_lab_blue").status == 401


@pytest.mark.parametrize(
    "path, status",
    [
        ("orgs/acme", 201),
        ("orgs/other", 201),
        ("orgs/none", 404),
        ("repos/acme/web", 201),
        ("repos/acme/none", 404),
        ("repos/other/app", 404),
        ("enterprises/lab", 201),
        ("enterprises/none", 404),
    ],
)
def test_8a_scopes_that_exist(service: Running, path: str, status: int) -> None:
    url = f"{service.url}/api/v3/{path}/{TOKENS}"
    assert ask("POST", url, "Bearer ghp_lab_blue").status == status


def test_8a_registration_token_is_for_its_scope_only(service: Running) -> None:
    token = ask("POST", f"{service.url}/api/v3/orgs/acme/{TOKENS}", "Bearer ghp_lab_blue")
    for auth, url, status in (
        (f"RemoteAuth {token.body['token']}", "/other", 404),
        (f"Bearer {token.body['token']}", "/acme", 401),
        ("RemoteAuth ghp_lab_blue", "/acme", 401),
        ("", "/acme", 401),
    ):
        answer = ask(
            "POST",
            f"{service.url}/api/v3/actions/runner-registration",
            auth,
            {"url": f"{service.url}{url}", "runner_event": "register"},
        )
        assert answer.status == status, url


def test_8a_answers_take_as_long_as_the_setting_says(service: Running) -> None:
    service.admin.settings(answer_delay_s=0.2)
    began = time.monotonic()
    ask("POST", f"{service.url}/api/v3/orgs/acme/{TOKENS}", "Bearer ghp_lab_blue")
    assert time.monotonic() - began >= 0.2
