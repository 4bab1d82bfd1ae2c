from __future__ import annotations

import pytest

from llmsdeck.bundle.pages import read_page
from llmsdeck.bundle.reading import Page
from llmsdeck.sources import SourceFile


def page(path: str, text: str) -> Page:
    return read_page(SourceFile(path=path, text=text))


def test_markdown_skips_everything_that_is_no_prose() -> None:
    found = page(
        "a.md",
        "<!-- a\ncomment -->\n<p align=center>\nhtml words here\n</p>\n\n"
        "[![b](https://b)](https://c)\n\n# The *title*\n\n- a list of words\n\n> a quoted line\n\n"
        "```\n# no heading, but code words\n```\n\n!!! note\n    a note of some words\n\n"
        "| a | table of words |\n\n    indented code words\n\n"
        "The first real\nparagraph of it.\n\n## Next\n\nThe second real paragraph.\n",
    )
    assert found.title == "The title"
    assert found.paragraphs == ("The first real paragraph of it.", "The second real paragraph.")
    assert found.lead == 1


def test_markdown_front_matter_gives_title_and_description() -> None:
    found = page("a.md", "---\ntitle: 'Boiling'\ndescription: How to boil water.\n---\n# Other\n")
    assert (found.title, found.paragraphs) == ("Boiling", ("How to boil water.",))


def test_markdown_underlined_headings_are_titles() -> None:
    assert page("a.md", "Boiling\n=======\n\nText of the first page.\n").title == "Boiling"


def test_a_page_without_text_names_the_module_it_shows() -> None:
    assert page("a.md", "# Kettle\n\n::: tea.kettle\n    options:\n").documents == "tea.kettle"
    assert page("a.rst", "Kettle\n======\n\n.. automodule:: tea.kettle\n   :members:\n") == Page(
        title="Kettle", documents="tea.kettle"
    )


def test_restructured_text_skips_directives_and_comments() -> None:
    found = page(
        "a.rst",
        ".. _label:\n\n.. image:: x.png\n   :alt: words of the image\n\n======\nTitle\n======\n\n"
        ".. note::\n\n   Words of a note that are indented.\n\n* an item of a list\n\n"
        "The first real\nparagraph. ::\n\n   code words\n\nNext\n----\n\nThe second paragraph.\n",
    )
    assert found.title == "Title"
    assert found.paragraphs == ("The first real paragraph.", "The second paragraph.")
    assert found.lead == 1


def test_python_gives_docstring_names_and_imports() -> None:
    found = page(
        "a.py",
        '#!/usr/bin/env python\n\nr"""Boils water for tea.\n\nIt is `fast` enough.\n\n'
        '```\ncode words here\n```\n"""\n'
        "from .kettle import Kettle\nif True:\n    from .cup import Cup\n\n\n"
        "class Pot:\n    def inner(self): ...\n\n\nasync def brew(): ...\ndef _private(): ...\n"
        'TEXT = """\ndef inside_a_string(): ...\n"""\ndef after(): ...\n',
    )
    assert found.paragraphs == ("Boils water for tea.", "It is `fast` enough.")
    assert found.names == ("Pot", "brew", "after")
    assert found.imports == (".kettle", ".cup")


def test_the_only_class_speaks_for_a_module_without_docstring() -> None:
    text = 'import os\n\n\nclass Pot(\n    Base\n):\n    """Holds tea for four people."""\n'
    assert page("a.py", text).paragraphs == ("Holds tea for four people.",)


def test_broken_python_is_read_as_far_as_possible() -> None:
    assert page("a.py", '"""never closed\ndef a(): ...').names == ()
    assert page("a.py", "def ok(): ...\n)))").names == ("ok",)


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        (
            "a.js",
            "exports.boil = 1\nmodule.exports.pour = 2\nreq.get = function () {}",
            "boil pour get",
        ),
        ("a.ts", "export default class Pot {}\nexport async function brew() {}", "Pot brew"),
        ("a.rs", "pub fn boil() {}\nfn hidden() {}\npub struct Pot;", "boil Pot"),
        ("a.go", "func Boil() {}\nfunc hidden() {}\ntype Pot struct {}", "Boil Pot"),
    ],
)
def test_exported_names_of_other_languages(path: str, text: str, names: str) -> None:
    assert page(path, text).names == tuple(names.split())


def test_a_leading_comment_speaks_but_not_its_legal_part() -> None:
    text = "/*!\n * tea\n * Copyright(c) 2009 Ada\n *\n * Sends the reply to the client.\n */\nx()"
    assert page("a.js", text).paragraphs == ("Sends the reply to the client.",)
