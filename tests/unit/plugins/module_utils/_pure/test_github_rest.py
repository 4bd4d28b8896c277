# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where runners are listed, what a listing proves, and that nothing else proves anything."""

from __future__ import annotations

import pytest

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import github_rest as rest
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import (
    BadInput,
    ReadFailed,
)

GHES = "https://git.corp.example/api/v3"
LISTINGS = {
    "organization": ("https://github.com/acme", "", rest.API_OF_GITHUB, "/orgs/acme"),
    "slash-at-the-end": ("https://github.com/acme/", "", rest.API_OF_GITHUB, "/orgs/acme"),
    "www": ("https://www.github.com/acme", "", rest.API_OF_GITHUB, "/orgs/acme"),
    "capitals": ("HTTPS://GitHub.com/Acme", "", rest.API_OF_GITHUB, "/orgs/Acme"),
    "never-in-clear": ("http://github.com/acme", "", rest.API_OF_GITHUB, "/orgs/acme"),
    "repository": ("https://github.com/acme/a.b_c-d", "", rest.API_OF_GITHUB,
                   "/repos/acme/a.b_c-d"),
    "enterprise": ("https://github.com/enterprises/big", "", rest.API_OF_GITHUB,
                   "/enterprises/big"),
    "data-residency": ("https://octo.ghe.com/acme", "", "https://api.octo.ghe.com", "/orgs/acme"),
    "own-server": ("https://git.corp.example/acme", GHES, GHES, "/orgs/acme"),
    "own-server-slash": ("https://git.corp.example/acme/app", GHES + "/", GHES,
                         "/repos/acme/app"),
    "own-server-with-port": ("http://127.0.0.1:9000/acme", "http://127.0.0.1:9000/api/v3",
                             "http://127.0.0.1:9000/api/v3", "/orgs/acme"),
    "scheme-and-default-port-differ": ("http://git.corp.example/acme",
                                       "https://git.corp.example:443/api/v3",
                                       "https://git.corp.example:443/api/v3", "/orgs/acme"),
}  # fmt: skip


@pytest.mark.parametrize("url, api_url, base, path", LISTINGS.values(), ids=LISTINGS.keys())
def test_listing_of_a_scale_set(url, api_url, base, path):
    found = rest.listing_of(url, api_url)
    assert (found.base, found.path) == (base, f"{path}/actions/runners")
    assert found.proves_absence


def test_listing_tells_what_it_is():
    assert rest.listing_of("https://github.com/acme/app").words == (
        "runners of the repository acme/app at https://api.github.com"
    )


@pytest.mark.parametrize("url, api_url", [
    ("https://github.com/acme", "https://gateway.corp.example/github"),
    ("https://github.com/acme", GHES),
    ("https://git.corp.example/acme", rest.API_OF_GITHUB),
    ("https://git.corp.example/acme", "https://git.corp.example:8443/api/v3"),
    ("https://git.corp.example/acme", "https://git.corp.example/other/v3"),
])
def test_api_of_another_server_is_asked_but_proves_no_absence(url, api_url):
    found = rest.listing_of(url, api_url)
    assert found.base == api_url and not found.proves_absence
    whole = rest.page_of(found, {"total_count": 0, "runners": []}, {})
    assert rest.verdict(found, whole, "web-a") == ""


@pytest.mark.parametrize("url", [
    "https://git.corp.example/acme", "https://github.com.evil.example/acme",
    "https://evilgithub.com/acme", "https://ghe.com/acme", "https://evilghe.com/acme",
    "https://octo.ghe.com.evil.example/acme", "https://octo.ghe.com:8443/acme",
    "https://api.github.com/acme", "https://github.com:8443/acme", "http://127.0.0.1:9000/acme",
])
def test_credentials_go_to_no_other_server_unless_it_is_named(url):
    with pytest.raises(BadInput) as caught:
        rest.listing_of(url)
    assert url in str(caught.value) and "github.api_url" in caught.value.next_step


@pytest.mark.parametrize("url", [
    "", "acme", "github.com/acme", "ftp://github.com/acme", "https:///acme",
    "https://user:hunter2@github.com/acme", "https://github.com\\@evil.example/acme",
    "https://github.com/acme?x=1", "https://github.com/acme#x", "https://github.com/ac me",
])
def test_what_is_no_url_is_refused_and_not_told(url):
    with pytest.raises(BadInput) as caught:
        rest.listing_of(url)
    assert "hunter2" not in str(caught.value) and "githubConfigUrl" in str(caught.value)


