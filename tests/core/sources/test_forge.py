from __future__ import annotations

import pytest

from llmsdeck.sources.forge import known_forge


@pytest.mark.parametrize(
    ("remote", "base"),
    [
        ("https://github.com/o/r.git", "https://raw.githubusercontent.com/o/r/C/"),
        ("https://user:pass@github.com/o/r", "https://raw.githubusercontent.com/o/r/C/"),
        ("git@github.com:o/r.git", "https://raw.githubusercontent.com/o/r/C/"),
        ("ssh://git@ssh.github.com:443/o/r.git", "https://raw.githubusercontent.com/o/r/C/"),
        ("https://www.github.com/o/r/", "https://raw.githubusercontent.com/o/r/C/"),
        ("https://gitlab.com/a/b/c.git", "https://gitlab.com/a/b/c/-/raw/C/"),
        ("https://codeberg.org/o/r", "https://codeberg.org/o/r/raw/commit/C/"),
        ("https://bitbucket.org/o/r", "https://bitbucket.org/o/r/raw/C/"),
    ],
)
def test_raw_addresses_of_known_forges(remote: str, base: str) -> None:
    forge = known_forge(remote)
    assert forge is not None
    assert forge.link_base("C", "") == base


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "/srv/git/r.git",
        "file:///srv/r.git",
        "https://git.example.org/o/r",
        "https://github.com/o",
        "https://github.com/o/r/extra",
        "https://github.com/o/..",
        "https://github.com/o/r)x",
        "https://github.com.evil.example/o/r",
        "https://[bad/o/r",
        "ext::sh -c touch% x",
    ],
)
def test_anything_else_is_no_known_forge(remote: str) -> None:
    assert known_forge(remote) is None


def test_a_prefix_is_percent_encoded() -> None:
    forge = known_forge("https://github.com/o/r")
    assert forge is not None
    assert forge.link_base("C", "a b/(c)/").endswith("/C/a%20b/%28c%29/")
