from __future__ import annotations

import re

import pytest

from llmsdeck.bundle.expand import Excerpt, full_text
from llmsdeck.bundle.outline import Link, Outline, Section
from llmsdeck.bundle.split import PART_CHARACTERS, SPLIT_ABOVE, Part, split
from llmsdeck.model import ArtifactName


def parts_of(*texts: str, left_out: int = 0) -> tuple[Part, ...]:
    """The parts of these files; of the last one `left_out` characters were cut before."""
    links = tuple(Link(title=f"T{n}", path=f"f{n}.md", url=f"f{n}.md") for n in range(len(texts)))
    outline = Outline(
        title="Tea", summary="Brews tea.", facts=("a",), sections=(Section(name="D", links=links),)
    )
    cut = [0] * (len(texts) - 1) + [left_out]
    excerpts = [
        Excerpt(link=link, section="D", text=text, characters=len(text) + more)
        for link, text, more in zip(links, texts, cut, strict=True)
    ]
    return split(outline, excerpts, full_text(outline, excerpts))


def line(length: int) -> str:
    return "x" * (length - 1) + "\n"


def held(parts: tuple[Part, ...]) -> list[list[str]]:
    return [[piece.excerpt.link.path for piece in part.pieces] for part in parts]


def test_a_text_that_can_be_read_in_one_go_is_not_split() -> None:
    assert parts_of("x" * (SPLIT_ABOVE - 2000)) == ()
    assert parts_of("x" * SPLIT_ABOVE)


def test_files_stay_whole_and_in_order() -> None:
    parts = parts_of(*[line(100) * 300] * 3, line(100) * 100, line(100) * 50)
    assert held(parts) == [["f0.md"], ["f1.md"], ["f2.md", "f3.md", "f4.md"]]
    assert [part.name for part in parts] == [
        "llms-full.001.txt",
        "llms-full.002.txt",
        "llms-full.003.txt",
    ]
    assert all("continued" not in part.text for part in parts)
    assert "\n- Part: 003 of 003 of llms-full.txt\n- Files: 003\n" in parts[2].text


@pytest.mark.parametrize("length", [1, 80, 30_000, 200_000])
def test_every_part_is_short_and_nothing_is_lost(length: int) -> None:
    texts = ["short", line(length) * (200_000 // length), "", line(length), "end"]
    parts = parts_of(*texts)
    assert all(len(part.text) < PART_CHARACTERS for part in parts)
    pieces = [piece for part in parts for piece in part.pieces]
    assert "".join(piece.text for piece in pieces) == "".join(texts)
    assert all(piece.text in part.text for part in parts for piece in part.pieces)


@pytest.mark.parametrize("length", [1, 80, 9_000, 24_000, 26_000, 30_000, 49_000, 200_000])
def test_a_stretch_goes_on_in_the_very_next_part(length: int) -> None:
    parts = parts_of("short", *[line(length) * (150_000 // length + 1)] * 2, "end")
    for path in ("f1.md", "f2.md"):
        places = [
            number
            for number, part in enumerate(parts, start=1)
            for piece in part.pieces
            if piece.excerpt.link.path == path
        ]
        assert places == [*range(places[0], places[-1] + 1)]
        assert len(places) > 2


def test_a_file_that_is_cut_says_where_it_goes_on_and_what_is_missing() -> None:
    parts = parts_of("first", line(100) * 1200, left_out=77)
    assert held(parts) == [["f0.md"], ["f1.md"], ["f1.md"], ["f1.md"]]
    assert [re.findall(r"^\[.*\]$", part.text, re.MULTILINE) for part in parts] == [
        [],
        ["[continued in llms-full.003.txt]"],
        ["[continued from llms-full.002.txt]", "[continued in llms-full.004.txt]"],
        [
            "[continued from llms-full.003.txt]",
            "[truncated: 77 more characters of f1.md are left out]",
        ],
    ]
    second = parts[1].pieces[0]
    assert f"\nCharacters: 0 to {second.end} of 120077\n" in parts[1].text
    assert second.text.endswith("x\n")


def test_what_follows_a_cut_file_joins_its_last_part() -> None:
    assert held(parts_of(line(100) * 1100, "end"))[-1] == ["f0.md", "f1.md"]


def test_a_text_that_makes_heads_too_long_is_not_split() -> None:
    assert parts_of("=" * 15_000, line(100) * 1500)
    assert parts_of("=" * 20_000, line(100) * 1500) == ()


@pytest.mark.parametrize("number", [1, 42, 999])
def test_a_part_has_a_name_that_is_read_back(number: int) -> None:
    name = ArtifactName.part(number)
    assert name.is_part
    assert ArtifactName(str(name)) == name == f"llms-full.{number:03}.txt"
    assert name not in list(ArtifactName)


@pytest.mark.parametrize(
    "name",
    [
        "llms-full.000.txt",
        "llms-full.1.txt",
        "llms-full.1000.txt",
        "llms-full.001.txt\n",
        "llms-full.\u0660\u0660\u0661.txt",
        "../llms-full.001.txt",
        "llms.001.txt",
        "other.txt",
        "",
    ],
)
def test_no_other_name_is_one(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        ArtifactName(name)