@pytest.mark.parametrize("path", [
    "", "/", "/a/b/c", "/enterprises/a/b", "/..", "/acme/..", "/./.", "/acme/%2e", "/acme//x",
])
def test_url_of_no_organization_repository_or_enterprise_is_refused(path):
    with pytest.raises(BadInput, match="names no organization, repository or enterprise"):
        rest.listing_of(f"https://github.com{path}")


@pytest.mark.parametrize("api_url", [
    "api.github.com", "https://user:hunter2@api.github.com", "https://api.github.com?x=hunter2",
    "file:///etc/passwd", "https://",
])
def test_api_url_that_is_none_is_refused_and_not_told(api_url):
    with pytest.raises(BadInput) as caught:
        rest.base_of(api_url)
    assert "hunter2" not in str(caught.value) and caught.value.object == "option github.api_url"


LISTING = rest.listing_of("https://github.com/acme")
NEXT = {"link": '<https://api.github.com/o?page=1>; rel="prev", '
                '<https://api.github.com/o?page=3>; rel="next"'}
FIRST_OF_LAST = {"link": '<https://api.github.com/o?page=1>; rel="first"'}


def runner(name="web-a", **fields):
    return {"id": 1, "name": name, "status": "online", "busy": False, **fields}


def told(*runners, name="web-a", total=None, headers=None, number=1):
    body = {"total_count": len(runners) if total is None else total, "runners": list(runners)}
    return rest.verdict(LISTING, rest.page_of(LISTING, body, headers or {}, number), name)


VERDICTS = {
    "busy": (told(runner(busy=True)), "busy"),
    "busy-offline": (told(runner(busy=True, status="offline")), "busy"),
    "idle": (told(runner()), "idle"),
    "idle-offline": (told(runner(status="offline")), "idle"),
    "idle-without-status": (told({"name": "web-a", "busy": False}), "idle"),
    "gone": (told(), "gone"),
    "gone-among-others": (told(runner("web-b"), runner("web-c", busy=True)), "gone"),
    "gone-beside-a-link-that-leads-back": (told(headers=FIRST_OF_LAST), "gone"),
    "in-other-case": (told(runner("Web-A")), "idle"),
    "part-of-another-name": (told(runner("web-a2", busy=True)), "gone"),
    "twice-and-once-busy": (told(runner(), runner(busy=True)), "busy"),
    "twice-and-once-unreadable": (told(runner(), runner(busy="no")), ""),
    "there-and-more-pages": (told(runner(), total=200, headers=NEXT), "idle"),
    "absent-and-more-pages-by-link": (told(runner("web-b"), headers=NEXT), ""),
    "absent-and-more-pages-by-count": (told(runner("web-b"), total=200), ""),
    "absent-and-fewer-counted": (told(runner("web-b"), total=0), ""),
    "absent-on-the-second-page": (told(runner("web-b"), number=2), ""),
    "absent-beside-one-without-name": (told({"id": 7, "busy": False}), ""),
    "absent-beside-what-is-no-runner": (told("web-b"), ""),
    "busy-is-text": (told(runner(busy="false")), ""),
    "busy-is-missing": (told({"name": "web-a", "status": "online"}), ""),
    "busy-is-null": (told(runner(busy=None)), ""),
}


@pytest.mark.parametrize("verdict, wanted", VERDICTS.values(), ids=VERDICTS.keys())
def test_verdict(verdict, wanted):
    assert verdict == wanted


@pytest.mark.parametrize("body", [
    {}, {"runners": []}, {"total_count": 0}, {"total_count": "0", "runners": []},
    {"total_count": True, "runners": []}, {"total_count": 0, "runners": {}}, [], None, "",
    {"message": "Not Found"},
])
def test_what_is_no_list_of_runners_is_an_error_and_not_an_empty_list(body):
    with pytest.raises(ReadFailed, match="no list of runners"):
        rest.page_of(LISTING, body, {})


@pytest.mark.parametrize("total, pages", [(0, 1), (1, 1), (100, 1), (101, 2), (250, 3)])
def test_pages(total, pages):
    assert rest.Page((), total, False).pages == pages


def test_missing_from_a_page():
    page = rest.Page((("Web-A", "busy"), ("web-b", "")), 2, False)
    assert rest.missing_from(page, ["web-c", "web-b", "web-a", "web-"]) == ["web-c", "web-"]


