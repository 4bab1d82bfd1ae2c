"""What of a project is linked, in which section and order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from choosing import choice, material, outline, sections, titles
from sample_repositories import PROJECT, finish

from llmsdeck.bundle.choose import BUDGET, choose
from llmsdeck.bundle.judge import judge_bundle
from llmsdeck.bundle.outline import SectionName
from llmsdeck.bundle.render import render
from llmsdeck.bundle.survey import survey
from llmsdeck.model import ArtifactName


def test_a_project_is_laid_out_in_the_authors_order() -> None:
    assert sections(PROJECT) == {
        "Docs": ["README.md", "docs/index.md", "docs/zest.md", "docs/guide.md"],
        "API": ["src/teapot/kettle.py", "src/teapot/__init__.py"],
        "Examples": ["examples/green.py"],
        "Optional": ["CHANGELOG.md", "LICENSE"],
    }


def test_without_navigation_beginnings_come_first_and_numbers_count() -> None:
    pages = ["docs/p10.md", "docs/p9.md", "docs/guide.md", "docs/install.md", "docs/index.md"]
    text = "# T\n\nSome words of honest text.\n"
    assert sections({path: text for path in pages})["Docs"] == [
        "docs/index.md",
        "docs/install.md",
        "docs/guide.md",
        "docs/p9.md",
        "docs/p10.md",
    ]


def test_pages_that_the_readme_links_to_come_before_others() -> None:
    text = "# T\n\nSome words of honest text.\n"
    files = {"README.md": text + "[z](./docs/z.md#top)\n", "docs/a.md": text, "docs/z.md": text}
    assert sections(files)["Docs"] == ["README.md", "docs/z.md", "docs/a.md"]


def test_tests_translations_and_templates_are_not_offered() -> None:
    text = "# T\n\nSome words of honest text.\n"
    aside = [
        "tests/README.md",
        "docs/zh/index.md",
        "README.ja.md",
        "README-fr.md",
        ".github/ISSUE_TEMPLATE/bug.md",
        "docs/requirements.txt",
        "llms.txt",
        "integration-tests/README.md",
        "testing/README.md",
        "app-template/template-x/README.md",
        "docs/_fragment.md",
        "data/locale/x.md",
    ]
    assert sections({"docs/a.md": text, **{path: text for path in aside}}) == {
        "Docs": ["docs/a.md"]
    }


@pytest.mark.parametrize(
    "page",
    [
        "b.md: # Only a title\n",
        "b.md: # Title\n\n- [a](a.md)\n- [c](c.md)\n",
        "b.md: # Title\n\nContents:\n\n```{toctree}\na\n```\n",
        "b.md: # Title\n\n<!-- to be written -->\n\n<Widget/>\n",
        "b.rst: Title\n=====\n\nContents:\n\n.. toctree::\n\n   a\n",
        "b.adoc: = Title\n\nimage::logo.png[]\n",
    ],
)
def test_pages_that_show_nothing_are_not_offered(page: str) -> None:
    name, _, shown = page.partition(": ")
    text = "# T\n\nSome words of honest text.\n"
    assert sections({"docs/a.md": text, f"docs/{name}": shown}) == {"Docs": ["docs/a.md"]}


@pytest.mark.parametrize(
    "page",
    [
        "b.md: # Usage\n\nRun it.\n",
        "b.md: # Usage\n\n- brew: makes tea\n- pour: serves it\n",
        "b.md: # Usage\n\n| verb | what it does |\n|---|---|\n| brew | makes tea |\n",
        "b.md: # Usage\n\n```sh\ntea brew\n```\n",
        "b.rst: Usage\n=====\n\nRun it.\n",
        "b.adoc: = Usage\n\nRun it.\n",
    ],
)
def test_pages_of_a_few_words_a_list_a_table_or_code_are_offered(page: str) -> None:
    name, _, shown = page.partition(": ")
    text = "# T\n\nSome words of honest text.\n"
    assert sections({"docs/a.md": text, f"docs/{name}": shown}) == {
        "Docs": ["docs/a.md", f"docs/{name}"]
    }


def test_pages_without_prose_give_way_first() -> None:
    text = "# T\n\nSome words of honest text.\n"
    pages = {f"docs/p{number}.md": text for number in range(BUDGET[SectionName.DOCS])}
    assert sections({"docs/a.md": "# Usage\n\nRun it.\n", **pages})["Docs"] == [*pages]


def test_one_file_per_tradition_the_nearest_one() -> None:
    text = "# T\n\nSome words of honest text.\n"
    files = {"CONTRIBUTING.md": text, "docs/contributing.md": text, "HISTORY.md": text}
    assert sections(files)["Optional"] == ["HISTORY.md", "CONTRIBUTING.md"]


def test_an_example_in_a_folder_is_represented_by_its_readme() -> None:
    text = "# Shop\n\nSome words of honest text.\n"
    files = {
        "examples/shop/README.md": text,
        "examples/shop/cart.py": '"""Keeps the things to buy."""\n',
        "examples/blog/posts.py": '"""Lists what was written."""\n',
        "examples/blog/app.py": '"""Serves a blog to its readers."""\n',
    }
    assert sections(files)["Examples"] == ["examples/blog/app.py", "examples/shop/README.md"]
    assert titles(files)["examples/blog/app.py"] == "Blog"


def test_the_budget_keeps_chapters_and_drops_what_lies_deep() -> None:
    room = BUDGET[next(iter(BUDGET))]
    nav = "nav:\n  - First: a0.md\n  - More:\n" + "".join(f"    - b{n}.md\n" for n in range(room))
    text = "# T\n\nSome words of honest text.\n"
    pages = {f"docs/b{n}.md": text for n in range(room)}
    found = choice(
        {"mkdocs.yml": nav + "  - Last: z.md\n", "docs/a0.md": text, "docs/z.md": text, **pages}
    )
    paths = [link.path for link in found.outline.links()]
    assert (paths[0], paths[-1], len(paths)) == ("docs/a0.md", "docs/z.md", room)
    assert found.left_out == 2


def test_private_modules_speak_for_a_package_that_has_no_others() -> None:
    files = {
        "pyproject.toml": '[project]\nname = "tea"\n',
        "tea/__init__.py": "from ._pot import *\nfrom ._cup import Cup\n",
        "tea/_cup.py": '"""Cups of all sizes and colours."""\n',
        "tea/_pot.py": '"""Pots of all sizes and colours."""\n',
        "tea/__version__.py": '__version__ = "1"\n',
    }
    assert sections(files)["API"] == ["tea/_pot.py", "tea/_cup.py"]


def test_sources_are_linked_instead_of_what_a_compiler_made_of_them() -> None:
    code = "export function boil() {}\nexport function pour() {}\nexport class Kettle {}\n"
    files = {path: code for path in ("index.cjs", "index.js", "src/index.ts", "index.d.ts")}
    assert sections(files)["API"] == ["src/index.ts"]


def test_a_rich_project_scores_higher_than_a_mute_one() -> None:
    def points(files: Mapping[str, str]) -> int:
        found = material(files)
        facts = finish(survey(found))
        made = choose(found, facts).outline
        return judge_bundle(made, found, facts, {ArtifactName.LLMS: render(made)}).points

    assert 90 <= points(PROJECT) <= 100
    assert 0 <= points({"a/b.py": "x = 1\n"}) < 70


def test_what_defines_the_project_goes_before_news() -> None:
    readme = (
        "# Tea Pot\n\n## News\n\nWe made a new release today.\n\n## About\n\nPot is a kettle.\n"
    )
    found = outline({"README.md": readme, "go.mod": "module example.org/pot\n"})
    assert (found.title, found.summary) == ("Pot", "Pot is a kettle.")
    assert found.paragraph == ""


def test_examples_that_say_something_come_before_mute_ones() -> None:
    files = {"examples/a.js": "x()\n", "examples/b.js": "// Pours tea into a cup.\nx()\n"}
    assert sections(files)["Examples"] == ["examples/b.js", "examples/a.js"]


def test_a_source_of_unlikely_files_still_gets_links() -> None:
    assert sections({"notes.org": "x", "tests/test_a.py": "x"}) == {
        "Docs": ["notes.org", "tests/test_a.py"]
    }


def test_a_page_named_like_the_project_introduces_it_when_the_readme_does_not() -> None:
    files = {
        "README.md": "# Tea Pot\n\n## Usage\n\nBegin by boiling some water.\n",
        "Sources/Docs/TeaPot.md": "# ``TeaPot``\n\nBrews tea for Swift programs.\n",
    }
    assert outline(files).summary.startswith("Brews tea for Swift programs.")


def test_pages_off_the_authors_tour_give_way_first() -> None:
    room = BUDGET[next(iter(BUDGET))]
    text = "# T\n\nSome words of honest text.\n"
    nav = "nav:\n  - Deep:\n    - Deeper:\n" + "".join(f"      - d{n}.md\n" for n in range(room))
    files = {f"docs/d{n}.md": text for n in range(room)}
    found = sections({"mkdocs.yml": nav, "notes/a.md": text, **files})
    assert found["Docs"] == [f"docs/d{n}.md" for n in range(room)]


def test_what_lies_at_the_root_for_those_who_work_on_it_is_no_documentation() -> None:
    text = "# T\n\nSome words of honest text.\n"
    found = sections({"RELEASE.md": text, "TESTING.md": text, "docs/testing.md": text})
    assert found["Development"] == ["RELEASE.md", "TESTING.md"]
    assert found["Docs"] == ["docs/testing.md"]


def test_what_the_author_leads_to_is_documentation_wherever_it_lies() -> None:
    text = "# T\n\nSome words of honest text.\n"
    nav = "docs_dir: .\nnav:\n  - testing.md\n  - b.md\n  - c.md\n"
    found = sections({"mkdocs.yml": nav, "testing.md": text, "b.md": text, "c.md": text})
    assert found["Docs"] == ["testing.md", "b.md", "c.md"]


def test_a_module_that_the_author_leads_to_is_linked_once() -> None:
    shell = "Signals\n=======\n\n.. automodule:: tea.signals\n"
    files = {
        "docs/conf.py": "",
        "docs/index.rst": "Tea\n===\n\n.. toctree::\n\n   signals\n   a\n   b\n",
        "docs/signals.rst": shell,
        "docs/a.rst": "A\n=\n\nSome words of honest text.\n",
        "docs/b.rst": "B\n=\n\nSome words of honest text.\n",
        "tea/__init__.py": '"""Brews tea for everybody."""',
        "tea/signals.py": '"""Tells when the water boils."""',
    }
    found = sections(files)
    assert found["API"] == ["tea/signals.py", "tea/__init__.py"]


def test_documentation_goes_before_notes_of_other_folders() -> None:
    text = "# T\n\nSome words of honest text.\n"
    files = {"hack/a.md": text, "site/content/docs/user/b.md": text, "c.md": text}
    assert sections(files)["Docs"] == ["c.md", "site/content/docs/user/b.md", "hack/a.md"]


@pytest.mark.parametrize(
    "folder", ["website/versioned_docs/version-1", "files/LICENSES", "deps/lua"]
)
def test_copies_of_old_versions_and_works_of_others_are_left_out(folder: str) -> None:
    text = "# T\n\nSome words of honest text.\n"
    assert sections({f"{folder}/a.md": text, "docs/a.md": text}) == {"Docs": ["docs/a.md"]}


def test_modules_with_names_alone_come_after_those_with_a_note() -> None:
    files = {
        "src/Kettle.php": "<?php\nclass Kettle {}\n",
        "src/Pot.php": "<?php\n// Boils water in a pot.\nclass Pot {}\n",
        "src/empty.php": "<?php\n",
    }
    assert sections(files)["API"] == ["src/Pot.php", "src/Kettle.php"]


def test_the_headers_of_c_are_its_interface() -> None:
    files = {
        "src/pot.cc": "// Boils water in a pot of its own.\n",
        "include/tea/pot.h": "// Boils water in any pot.\nstruct Pot;\n",
    }
    assert sections(files)["API"] == ["include/tea/pot.h"]
    unpublished = {path.replace("include/tea", "src"): text for path, text in files.items()}
    assert sections(unpublished)["API"] == ["src/pot.h"]


def test_only_the_main_language_makes_up_the_interface() -> None:
    files = {
        "release.sh": "# Words about a release of it.\n",
        "pkg/brew.rb": "# Words about a formula of it.\n",
        "src/a/deep/boil.go": "// Package deep boils water for tea.\npackage deep\n",
        "src/a/deep/pour.go": "package deep\n\nfunc PourVeryHotWaterSlowly() {}\n",
    }
    assert sections(files)["API"] == ["src/a/deep/boil.go", "src/a/deep/pour.go"]


def test_reference_pages_leave_room_for_the_way_in() -> None:
    text = "# T\n\nSome words of honest text {0}.\n"
    files = {f"docs/api/p{n}.md": text.format(n) for n in range(20)}
    files["package.json"] = '{"name": "tea", "main": "index.js"}'
    files["index.js"] = "// Boils water for everybody who asks.\nexport function boil() {}\n"
    found = sections(files)["API"]
    assert (len(found), found[-1]) == (BUDGET[SectionName.API], "index.js")


def test_a_source_file_is_never_a_changelog() -> None:
    files = {"go.mod": "module x.org/tea", "history.go": "package tea\n\nfunc History() {}\n"}
    assert titles(files) == {"history.go": "history"}


def test_licences_by_name_are_licences() -> None:
    text = "Permission is hereby granted to any person.\n"
    assert sections({"LICENSE-MIT": text, "src/LICENSE": text})["Optional"] == ["LICENSE-MIT"]
