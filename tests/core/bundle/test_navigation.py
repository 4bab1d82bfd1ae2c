from __future__ import annotations

import time

from sample_repositories import source_files

from llmsdeck.bundle.navigation import Stop, navigation, normal


def tour(files: dict[str, str]) -> tuple[Stop, ...]:
    return navigation(source_files(files))


def test_mkdocs_gives_order_labels_and_groups() -> None:
    stops = tour(
        {
            "mkdocs.yml": (
                "site_name: x\n\nnav:\n"
                "- Home: index.md # the start\n"
                "- 'User: guide':\n"
                '    - "Boiling": guide/boil.md\n'
                "    # a comment\n"
                "    - guide/pour.md\n"
                "    - Deep:\n"
                "      - Deeper: guide/deep.md\n"
                "- Web: https://x.example/\n"
                "- Reference: api/\n"
                "theme:\n  name: x\n"
            ),
            "docs/index.md": "",
            "docs/guide/boil.md": "",
            "docs/guide/pour.md": "",
            "docs/guide/deep.md": "",
            "docs/api/b.md": "",
            "docs/api/a.md": "",
            "docs/other.md": "",
        }
    )
    assert stops == (
        Stop(path="docs/index.md", label="Home"),
        Stop(path="docs/guide/boil.md", label="Boiling", group="User: guide", depth=1),
        Stop(path="docs/guide/pour.md", group="User: guide", depth=1),
        Stop(path="docs/guide/deep.md", label="Deeper", group="User: guide", depth=2),
        Stop(path="docs/api/a.md", group="Reference", depth=1),
        Stop(path="docs/api/b.md", group="Reference", depth=1),
    )


def test_mkdocs_documentation_may_live_elsewhere() -> None:
    files = {"mkdocs.yml": "docs_dir: 'manual'\nnav:\n  - a.md\n", "manual/a.md": ""}
    assert tour(files) == (Stop(path="manual/a.md"),)


def test_yaml_beyond_the_subset_ends_the_tour() -> None:
    files = {"mkdocs.yml": "nav:\n  - a.md\n  - &anchor {x: y}\n  b\n  - c.md\n"}
    assert [s.path for s in tour({**files, "docs/a.md": "", "docs/c.md": ""})] == ["docs/a.md"]


def test_a_navigation_cannot_lead_outside() -> None:
    assert tour({"mkdocs.yml": "nav:\n  - ../../../etc/passwd\n", "docs/a.md": ""}) == ()
    assert normal("/a/./b/../../../c") == "c"


def test_sphinx_is_followed_depth_first_with_captions() -> None:
    stops = tour(
        {
            "docs/conf.py": "",
            "docs/index.rst": (
                "Welcome\n=======\n\nGuide\n-----\n\n.. toctree::\n   :maxdepth: 2\n\n"
                "   install\n   Tea time <tea/index>\n   self\n\n"
                ".. toctree::\n   :caption: Reference\n   :glob:\n\n   /api/*\n"
            ),
            "docs/install.rst": "",
            "docs/tea/index.rst": ".. toctree::\n\n   green\n   ../install\n   ../index\n",
            "docs/tea/green.rst": "",
            "docs/api/b.rst": "",
            "docs/api/a.md": "",
        }
    )
    assert stops == (
        Stop(path="docs/install.rst", group="Guide"),
        Stop(path="docs/tea/index.rst", label="Tea time", group="Guide"),
        Stop(path="docs/tea/green.rst", group="Guide", depth=1),
        Stop(path="docs/api/a.md", group="Reference"),
        Stop(path="docs/api/b.rst", group="Reference"),
    )


def test_myst_toctrees_are_read() -> None:
    files = {
        "docs/conf.py": "",
        "docs/index.md": "# Guide\n\n```{toctree}\n:maxdepth: 1\n\na\nB <b>\n```\n\nafter\n",
        "docs/a.md": "",
        "docs/b.md": "",
        "docs/after.md": "",
    }
    assert tour(files) == (
        Stop(path="docs/a.md", group="Guide"),
        Stop(path="docs/b.md", label="B", group="Guide"),
    )


def test_mdbook_summaries_are_read() -> None:
    stops = tour(
        {
            "book/book.toml": '[book]\nsrc = "text"\n',
            "book/text/SUMMARY.md": (
                "# Summary\n\n[Preface](preface.md)\n\n# Basics\n\n- [Boil](boil.md)\n"
                "  - [Pour](pour.md)\n- [Draft]()\n"
            ),
            "book/text/preface.md": "",
            "book/text/boil.md": "",
            "book/text/pour.md": "",
        }
    )
    assert [(s.path, s.label, s.group, s.depth) for s in stops] == [
        ("book/text/preface.md", "Preface", "Summary", 0),
        ("book/text/boil.md", "Boil", "Basics", 0),
        ("book/text/pour.md", "Pour", "Basics", 1),
    ]


def test_hostile_navigations_cost_little() -> None:
    start = time.process_time()
    many = {f"docs/{n}.rst": "" for n in range(2000)}
    globs = ".. toctree::\n   :glob:\n\n" + "   *a*\n" * 50_000
    tour({**many, "docs/conf.py": "", "docs/index.rst": globs * 2})
    tour({"docs/conf.py": "", "docs/index.md": "```{toctree}\n" * 60_000})
    tour({"mkdocs.yml": "nav:\n" + "".join(f"{' ' * (n % 900)}- a:\n" for n in range(2000))})
    assert time.process_time() - start < 2
