from __future__ import annotations

from dataclasses import replace

import pytest

from llmsdeck.bundle.form import departures
from llmsdeck.bundle.outline import Link, Outline, Section
from llmsdeck.bundle.parse import ParsedLink, parse
from llmsdeck.bundle.render import render

OUTLINE = Outline(
    title="Teapot",
    summary="Brews tea.",
    paragraph="It is small.",
    facts=("Install: `pip install teapot`", "Version: 1"),
    sections=(
        Section(
            name="Docs",
            links=(
                Link(
                    title="README", path="README.md", url="https://x/README.md", note="It: brews."
                ),
                Link(title="Zest", path="z.md", url="https://x/z.md"),
            ),
        ),
        Section(name="Optional", links=(Link(title="License", path="L", url="https://x/L"),)),
    ),
)
TEXT = """\
# Teapot

> Brews tea.

It is small.

- Install: `pip install teapot`
- Version: 1

## Docs

- [README](https://x/README.md): It: brews.
- [Zest](https://x/z.md)

## Optional

- [License](https://x/L)
"""


def test_an_outline_is_written_in_the_strict_form() -> None:
    assert render(OUTLINE) == TEXT


def test_what_was_written_is_read_back() -> None:
    parsed = parse(TEXT)
    assert (parsed.title, parsed.summary, [*departures(TEXT)]) == ("Teapot", "Brews tea.", [])
    assert [(section.name, section.links) for section in parsed.sections] == [
        (
            "Docs",
            [
                ParsedLink(title="README", url="https://x/README.md", note="It: brews."),
                ParsedLink(title="Zest", url="https://x/z.md"),
            ],
        ),
        ("Optional", [ParsedLink(title="License", url="https://x/L")]),
    ]


@pytest.mark.parametrize("start", ["# x", "> x", "## Docs", "```", "~~~ x", "<!-- x"])
def test_a_paragraph_is_never_mistaken_for_a_block(start: str) -> None:
    text = render(replace(OUTLINE, paragraph=start))
    assert [*departures(text)] == []
    assert len(parse(text).sections) == 2
    assert parse(text).info[0] == f"\\{start}"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# Teapot\n", "Teapot\n", "Line 1: not a first-level heading"),
        ("# Teapot\n", "\ufeff# Teapot\n", "Line 1: not a first-level heading"),
        ("> Brews tea.\n", "> Brews tea.\n> More.\n", "Line 4: a second line of quote"),
        ("> Brews tea.\n", "", "There is no summary"),
        ("# Teapot\n", "# Teapot\n\nBefore.\n", "Line 3: text before the summary"),
        ("## Docs\n", "## Docs:\n", "a section's name with marks"),
        ("## Docs\n", "### Docs\n", "a heading other than a section's"),
        ("## Optional\n", "## Docs\n", "a second section 'Docs'"),
        ("## Docs\n", "## Optional\n", "a section after Optional"),
        ("- [License](https://x/L)\n", "", "Section 'Optional' is empty"),
        ("- [Zest]", "* [Zest]", "not a list item"),
        ("- [Zest]", "- [ ] [Zest]", "not a list item"),
        ("- [Zest]", "- [Ze[s]t]", "not a list item"),
        ("(https://x/z.md)", "(https://x/z(.md)", "not a list item"),
        ("(https://x/z.md)", "(https://x/z .md)", "not a list item"),
        ("(https://x/z.md)", "(https://x/z.md):", "not a list item"),
        ("(https://x/z.md)", "(https://x/z.md) - note", "not a list item"),
        ("- [Zest](https://x/z.md)\n", "Some prose.\n", "not a list item"),
        ("- [License](https://x/L)\n", "- [License](https://x/L)\n\n", "exactly one line feed"),
    ],
)
def test_departures_from_the_strict_form_are_named(old: str, new: str, problem: str) -> None:
    changed = TEXT.replace(old, new, 1)
    assert any(problem in str(finding) for finding in departures(changed))


@pytest.mark.parametrize("text", ["", "\n", "## A", "- [a](b)", "\0", "[" * 10_000, "## \n## \n"])
def test_reading_never_fails(text: str) -> None:
    parse(text)
    assert [*departures(text)]


def test_loose_items_are_still_understood() -> None:
    parsed = parse(TEXT + "* [More](https://x/m) - with a dash\n")
    assert parsed.sections[-1].links[-1] == ParsedLink(
        title="More", url="https://x/m", note="with a dash"
    )
