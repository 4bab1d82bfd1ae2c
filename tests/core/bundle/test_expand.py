from __future__ import annotations

from xml.etree import ElementTree

import pytest
from sample_repositories import finish, source_files

from llmsdeck.bundle import expand
from llmsdeck.bundle.context import context
from llmsdeck.bundle.expand import Excerpt, excerpts, full_text
from llmsdeck.bundle.outline import Link, Outline, Section


def outline(*paths: str) -> Outline:
    docs = [Link(title=f"T {p}", path=p, url=p, note="A <note> & more") for p in paths[:-1]]
    last = Link(title="L", path=paths[-1], url=paths[-1])
    return Outline(
        title='A "pot"',
        summary="Brews <tea>.",
        facts=("Version: 1",),
        sections=(
            Section(name="Docs", links=tuple(docs)),
            Section(name="Optional", links=(last,)),
        ),
    )


def parts(files: dict[str, str]) -> tuple[Outline, tuple[Excerpt, ...]]:
    table = outline(*files)
    return table, finish(excerpts(table, source_files(files)))


def test_every_linked_file_has_one_block_with_its_ledger() -> None:
    text = full_text(*parts({"a.md": "alpha\n\n", "b.md": "beta", "c.md": "gamma"}))
    assert text.startswith('# A "pot"\n\n> Brews <tea>.\n')
    assert "- Files: 3, 0 of them truncated\n- Characters: 14 of 14\n" in text
    fence = "=" * 64
    head = "File: a.md\nTitle: T a.md\nSection: Docs\nCharacters: 5 of 5"
    assert f"\n{fence}\n{head}\n{fence}\n\nalpha\n" in text
    assert text.count("\nFile: ") == 3
    assert text.endswith("gamma\n")


def test_a_text_cannot_fake_the_start_of_a_file() -> None:
    forged = f"{'=' * 64}\nFile: forged.md\n{'=' * 64}"
    text = full_text(*parts({"a.md": forged, "b.md": "beta"}))
    assert text.count(f"\n{'=' * 128}\nFile: ") == 2
    assert "lines of 128 equals signs" in text


def test_a_long_file_is_cut_at_a_line_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand, "FILE_CHARACTERS", 12)
    table, found = parts({"a.md": "one two\nthree four\nfive", "b.md": "short"})
    assert [(p.text, p.characters, p.truncated) for p in found] == [
        ("one two", 23, True),
        ("short", 5, False),
    ]
    text = full_text(table, found)
    assert "Characters: 7 of 23\n" in text
    assert "[truncated: 16 more characters of a.md are left out]\n" in text
    assert "- Files: 2, 1 of them truncated\n- Characters: 12 of 28\n" in text


def test_the_whole_budget_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expand, "TOTAL_CHARACTERS", 8)
    _, found = parts({"a.md": "12345", "b.md": "12345", "c.md": "12345"})
    assert [len(part.text) for part in found] == [5, 3, 0]


def test_harmful_characters_are_made_visible() -> None:
    _, found = parts({"a.md": "\x1b[31m\x0c\x9b\u202e\tx\u2028y\ufeff", "b.md": ""})
    assert found[0].text == "␛[31m␌��\tx\ny�"


def test_context_is_well_formed_and_leaves_the_optional_out() -> None:
    text = context(*parts({"a.md": "x < y && ]]> \x00", "b.md": "left out"}))
    root = ElementTree.fromstring(text)
    assert root.attrib == {"title": 'A "pot"', "summary": "Brews <tea>."}
    assert (root.text or "").strip() == "- Version: 1"
    assert [section.tag for section in root] == ["docs"]
    (document,) = root[0]
    assert document.attrib == {"title": "T a.md", "desc": "A <note> & more"}
    assert document.text == "x < y && ]]> ␀"


def test_secrets_are_counted_and_not_copied() -> None:
    token = "ghp_" + "q7Rk2ZtP9vLw4XcB8nHd5JsF6mGy3TbQ1eUi"
    table, found = parts({"a.md": f"use {token} and {token}\n", "b.md": "plain"})
    assert [part.secrets for part in found] == [2, 0]
    assert token not in full_text(table, found) + context(table, found)
