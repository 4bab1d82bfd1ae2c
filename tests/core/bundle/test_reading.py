from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from llmsdeck.bundle.markdown import read_markdown
from llmsdeck.bundle.pages import Pages, read_page
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


def test_toml_in_front_of_markdown_gives_title_and_description() -> None:
    found = page(
        "a.md",
        '+++\ntitle = "Boiling"\nweight = 3\n'
        'description = """\\\n  How to boil water\n  quickly."""\n'
        "[extra]\ndescription = 'Another one.'\n+++\n\n## Other\n\nThe first text of it.\n",
    )
    assert found.title == "Boiling"
    assert found.paragraphs == ("How to boil water quickly.", "The first text of it.")


@pytest.mark.parametrize("matter", ["title = ", "title = [" + "[" * 15_000, "title: Boiling"])
def test_what_is_no_toml_in_front_of_markdown_says_nothing(matter: str) -> None:
    found = page("a.md", f"+++\n{matter}\n+++\n# Pouring\n\nThe first text of it.\n")
    assert (found.title, found.paragraphs) == ("Pouring", ("The first text of it.",))


@pytest.mark.parametrize("tag", ["style", "SCRIPT", "pre", "textarea"])
def test_html_that_is_no_text_is_passed_over_to_its_end(tag: str) -> None:
    found = page(
        "a.md",
        f"<{tag} class='x'>\nwords of the tag that show\n\nnothing to a reader of it\n"
        f"# nor this\n</{tag}>\nThe first text of it.\n",
    )
    assert (found.title, found.paragraphs) == ("", ("The first text of it.",))


def test_html_that_is_closed_at_once_ends_with_its_block() -> None:
    found = page("a.md", "<style>a {}</style>\n\nThe first text of it.\n")
    assert found.paragraphs == ("The first text of it.",)


def test_a_heading_below_text_is_no_title() -> None:
    found = page("a.md", "The first text of it.\n\n# Example\n\nThe second text of it.\n")
    assert (found.title, found.lead) == ("", 2)
    opened = read_markdown("The first text of it.\n\n# Example\n", most=1)
    assert opened.title == ""


def test_code_of_mdx_is_passed_over_to_its_end() -> None:
    found = page(
        "a.mdx",
        "export function Tea() {\n  const pot = 1;\n\n  return (\n"
        "<b>words that are code</b>\n  );\n}\n"
        "\nexport const kettle = 1;\nimport { x } from 'y';\n\n# Tea\n\nThe first text of it.\n",
    )
    assert (found.title, found.paragraphs) == ("Tea", ("The first text of it.",))


def test_what_c_tells_its_compiler_is_no_comment() -> None:
    assert page("a.c", "#include <tea.h>\n#define A a word of it\n\nint a;\n").paragraphs == ()
    found = page("a.h", "/* Boils water in a pot. */\n#ifndef TEA_H\n")
    assert found.paragraphs == ("Boils water in a pot.",)
    assert page("a.sh", "# Boils water in a pot.\n").paragraphs == ("Boils water in a pot.",)


def test_c_offers_types_and_functions() -> None:
    found = page(
        "a.h",
        "struct Pot {\n  int fill(int);\n};\nstatic int hidden(void) {\n  return boil(1);\n}\n"
        "jv *pot_new(int size,\n            int depth);\nconst char* pot_name(const Pot *pot);\n"
        "typedef int (*brew)(int);\n",
    )
    assert found.names == ("Pot", "pot_new", "pot_name")


def test_tables_of_restructured_text_are_no_text() -> None:
    grid = "+-------+------+\n| water | fire |\n+-------+------+\n"
    simple = "=====  ====\nwater  fire and more\n=====  ====\n"
    found = page("a.rst", f"Tea\n===\n\n{grid}\n{simple}\nThe first text of it.\n")
    assert found.paragraphs == ("The first text of it.",)


def test_markdown_underlined_headings_are_titles() -> None:
    assert page("a.md", "Boiling\n=======\n\nText of the first page.\n").title == "Boiling"


def test_a_page_without_text_names_the_module_it_shows() -> None:
    assert page("a.md", "# Kettle\n\n::: tea.kettle\n    options:\n").documents == "tea.kettle"
    assert page("a.rst", "Kettle\n======\n\n.. automodule:: tea.kettle\n   :members:\n") == Page(
        title="Kettle", documents="tea.kettle"
    )