@pytest.mark.parametrize("heard, wanted", [
    (["gone", "busy", "idle"], "busy"), (["gone", "idle"], "idle"), (["", "gone"], "gone"),
    ([""], ""), ([], ""),
])
def test_the_more_careful_verdict_counts(heard, wanted):
    assert rest.careful(heard) == wanted


USED_UP = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1300"}
LIMITS = {
    "200": (200, USED_UP, "", None, None),
    "403-right": (403, {}, "Resource not accessible by integration", None, None),
    "403-right-with-requests-left": (403, {**USED_UP, "x-ratelimit-remaining": "4999"}, "",
                                     None, None),
    "403-used-up": (403, USED_UP, "", None, 300.0),
    "403-secondary": (403, {}, "You have exceeded a secondary rate limit.", None, 60.0),
    "403-retry-after": (403, {}, "", 7.0, 7.0),
    "429": (429, {}, "", None, 60.0),
    "429-used-up": (429, USED_UP, "", None, 300.0),
    "429-retry-after-goes-first": (429, USED_UP, "", 2.0, 2.0),
    "429-reset-is-over": (429, {**USED_UP, "x-ratelimit-reset": "900"}, "", None, 1.0),
    "429-reset-is-nonsense": (429, {**USED_UP, "x-ratelimit-reset": "soon"}, "", None, 60.0),
    "503": (503, USED_UP, "rate limit", 3.0, None),
}  # fmt: skip


@pytest.mark.parametrize(
    "status, headers, message, asked_s, wanted", LIMITS.values(), ids=LIMITS.keys()
)
def test_rate_limit(status, headers, message, asked_s, wanted):
    assert rest.limit_s(status, headers, message, asked_s, 1000.0) == wanted


MOVED = "https://api.github.com/organizations/7/actions/runners"
REDIRECTS = {
    "renamed": (301, MOVED, MOVED),
    "308": (308, MOVED, MOVED),
    "within-the-server": (307, "/organizations/7", "https://api.github.com/organizations/7"),
    "other-server": (301, "https://evil.example/x", None),
    "longer-name": (301, "https://api.github.com.evil.example/x", None),
    "with-user": (301, "https://api.github.com@evil.example/x", None),
    "other-port": (302, "https://api.github.com:8443/x", None),
    "in-clear": (302, "http://api.github.com/x", None),
    "other-server-without-scheme": (302, "//evil.example/x", None),
    "to-nowhere": (302, "", None),
    "no-redirect": (200, MOVED, None),
}


@pytest.mark.parametrize("status, location, wanted", REDIRECTS.values(), ids=REDIRECTS.keys())
def test_credentials_follow_within_the_server_only(status, location, wanted):
    assert rest.redirected(rest.API_OF_GITHUB, status, {"location": location}) == wanted


REFUSALS = {
    "401": (401, {}, "refuses the credentials"),
    "403": (403, {}, "admin:org"),
    "403-single-sign-on": (403, {"x-github-sso": "required; url=https://x/hunter2"},
                           "single sign-on"),
    "404-may-be-a-missing-right": (404, {}, "404 to both"),
    "301": (301, {}, "another server"),
    "500": (500, {}, "GitHub answers 500"),
}


@pytest.mark.parametrize("status, headers, words", REFUSALS.values(), ids=REFUSALS.keys())
def test_refusal_says_what_it_means_and_what_to_do(status, headers, words):
    error = rest.refusal(LISTING, status, headers)
    assert isinstance(error, ReadFailed) and words in str(error) and error.next_step
    assert LISTING.words in str(error) and error.details == {"status": status}
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("url, right", [
    ("https://github.com/acme", "Self-hosted runners (read)"),
    ("https://github.com/acme/app", "Administration (read)"),
    ("https://github.com/enterprises/big", "manage_runners:enterprise"),
])
@pytest.mark.parametrize("status", [403, 404])
def test_missing_right_is_named_by_place(url, right, status):
    assert right in rest.refusal(rest.listing_of(url), status, {}).next_step


@pytest.mark.parametrize("status, words", [
    (401, "private_key"), (403, "suspended"), (404, "installation_id"), (500, "500"),
])
def test_refusal_of_an_app(status, words):
    error = rest.app_refusal(rest.API_OF_GITHUB, 7, status)
    assert words in str(error) and "installation 7" in str(error)
