from __future__ import annotations

import time
from collections.abc import Mapping
from xml.etree import ElementTree

import pytest
from sample_repositories import finish, source_files

from llmsdeck.bundle.choose import choose
from llmsdeck.bundle.context import context
from llmsdeck.bundle.expand import excerpts
from llmsdeck.bundle.facts import Facts
from llmsdeck.bundle.outline import Outline
from llmsdeck.bundle.packages import main_package, packages_of
from llmsdeck.bundle.survey import survey
from llmsdeck.sources import Material, SourceKind


def outline(files: Mapping[str, str], name: str = "tea") -> Outline:
    found = Material(
        kind=SourceKind.FOLDER, name=name, files=tuple(source_files(files).values()), skipped={}
    )
    return choose(found, finish(survey(found))).outline


def sections(files: Mapping[str, str]) -> dict[str, list[str]]:
    return {s.name: [link.path for link in s.links] for s in outline(files).sections}


def folders(files: Mapping[str, str]) -> list[str]:
    return [package.folder for package in packages_of(source_files(files))]


def npm(name: str, **more: str) -> str:
    fields = "".join(f', "{key}": "{value}"' for key, value in more.items())
    return f'{{"name": "{name}"{fields}}}'


@pytest.mark.parametrize(
    ("path", "text", "manifest"),
    [
        ("package.json", '{"workspaces": ["packages/*", "!packages/c"]}', "package.json"),
        ("package.json", '{"workspaces": {"packages": ["packages/[ab]"]}}', "package.json"),
        ("lerna.json", '{"packages": ["packages/a", "packages/b"]}', "package.json"),
        (
            "pnpm-workspace.yaml",
            "packages:\n  - 'packages/**/*'\n  - '!packages/c'\n",
            "package.json",
        ),
        (
            "pnpm-workspace.yaml",
            "packages:\n  - 'packages/a'\n  - packages/b # x\n",
            "package.json",
        ),
        (
            "Cargo.toml",
            '[workspace]\nmembers = ["packages/*"]\nexclude = ["packages/c"]',
            "Cargo.toml",
        ),
        ("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/[ab]"]', "pyproject.toml"),
        ("go.work", "use (\n\t./packages/a\n\t./packages/b\n)\n", "go.mod"),
        ("pom.xml", "<module>packages/a</module><module>packages/b</module>", "pom.xml"),
        ("settings.gradle.kts", 'include(":packages:a")\ninclude(":packages:b")\n', "build.gradle"),
    ],
)
def test_members_are_found_where_each_ecosystem_lists_them(
    path: str, text: str, manifest: str
) -> None:
    members = {
        f"packages/{name}/{file}": "" for name in "abc" for file in (manifest, "README.md", "x.txt")
    }
    assert folders({path: text, **members}) == ["packages/a", "packages/b"]


def test_tests_and_examples_are_no_packages() -> None:
    places = ("packages/a", "examples/b", "packages/a/test-fixtures", "playground/c")
    files = {f"{place}/{name}": "" for place in places for name in ("package.json", "README.md")}
    assert folders({"package.json": '{"workspaces": ["**"]}', **files}) == ["packages/a"]


def test_the_package_called_like_the_repository_speaks_for_it() -> None:
    files = {
        "package.json": '{"name": "@x/tea-root", "private": true, "workspaces": ["packages/*"]}',
        "packages/tea/package.json": npm("tea", description="Brews tea for everybody here."),
        "packages/tea/README.md": "# Tea\n\nBrews tea.\n",
        "packages/cup/package.json": npm("@x/cup", description="Holds tea."),
        "packages/cup/README.md": "# Cup\n\nHolds what was brewed before.\n",
    }
    found = packages_of(source_files(files))
    main = main_package(found, Facts(name="@x/tea-root"), "folder")
    assert main
    assert main.folder == "packages/tea"
    assert main_package(found, Facts(name="tea", install="pip install tea"), "tea") is None
    told = outline(files, "tea")
    assert told.summary == "Brews tea for everybody here."
    assert "Install: `npm install tea`" in told.facts
    assert [section.name for section in told.sections] == ["Docs", "cup"]


