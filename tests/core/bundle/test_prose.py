from __future__ import annotations

import time

import pytest

from llmsdeck.bundle.markup import from_docstring, from_markdown, from_restructured
from llmsdeck.bundle.prose import (
    as_title,
    first_sentence,
    leading_sentences,
    note,
)


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("Uses [WSGI][1] and [Jinja](https://x/a_(b)) **well**.", "Uses WSGI and Jinja well."),
        (
            "A *soft* and _softer_ `__init__` of snake_case_name.",
            "A soft and softer `__init__` of snake_case_name.",
        ),
        ("![logo](x.png) <b>Bold</b> &amp; <https://x.example>", "Bold & https://x.example"),
        ("Bare [WSGI] link[^1] and \\*star\\*", "Bare WSGI link and *star*"),
        ("Red \x1b[31malert\x1b[0m \u202egnp\x07", "Red alert gnp"),
    ],
)
def test_markdown_becomes_plain_words(marked: str, plain: str) -> None:
    assert from_markdown(marked) == plain


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        ("Use :class:`~flask.app.Flask` and ``x = 1``.", "Use `Flask` and `x = 1`."),
        ("See :doc:`the guide </guide>` or `site <https://x>`_.", "See the guide or site."),
        ("A :ref:`label` with |sub| and *soft* Werkzeug_.", "A label with and soft Werkzeug."),
    ],
)
def test_restructured_text_becomes_plain_words(marked: str, plain: str) -> None:
    assert from_restructured(marked) == plain


def test_backticks_of_docstrings_stay_code() -> None:
    text = "Runs `__call__` and ``x`` as in [PEP 8](https://p)."
    assert from_docstring(text) == "Runs `__call__` and `x` as in PEP 8."


@pytest.mark.parametrize("piece", ["[", "![", "[x](", "`", "*", "_a", ":a:`", "<a", "\\", "a. B"])
def test_hostile_repetition_costs_little(piece: str) -> None:
    text = piece * 200_000
    start = time.process_time()
    for read in (from_markdown, from_restructured, from_docstring):
        note([read(text)], "")
    assert time.process_time() - start < 1


def test_titles_have_no_brackets_and_an_end() -> None:
    assert as_title("The `map[K]` type #") == "The map(K) type"
    assert len(as_title("word " * 100)) <= 80


def test_a_sentence_does_not_end_at_an_abbreviation() -> None:
    text = "Use it for files, e.g. Images or texts. Then stop."
    assert first_sentence(text) == "Use it for files, e.g. Images or texts."


def test_a_summary_ends_with_a_whole_sentence() -> None:
    assert leading_sentences("One two three. Four five six. Seven.", 30) == (
        "One two three. Four five six."
    )


@pytest.mark.parametrize(
    ("paragraphs", "expected"),
    [
        (
            ["Why another kettle at all? It heats faster than others."],
            "It heats faster than others.",
        ),
        (
            ["To install it, run this command:", "Kettles boil water quickly and safely."],
            "Kettles boil water quickly and safely.",
        ),
        (["The kettle.", "Kettles boil water quickly."], "Kettles boil water quickly."),
        (
            ["Now we can boil some water.", "Kettles boil water quickly."],
            "Kettles boil water quickly.",
        ),
        (
            [
                "We\u2019re excited to announce Kettle 2.0! This release boils.",
                "It boils every water quickly.",
            ],
            "It boils every water quickly.",
        ),
        (["Thank you for being interested in our kettles."], ""),
        (["Then pour it over the leaves."], "Then pour it over the leaves."),
        (["Short."], ""),
    ],
)
def test_a_note_is_an_informative_sentence(paragraphs: list[str], expected: str) -> None:
    assert note(paragraphs, "The kettle") == expected


def test_a_long_note_is_cut_at_a_clause_with_an_ellipsis() -> None:
    cut = note([f"It boils {'very ' * 25}hot water, and `{'x' * 40}` or more of it."], "Kettle")
    assert cut.endswith("hot water…")
    assert len(cut) <= 160
