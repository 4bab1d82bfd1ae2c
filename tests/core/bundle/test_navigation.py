from __future__ import annotations

import time

from sample_repositories import source_files

from llmsdeck.bundle.navigation import navigation
from llmsdeck.bundle.tour import Stop, normal


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


def test_mkdocs_may_keep_its_navigation_in_a_file_of_its_own() -> None:
    files = {
        "mkdocs-common.yml": "docs_dir: manual\n",
        "mkdocs-nav.yml": 'nav:\n  - "b.md"\n  - a.md\n',
        "mkdocs.yml": "INHERIT: mkdocs-common.yml\n",
        "docs/a.md": "",
        "docs/b.md": "",
    }
    assert tour(files) == (Stop(path="docs/b.md"), Stop(path="docs/a.md"))


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
        ("book/text/preface.md", "Preface", "", 0),
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


def test_docusaurus_sidebars_are_read_as_data() -> None:
    stops = tour(
        {
            "website/sidebars.js": (
                "// [ a comment\nconst more = require('./more');\n"
                "module.exports = {\n"
                "  docs: [\n"
                "    'welcome', ...more, run('evil'),\n"
                "    { type: 'category', label: 'Guide', collapsed: false,\n"
                "      link: { type: 'doc', id: 'guide/index' },\n"
                "      items: ['guide/boil-water', {type: 'doc', id: 'guide/pour', label: `Pour`}]"
                ", },\n  ],\n  api: { Reference: ['kettle'] },\n};\n"
            ),
            "docs/welcome.md": "",
            "docs/guide/index.mdx": "",
            "docs/guide/01-Boil.md": "---\nid: boil-water\n---\n",
            "docs/guide/2-pour.md": "",
            "docs/kettle.md": "",
            "docs/evil.md": "",
        }
    )
    assert stops == (
        Stop(path="docs/welcome.md"),
        Stop(path="docs/guide/index.mdx", label="Guide"),
        Stop(path="docs/guide/01-Boil.md", group="Guide", depth=1),
        Stop(path="docs/guide/2-pour.md", label="Pour", group="Guide", depth=1),
        Stop(path="docs/kettle.md", group="Reference", depth=1),
    )


def test_docusaurus_documentation_may_live_elsewhere() -> None:
    files = {
        "site/sidebars.ts": "const sidebars: SidebarsConfig = {docs: ['a']};\nexport default x;",
        "site/docusaurus.config.ts": "presets: [['x', {docs: {path: '../manual'}}]]",
        "manual/a.md": "",
        "docs/b.md": "",
    }
    assert tour(files) == (Stop(path="manual/a.md"),)


def test_vitepress_sidebars_are_read_as_data() -> None:
    stops = tour(
        {
            "docs/.vitepress/config.ts": (
                "export default defineConfig({ themeConfig: {\n"
                "  nav: [{ text: 'X', link: '/x' }],\n"
                "  sidebar: {\n    '/guide/': [{ text: 'Guide', items: [\n"
                "      { text: 'Start', link: '/guide/' },\n"
                "      { text: 'Pour', link: '/guide/pour.html#top' }] }],\n"
                "    '/api/': [{ text: 'API', link: '/api' }] } } })\n"
            ),
            "docs/guide/index.md": "",
            "docs/guide/pour.md": "",
            "docs/api.md": "",
            "docs/x.md": "",
        }
    )
    assert stops == (
        Stop(path="docs/guide/index.md", label="Start", group="Guide", depth=1),
        Stop(path="docs/guide/pour.md", label="Pour", group="Guide", depth=1),
        Stop(path="docs/api.md", label="API"),
    )


def test_a_summary_needs_no_book() -> None:
    files = {"docs/SUMMARY.md": "* [Boil](boil.md)\n", "docs/boil.md": ""}
    assert tour(files) == (Stop(path="docs/boil.md", label="Boil"),)


def test_antora_navigation_files_are_followed() -> None:
    stops = tour(
        {
            "docs/antora.yml": "name: tea\nnav:\n- modules/ROOT/nav.adoc\n- modules/api/nav.adoc\n",
            "docs/modules/ROOT/nav.adoc": (
                ".Basics\n* xref:boil.adoc[Boiling]\n** xref:api:pour.adoc#top[]\n* Outlook\n"
            ),
            "docs/modules/api/nav.adoc": "* xref:kettle.adoc[]\n",
            "docs/modules/ROOT/pages/boil.adoc": "",
            "docs/modules/api/pages/pour.adoc": "",
            "docs/modules/api/pages/kettle.adoc": "",
        }
    )
    assert stops == (
        Stop(path="docs/modules/ROOT/pages/boil.adoc", label="Boiling", group="Basics"),
        Stop(path="docs/modules/api/pages/pour.adoc", group="Basics", depth=1),
        Stop(path="docs/modules/api/pages/kettle.adoc"),
    )


