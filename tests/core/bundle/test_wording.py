"""What the head, the titles and the notes of an outline say."""

from __future__ import annotations

from choosing import notes, outline, titles
from sample_repositories import PROJECT


def test_the_head_says_what_the_project_says() -> None:
    found = outline(PROJECT)
    assert found.title == "Teapot"
    assert found.summary == "A server that brews tea and refuses coffee."
    assert found.paragraph.startswith("Teapot brews tea over HTTP")
    assert found.facts == (
        "Install: `pip install teapot`",
        "Import: `teapot`",
        "Commands: `teapot`",
        "Requires: Python >=3.11",
        "Version: 1.2.3",
        "License: MIT",
        "Links are paths relative to the root of the source.",
    )


def test_titles_and_notes_are_the_targets_own_words() -> None:
    assert titles(PROJECT)["docs/zest.md"] == "Zest of lemon"
    assert titles(PROJECT)["src/teapot/kettle.py"] == "Kettle"
    assert notes(PROJECT)["docs/zest.md"] == "A slice of lemon changes the colour of black tea."
    assert notes(PROJECT)["src/teapot/kettle.py"] == "Heats water to a given temperature."
    assert notes(PROJECT)["examples/green.py"] == "Brews green tea below boiling temperature."


def test_links_are_absolute_where_the_forge_is_known() -> None:
    urls = [
        link.url
        for link in outline({"a b(c).md": "# A\n\nSome words of text.\n"}, "https://f/").links()
    ]
    assert urls == ["https://f/a%20b%28c%29.md"]


def test_without_a_manifest_the_readme_gives_the_summary() -> None:
    found = outline({"README.rst": "Kettle\n======\n\nBoils water for tea. Quickly.\n"})
    assert (found.title, found.summary) == ("Kettle", "Boils water for tea. Quickly.")


def test_a_source_that_says_nothing_still_has_a_summary() -> None:
    found = outline({"code.py": "x = 1\n"})
    assert (found.title, found.summary) == (
        "folder-name",
        "Text files of folder-name, listed: 1 of 1.",
    )
    assert [link.path for link in found.links()] == ["code.py"]


def test_equal_titles_are_told_apart() -> None:
    text = "# Setup\n\nSome words of honest text.\n"
    found = titles({"docs/a/x.md": text, "docs/b/x.md": text, "docs/b/y.md": text})
    assert found == {
        "docs/a/x.md": "Setup",
        "docs/b/x.md": "Setup (b)",
        "docs/b/y.md": "Setup (y.md)",
    }


def test_addresses_are_no_description() -> None:
    text = "# Tea\n\nDocumentation: <https://tea.example/very/long>\n\nBoils water for tea.\n"
    assert outline({"README.md": text}).summary == "Boils water for tea."


def test_a_legal_notice_is_no_description_of_a_module() -> None:
    legal = "// Copyright 2014 Ada.\n// Use of this source code is governed by a licence.\n\n"
    code = "func Boil() {}\nfunc Pour() {}\nfunc Serve() {}\n"
    assert notes({"pot.go": legal + code})["pot.go"] == "`Boil`, `Pour`, `Serve`"


def test_a_package_that_is_the_source_itself_is_called_by_its_path() -> None:
    files = {"__init__.py": '"""Boils water for four cups."""\n'}
    assert titles(files) == {"__init__.py": "__init__.py"}


def test_no_note_is_given_twice() -> None:
    text = "# {0}\n\nThis page is an internal component. It says {0} to whoever asks for it.\n"
    files = {f"docs/{name}.md": text.format(name) for name in ("hello", "farewell")}
    assert notes(files) == {
        "docs/farewell.md": "This page is an internal component.",
        "docs/hello.md": "It says hello to whoever asks for it.",
    }


def test_sentences_that_send_elsewhere_or_are_code_are_no_notes() -> None:
    text = (
        "# T\n\nSee the other page for more words. `x.boil()` and `y.pour()`.\n\nBoils water too.\n"
    )
    assert notes({"docs/a.md": text}) == {"docs/a.md": ""}
    assert notes({"docs/a.md": text + "\nNotebooks of tea are here.\n"}) == {
        "docs/a.md": "Notebooks of tea are here."
    }


def test_a_slogan_is_completed_from_the_readme() -> None:
    files = {
        "package.json": '{"name": "tea", "description": "Tea for all"}',
        "README.md": "# Tea\n\nBrews green and black leaves over HTTP\n",
    }
    assert outline(files).summary == "Tea for all. Brews green and black leaves over HTTP"


def test_the_heading_of_a_chapter_is_no_name() -> None:
    readme = "# Features\n\nBoils water for tea.\n"
    assert outline({"README.md": readme}).title == "folder-name"
    assert outline({"README.md": readme, "go.mod": "module x.org/tea"}).title == "tea"


def test_a_chapter_that_is_named_like_a_tradition_keeps_its_title() -> None:
    text = "# Safe pots\n\nSome words of honest text.\n"
    nav = (
        "nav:\n  - User guide:\n      - guide/security.md\n      - guide/a.md\n      - guide/b.md\n"
    )
    files = {f"docs/guide/{name}.md": text for name in ("security", "a", "b")}
    found = titles({"mkdocs.yml": nav, "SECURITY.md": text, **files})
    assert found["docs/guide/security.md"] == "Safe pots"
    assert found["SECURITY.md"] == "Security policy"


def test_a_label_that_says_nothing_is_told_with_its_group() -> None:
    nav = "nav:\n  - Kettles:\n    - Overview: a.md\n    - Boiling: b.md\n"
    text = "# T\n\nSome words of honest text.\n"
    found = titles({"mkdocs.yml": nav, "docs/a.md": text, "docs/b.md": text})
    assert [*found.values()] == ["Kettles: Overview", "Boiling"]