def workspace(count: int) -> dict[str, str]:
    files = {
        "package.json": '{"name": "tea", "version": "1", "workspaces": ["packages/*"]}',
        "README.md": "# Tea\n\nBrews tea for all of them.\n\nSee [last](packages/p2).\n",
    }
    for number in range(count):
        folder = f"packages/p{number}"
        summary = f"Does what part{number} has to do."
        files[f"{folder}/package.json"] = npm(f"@x/p{number}", description=summary)
        files[f"{folder}/README.md"] = "# P\n\nWords about a part of it.\n"
        files[f"{folder}/src/index.ts"] = (
            "export function boil() {}\nexport class LargeTeaKettle {}\n"
        )
        files[f"{folder}/src/kettle.ts"] = "/** Heats water for tea. */\nexport class K {}\n"
        files[f"{folder}/CHANGELOG.md"] = "# Changelog\n\nWords about every change.\n"
    return files


def test_a_few_packages_have_a_section_each() -> None:
    found = sections(workspace(3))
    assert list(found) == ["Docs", "p2", "p0", "p1"]
    assert found["Docs"] == ["README.md"]
    assert found["p0"] == [
        "packages/p0/README.md",
        "packages/p0/src/index.ts",
        "packages/p0/src/kettle.ts",
    ]


def test_many_packages_share_a_section_in_the_order_the_readme_mentions_them() -> None:
    found = sections(workspace(20))
    assert list(found) == ["Docs", "Packages"]
    assert found["Packages"][:3] == [f"packages/p{n}/README.md" for n in (2, 0, 1)]
    assert len(found["Packages"]) == 12


def test_a_package_is_called_by_its_name_and_described_by_its_manifest() -> None:
    links = outline(workspace(20)).sections[1].links
    assert (links[1].title, links[1].note) == ("@x/p0", "Does what part0 has to do.")


def test_packages_that_all_say_the_same_are_not_offered() -> None:
    files = workspace(8)
    for number in (3, 4, 5):
        files[f"packages/p{number}/package.json"] = npm("x", description="An internal part.")
    found = sections(files)
    assert list(found) == ["Docs", "p2", "p0", "p1", "p6", "p7"]


def test_nothing_is_linked_both_with_a_package_and_elsewhere() -> None:
    files = workspace(3)
    files["package.json"] = '{"name": "tea", "version": "1", "workspaces": ["packages/**"]}'
    files["packages/p0/inner/package.json"] = npm("inner", description="Pours tea out of it.")
    files["packages/p0/inner/README.md"] = "# Inner\n\nWords about the inner part of it.\n"
    files["mkdocs.yml"] = "docs_dir: packages\nnav:\n  - P1: p1/README.md\n"
    found = [link.path for link in outline(files).links()]
    assert len(found) == len({*found})
    assert {"packages/p1/README.md", "packages/p0/inner/README.md"} <= {*found}


def test_a_repository_of_nothing_but_packages_lists_them() -> None:
    files = {path: text for path, text in workspace(2).items() if path != "README.md"}
    assert list(sections(files)) == ["p0", "p1"]


def test_sections_of_any_name_are_well_formed_in_the_context() -> None:
    files = workspace(2)
    files["packages/p0/package.json"] = npm("@x/2 & more", description="Holds tea in it.")
    found = outline(files)
    parts = finish(excerpts(found, source_files(files)))
    root = ElementTree.fromstring(context(found, parts))
    assert [child.tag for child in root] == ["docs", "p1", "section-2-more"]


def test_many_packages_cost_little() -> None:
    start = time.process_time()
    files = {f"packages/{n}/package.json": npm(f"p{n}") for n in range(1000)}
    files |= {f"packages/{n}/src/{m}.ts": "" for n in range(1000) for m in range(10)}
    patterns = ", ".join('"packages/*"' for _ in range(500))
    packages_of(source_files({"package.json": f'{{"workspaces": [{patterns}]}}', **files}))
    assert time.process_time() - start < 3