def test_lists_of_jekyll_lead_to_permalinks() -> None:
    stops = tour(
        {
            "docs/_data/docs_nav.yml": (
                "- title: Start\n  docs:\n    - link: /docs/\n    - title: Boil\n"
                "      link: /docs/boil/\n- title: Pour\n  url: /pour.html\n"
            ),
            "docs/_docs/index.md": "---\npermalink: /docs/\n---\n",
            "docs/_docs/boil.md": "",
            "docs/_pages/x.md": "---\npermalink: /pour\n---\n",
        }
    )
    assert stops == (
        Stop(path="docs/_docs/index.md", group="Start", depth=1),
        Stop(path="docs/_docs/boil.md", label="Boil", group="Start", depth=1),
        Stop(path="docs/_pages/x.md", label="Pour"),
    )


def test_lists_of_quarto_may_name_folders() -> None:
    files = {
        "nbs/_quarto.yml": (
            "website:\n  sidebar:\n    contents:\n      - text: Start\n        href: index.ipynb\n"
            "      - section: Tutorials\n        contents: tutorials\n"
        ),
        "nbs/index.ipynb": "",
        "nbs/tutorials/b.ipynb": "",
        "nbs/tutorials/a.qmd": "",
        "nbs/tutorials/index.qmd": "",
    }
    assert tour(files) == (
        Stop(path="nbs/index.ipynb", label="Start"),
        Stop(path="nbs/tutorials/a.qmd", group="Tutorials", depth=1),
        Stop(path="nbs/tutorials/b.ipynb", group="Tutorials", depth=1),
        Stop(path="nbs/tutorials/index.qmd", group="Tutorials", depth=1),
    )


def test_the_guides_of_an_elixir_project_keep_their_order() -> None:
    files = {
        "mix.exs": 'def extras do\n  ["guides/z.md", "CHANGELOG.md", "guides/a.md"]\nend\n',
        "guides/a.md": "",
        "guides/z.md": "",
        "CHANGELOG.md": "",
    }
    assert [s.path for s in tour(files)] == ["guides/z.md", "CHANGELOG.md", "guides/a.md"]


def test_pages_may_number_themselves() -> None:
    stops = tour(
        {
            "docs/a.md": "---\nsidebar_position: 10\n---\n",
            "docs/b.md": "---\nsidebar_position: 9\nsidebar_label: Bee\n---\n",
            "docs/guide/_category_.json": '{"label": "Guide", "position": 2}',
            "docs/guide/y.md": "---\nsidebar_position: 2\n---\n",
            "docs/guide/z.md": "---\nsidebar_position: 1\n---\n",
            "docs/last.md": "",
        }
    )
    assert [(s.path, s.label, s.depth) for s in stops] == [
        ("docs/guide/z.md", "", 1),
        ("docs/guide/y.md", "", 1),
        ("docs/b.md", "Bee", 0),
        ("docs/a.md", "", 0),
        ("docs/last.md", "", 0),
    ]


def test_few_numbered_pages_are_no_tour() -> None:
    files = {f"docs/{n}.md": "" for n in range(10)}
    numbered = {f"docs/n{n}.md": f"---\nweight: {n}\n---\n" for n in range(4)}
    assert tour({**files, **numbered}) == ()


def test_a_longer_tour_wins_over_a_stub() -> None:
    files = {
        "mkdocs.yml": "nav:\n  - a.md\n",
        "docs/a.md": "",
        "docs/SUMMARY.md": "- [A](a.md)\n- [B](b.md)\n- [C](c.md)\n",
        "docs/b.md": "",
        "docs/c.md": "",
    }
    assert [s.path for s in tour(files)] == ["docs/a.md", "docs/b.md", "docs/c.md"]


def test_hostile_sidebars_cost_little() -> None:
    start = time.process_time()
    for text in ("[" * 200_000, "{a:" * 70_000, "'\\" * 100_000, "/*" * 100_000, "`${" * 60_000):
        tour({"sidebars.js": f"module.exports = {{{text}", "docs/a.md": ""})
        tour({"docs/.vitepress/config.ts": f"sidebar: [{text}", "docs/a.md": ""})
    tour({"_quarto.yml": "".join(f"{' ' * (n % 60)}- a: b\n" for n in range(20_000))})
    assert time.process_time() - start < 3
