from __future__ import annotations

import pytest

from llmsdeck.errors import SourceError
from llmsdeck.hosts import DEFAULT_HOSTS, HostConfig, HostKind
from llmsdeck.sources.hosted.address import place_of

HOSTS = {**DEFAULT_HOSTS, "127.0.0.1:8080": HostConfig(kind=HostKind.GITEA)}


@pytest.mark.parametrize(
    ("typed", "source", "ref"),
    [
        ("pallets/flask", "https://github.com/pallets/flask", None),
        ("pallets/flask@feature/x", "https://github.com/pallets/flask", "feature/x"),
        ("https://github.com/Pallets/Flask.git", "https://github.com/pallets/flask", None),
        ("http://www.github.com/o/r/", "https://github.com/o/r", None),
        ("github.com/o/r?tab=readme-ov-file#install", "https://github.com/o/r", None),
        ("https://github.com/o/r?tab=readme-ov-file#install", "https://github.com/o/r", None),
        ("git@github.com:o/r.git", "https://github.com/o/r", None),
        ("ssh://git@ssh.github.com:443/o/r.git", "https://github.com/o/r", None),
        ("git@gitlab.com:a/b/c.git", "https://gitlab.com/a/b/c", None),
        ("https://github.com/o/r/tree/main", "https://github.com/o/r", "main"),
        ("https://github.com/o/r/tree/v1/a%20b/c", "https://github.com/o/r//a%20b/c", "v1"),
        ("https://github.com/o/r/blob/v1/docs/x.md", "https://github.com/o/r", "v1"),
        ("https://github.com/o/r/blob/refs/heads/main/x.md", "https://github.com/o/r", "main"),
        ("https://github.com/o/r/commit/abc123", "https://github.com/o/r", "abc123"),
        ("https://github.com/o/r/releases/tag/v1.0", "https://github.com/o/r", "v1.0"),
        ("https://gitlab.com/a/b/c/-/tree/main/docs", "https://gitlab.com/a/b/c//docs", "main"),
        ("https://gitlab.com/a/b/c/-/blob/main/x.md", "https://gitlab.com/a/b/c", "main"),
        ("https://gitlab.com/a/b/-/tags/v2", "https://gitlab.com/a/b", "v2"),
        ("https://codeberg.org/o/r/src/branch/main/docs", "https://codeberg.org/o/r//docs", "main"),
        ("https://codeberg.org/o/r/src/tag/v1", "https://codeberg.org/o/r", "v1"),
        ("https://codeberg.org/o/r/raw/branch/main/x.md", "https://codeberg.org/o/r", "main"),
        ("http://127.0.0.1:8080/o/r", "https://127.0.0.1:8080/o/r", None),
    ],
)
def test_one_canonical_form(typed: str, source: str, ref: str | None) -> None:
    place = place_of(typed, None, HOSTS)
    assert place is not None
    assert (str(place.address), place.ref) == (source, ref)
    assert place_of(source, ref, HOSTS) == place


def test_a_given_ref_tells_where_the_folder_of_a_page_begins() -> None:
    page = "https://github.com/o/r/tree/feature/x/docs"
    place = place_of(page, "feature/x", HOSTS)
    assert place is not None
    assert (str(place.address), place.ref) == ("https://github.com/o/r//docs", "feature/x")


@pytest.mark.parametrize("typed", ["a/b/c", "./x", "nowhere", "/srv/x", "-o/r", "a b/c", "o/r@"])
def test_what_is_no_address_is_left_to_others(typed: str) -> None:
    assert place_of(typed, None, HOSTS) is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("https://github.com/o/r/pull/3", "give the repository, https://github.com/o/r"),
        ("https://github.com/o/r/issues", "shows no files"),
        ("https://gitlab.com/a/b/-/merge_requests/1", "shows no files"),
        ("https://github.com/o", "names no repository"),
        ("https://gitlab.com/a", "names no repository"),
        ("https://github.com/../..", "is none of a repository"),
        ("https://github.com/o/%2e%2e", "is none of a repository"),
        ("https://github.com/o/r%0a", "is none of a repository"),
        ("https://github.com/o/-rf", "is none of a repository"),
        ("https://github.com/o/r//a/../b", "not one that a repository can hold"),
        ("https://github.com/o/r/tree/main/%2e%2e", "not one that a repository can hold"),
        ("https://github.com/o/r/tree/main/a%1bb", "not one that a repository can hold"),
        ("https://github.com.evil.example/o/r", "github.com.evil.example is not set up"),
        ("https://github.com:8443/o/r", "github.com:8443 is not set up"),
        ("git@evil.example:o/r", "evil.example is not set up"),
        ("https://169.254.169.254/latest/meta-data", "is not set up"),
        ("https://[bad/o/r", "cannot be understood"),
        ("https://github.com:99999/o/r", "cannot be understood"),
        ("file:///srv/x", "path of a folder"),
        ("ftp://github.com/o/r", "Only addresses that begin"),
        ("ext::sh -c x://y", "Only addresses that begin"),
        ("o/r@../x", "not a valid name"),
        ("o/r@a^{commit}", "not a valid name"),
    ],
)
def test_why_an_address_is_refused(typed: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=r".") as refused:
        place_of(typed, None, HOSTS)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "typed",
    [
        "https://hunter2@github.com/o/r",
        "https://ada:hunter2@github.com/o/r",
        "https://ada:hunter2@evil.example/o/r",
        "ssh://git:hunter2@github.com/o/r",
    ],
)
def test_credentials_in_an_address_are_refused_without_repeating_them(typed: str) -> None:
    with pytest.raises(SourceError, match="put the token into") as refused:
        place_of(typed, None, HOSTS)
    assert "hunter2" not in str(refused.value)


def test_the_refusal_of_credentials_names_the_variable_of_the_host() -> None:
    hosts = {"git.example.org": HostConfig(kind=HostKind.GITLAB, token_env="OUR_TOKEN")}
    with pytest.raises(SourceError, match="OUR_TOKEN"):
        place_of("https://oauth2:x@git.example.org/o/r", None, hosts)


def test_two_refs_are_refused() -> None:
    with pytest.raises(SourceError, match="only one of them"):
        place_of("https://github.com/o/r/commit/abc", "main", HOSTS)


@pytest.mark.parametrize("ref", ["-x", "a..b", "a b", "a\x1b", "x" * 300, "a:b", "@{1}", "a/"])
def test_a_ref_that_no_branch_can_have_is_refused(ref: str) -> None:
    with pytest.raises(SourceError, match="not a valid name"):
        place_of("o/r", ref, HOSTS)