def test_a_title_of_restructured_text_may_be_inset_between_its_lines() -> None:
    text = ".. _tea:\n\n========\n   Tea\n========\n\nThe first text of it.\n\nPots\n====\n"
    found = page("a.rst", text)
    assert (found.title, found.paragraphs, found.lead) == ("Tea", ("The first text of it.",), 1)


def test_what_is_indented_below_a_transition_is_no_title() -> None:
    found = page("a.rst", "The first text of it.\n\n----\n\n   a quote of some words\n\nTea\n===\n")
    assert (found.title, found.paragraphs) == ("Tea", ("The first text of it.",))


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


def test_asciidoc_skips_everything_that_is_no_prose() -> None:
    found = page(
        "a.adoc",
        "// a comment\n= The {what} of tea\nAda Lovelace <ada@example.org>\n:what: art\n"
        ":url-x: https://x\n\nimage::x.png[words of the image]\n\n"
        "[NOTE]\n====\nWords of an admonition block.\n====\n\n"
        ".A title of a block\n----\nwords of some code\n----\n\n* an item of a list\n\n"
        "NOTE: words of a short note\n\n"
        "The _first_ https://x.example[real^]\nparagraph with {url-x}[a link].\n\n"
        "== Next\n\nThe `second` <<x,real>> paragraph.\n",
    )
    assert found.title == "The art of tea"
    assert found.paragraphs == (
        "The first real paragraph with a link.",
        "The `second` real paragraph.",
    )
    assert found.lead == 1


def test_a_quote_below_the_title_is_its_description() -> None:
    text = "# Tea\n\n> How to brew a cup of it.\n> In short.\n\nWords of the next part.\n"
    assert page("a.md", text).paragraphs[0] == "How to brew a cup of it. In short."
    aside = "# Tea\n\n> [!NOTE]\n> Words of a mere note.\n"
    assert page("a.md", aside).paragraphs == ()


def test_rust_speaks_from_inside_the_module() -> None:
    found = page(
        "a.rs",
        "#![deny(x)]\n// Copyright Ada\n//! Boils `water` for tea.\n//!\n//! # Usage\n//!\n"
        "//! ```\n//! code words here\n//! ```\n\npub(crate) fn hidden() {}\n"
        "pub async fn boil() {}\n    pub fn inner() {}\npub const HOT: u8 = 1;\npub mod cup;\n",
    )
    assert found.paragraphs == ("Boils `water` for tea.",)
    assert found.names == ("boil", "HOT", "cup")


def test_go_speaks_right_above_the_package() -> None:
    legal = "// Copyright 2020 Ada\n\n//go:build linux\n\n"
    code = "package tea\n\nfunc Boil() {}\n\nfunc (p *Pot) Pour() {}\n\ntype Pot struct{}\n"
    assert page("a.go", legal + "// Package tea boils water.\n" + code) == Page(
        paragraphs=("Package tea boils water.",), names=("Boil", "Pot")
    )
    assert page("a.go", "// Words about something else here.\n\n" + code).paragraphs == ()


def test_exports_may_be_listed() -> None:
    text = "const a = 1\nexport {\n  boil,\n  pour as serve,\n  type Pot,\n  x as default\n}\n"
    assert page("a.ts", text).names == ("boil", "serve", "Pot")
    assert page("a.js", "module.exports = { boil, pour: p }\n").names == ("boil", "pour")


def test_the_comment_of_the_only_export_speaks_for_the_file() -> None:
    text = (
        "import x from 'y'\n\n/**\n * Boils water for tea.\n *\n * @param n how much\n */\n"
        "export function boil(n) {}\n"
    )
    assert page("a.ts", text).paragraphs == ("Boils water for tea.",)
    assert page("a.ts", text + "export const two = 2\n").paragraphs == ()


def test_tags_that_describe_a_file_are_read_and_others_not() -> None:
    text = "/**\n * @file Boils water for tea.\n * @author Ada and her friends\n */\nx()"
    assert page("a.js", text).paragraphs == ("Boils water for tea.",)


