from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sample_repositories import finish, source_files

from llmsdeck.bundle.judge import judge_bundle, require
from llmsdeck.bundle.outline import Link, Outline, Section
from llmsdeck.bundle.render import render
from llmsdeck.bundle.survey import survey
from llmsdeck.errors import RejectedError
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material, SourceKind

README = Link(title="README", path="README.md", url="README.md", note="It brews tea.")
GUIDE = Link(title="Guide", path="a b.md", url="a%20b.md")
OUTLINE = Outline(
    title="Teapot",
    summary="Brews tea.",
    facts=("Version: 1",),
    sections=(Section(name="Docs", links=(README, GUIDE)),),
)
MATERIAL = Material(
    kind=SourceKind.FOLDER,
    name="x",
    files=tuple(source_files({"README.md": "", "a b.md": ""}).values()),
    skipped={},
)


def judge(outline: Outline, texts: Mapping[ArtifactName, str]) -> None:
    require(judge_bundle(outline, MATERIAL, finish(survey(MATERIAL)), texts))


def rejection(outline: Outline, text: str | None = None, full: str = "x\n") -> str:
    texts = {
        ArtifactName.LLMS: render(outline) if text is None else text,
        ArtifactName.LLMS_FULL: full,
    }
    with pytest.raises(RejectedError) as rejected:
        judge(outline, texts)
    return str(rejected.value)


def with_links(*links: Link) -> Outline:
    return replace(OUTLINE, sections=(Section(name="Docs", links=links),))


def test_a_sound_bundle_passes() -> None:
    judge(OUTLINE, {ArtifactName.LLMS: render(OUTLINE)})


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("# Teapot", "# Kettle", "the title is read as 'Kettle'"),
        ("> Brews tea.", "> Pours.", "the summary is read as 'Pours.'"),
        ("## Docs", "## Other", "the sections are read as ['Other']"),
        ("a%20b.md", "c.md", "in Docs, 'Guide' is read as"),
        ("- [Guide](a%20b.md)\n", "", "Docs has 2 links and 1 are read"),
        ("It brews tea.", "It pours.", "in Docs, 'README' is read as"),
    ],
)
def test_a_text_that_reads_back_differently_is_rejected(old: str, new: str, place: str) -> None:
    message = rejection(OUTLINE, render(OUTLINE).replace(old, new))
    assert "'reads back as written'" in message
    assert place in message


def test_a_text_outside_the_strict_form_is_rejected() -> None:
    empty = replace(OUTLINE, sections=(Section(name="API", links=()), *OUTLINE.sections))
    assert "'strict form': Section 'API' is empty." in rejection(empty)


def test_a_second_address_or_section_is_found_in_every_text() -> None:
    twice = replace(OUTLINE, sections=(*OUTLINE.sections, *OUTLINE.sections))
    assert "'nothing is lost': Line 12: a second section 'Docs'" in rejection(twice)


def test_a_link_to_what_was_not_collected_is_rejected() -> None:
    gone = Link(title="Gone", path="gone.md", url="gone.md")
    assert "'gone.md' was not collected" in rejection(with_links(README, gone))


def test_an_address_of_another_file_is_rejected() -> None:
    astray = replace(GUIDE, url="https://evil.example/")
    assert "the address of 'a b.md'" in rejection(with_links(README, astray))


@pytest.mark.parametrize(
    ("link", "place"),
    [
        (replace(README, title="Other"), "Line 10: the address 'README.md' is in line 9 already"),
        (replace(GUIDE, title="readme"), "Line 10: the title 'readme' is in line 9 already"),
    ],
)
def test_anything_twice_is_rejected(link: Link, place: str) -> None:
    message = rejection(with_links(README, link))
    assert "'nothing twice'" in message
    assert place in message


def test_too_much_is_rejected() -> None:
    message = rejection(replace(OUTLINE, facts=("x" * 70_000,)))
    assert "'budget': llms.txt has 70" in message


@pytest.mark.parametrize("character", ["\x1b", "\x9b", "\u202e", "\ufeff"])
def test_harmful_characters_are_rejected_with_their_line(character: str) -> None:
    message = rejection(OUTLINE, full=f"one\ntwo{character}\n")
    assert f"llms-full.txt line 2 holds the character U+{ord(character):04X}" in message


def test_a_text_without_an_end_is_rejected() -> None:
    assert "does not end in a line feed" in rejection(OUTLINE, full="x")


def test_a_secret_in_any_text_is_refused() -> None:
    token = "ghp_" + "q7Rk2ZtP9vLw4XcB8nHd5JsF6mGy3TbQ1eUi"
    assert "'no secrets'" in rejection(OUTLINE, full=f"{token}\n")