def test_elixir_and_other_languages_name_their_types() -> None:
    elixir = 'defmodule Tea.Pot do\n  @moduledoc """\n  Holds tea for four.\n  """\n'
    assert page("a.ex", elixir) == Page(paragraphs=("Holds tea for four.",), names=("Tea.Pot",))
    php = "<?php\n\nnamespace Tea;\n\n/**\n * Holds tea for four.\n */\nfinal class Pot\n{\n}\n"
    assert page("a.php", php) == Page(paragraphs=("Holds tea for four.",), names=("Pot",))
    ruby = "# frozen_string_literal: true\n\nmodule Tea\n  class Pot\n  end\nend\n"
    assert page("a.rb", ruby) == Page(names=("Tea", "Pot"))
    described = ruby.replace("  class", "  # Holds tea for four.\n  class")
    assert page("a.rb", described).paragraphs == ("Holds tea for four.",)


@pytest.mark.parametrize("suffix", [".adoc", ".js", ".rs", ".go", ".ex", ".kt", ".md"])
def test_hostile_files_cost_little(suffix: str) -> None:
    start = time.process_time()
    for text in (
        "/*" * 200_000,
        "// a\n" * 100_000 + "package x",
        "export {" * 60_000,
        "= " + "{a}" * 100_000,
        ":a: {a}\n" * 500 + "{a}" * 50_000,
        "[" * 300_000,
        "`" * 300_001,
        '@moduledoc """\n' * 20_000,
        "<<a,b " * 60_000,
    ):
        page(f"a{suffix}", text)
    assert time.process_time() - start < 3


def test_the_main_comment_of_a_rust_file_may_be_a_block() -> None:
    assert page("a.rs", "/*!\nBoils water for tea.\n*/\n\nuse x;\n").paragraphs == (
        "Boils water for tea.",
    )


def test_the_targets_of_links_are_no_prose() -> None:
    text = "# T\n\n[a]: https://a.example\n[b c]: https://b.example\n\nThe real words of it.\n"
    assert page("a.md", text).paragraphs == ("The real words of it.",)


def test_methods_are_named_where_there_is_nothing_else() -> None:
    text = "package tea\n\nfunc (p *Pot) Pour() {}\nfunc (p *Pot) hidden() {}\n"
    assert page("a.go", text).names == ("Pour",)


def test_only_one_line_can_be_a_heading() -> None:
    text = "fzf.txt fzf Last change\nFZF - TABLE OF CONTENTS\n=====\n\nThe real words of it.\n"
    assert page("a.txt", text) == Page(paragraphs=("The real words of it.",), lead=1)


LINES = (
    "# Tea", "## Pots", "Tea", "===", "Brews tea for many people.", "Run it.", "Contents:", "",
    "- brew: makes tea", "- [a](a.md)", "```sh", "```", "> Quoted words of tea.", "::: tea.pots",
    "::: note", "    indented words of tea", "<!-- hidden words of tea -->", "---", "title: Pots",
    "description: All about the pots.",
)  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=30))
@example(["# Tea", "", "Brews tea for many people.", "", "::: tea.pots"])
@example(["Brews tea for many people.", "", "# Tea"])
def test_the_opening_of_a_page_says_what_the_whole_says(lines: list[str]) -> None:
    text = "\n".join(lines)
    opening, whole = read_markdown(text, most=1), read_markdown(text)
    assert replace(opening, lead=0) == replace(whole, lead=0, paragraphs=whole.paragraphs[:1])


def test_pages_are_the_files_that_are_offered() -> None:
    paths = ("a.md", "b.py", "c.md")
    pages = Pages({path: SourceFile(path=path, text="# Tea\n") for path in paths})
    for path in paths[:2]:
        pages.offer(path)
    assert (*pages, len(pages), "c.md" in pages) == ("a.md", "b.py", 2, False)
    pages.withdraw("a.md")
    assert dict(pages) == {"b.py": page("b.py", "# Tea\n")}
    for ask in (pages.__getitem__, pages.opening):
        with pytest.raises(KeyError):
            ask("a.md")


def test_a_page_is_whole_after_its_opening_was_read() -> None:
    text = "# Tea\n\nThe first words of it.\n\nThe second words of it.\n"
    pages = Pages({"a.md": SourceFile(path="a.md", text=text)})
    pages.offer("a.md")
    assert len(pages.opening("a.md").paragraphs) == 1
    assert pages["a.md"] == page("a.md", text)
    assert len(pages.opening("a.md").paragraphs) == 2
