"""Whatever strangers write, the bundle is sound."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from sample_repositories import finish, source_files

from llmsdeck.bundle.choose import choose
from llmsdeck.bundle.context import context
from llmsdeck.bundle.expand import excerpts, full_text
from llmsdeck.bundle.judge import judge_bundle, require
from llmsdeck.bundle.render import render
from llmsdeck.bundle.secrets import outline_without_secrets
from llmsdeck.bundle.survey import survey
from llmsdeck.model import ArtifactName
from llmsdeck.sources import Material, SourceKind

PATHS = [
    "README.md",
    "README.rst",
    "docs/index.md",
    "docs/index.rst",
    "docs/conf.py",
    "mkdocs.yml",
    "pyproject.toml",
    "package.json",
    "src/x/__init__.py",
    "src/x/a.py",
    "__init__.py",
    "examples/e.py",
    "CHANGELOG.md",
    "lib/a.js",
    "main.go",
    "Cargo.toml",
    "src/lib.rs",
    "book.toml",
    "src/SUMMARY.md",
    "docs/[a](b).md",
    "LICENSE",
    "setup.cfg",
    "docs/a.md",
    "docs/b.txt",
    "docs/c.adoc",
    "docs/d.ipynb",
    "docs/_quarto.yml",
    "docs/.vitepress/config.ts",
    "sidebars.js",
    "llms.txt",
    "mix.exs",
    "pom.xml",
    "LICENSE-MIT",
]
PACKAGES = [
    f"{folder}/{name}"
    for folder in ("p/a", "p/a/docs", "p/[b]", "p/docs", "p/&c")
    for name in ("package.json", "README.md", "index.ts", "docs/a.md", "LICENSE")
]
WORKSPACE = {"package.json": '{"name": "x", "private": true, "workspaces": ["p/**"]}'}
PIECES = (
    "# ", "## ", "\n", "\n\n", "---\n", "====\n", "```", "[a](b)", "](", "![", "<b>", "> ", "- ",
    ".. toctree::\n", "   a\n", ":::", " x.a", '"""', "class A:\n", "def f():\n", "\x1b[31m",
    "from .a import b\n", "\u202e", "nav:\n", "  - a: a.md\n", "title: x\n", "{", "|", "\\", "`",
    "word ", "Some words of prose here. ", "http://x ", "&lt;", "&#27;", "\x85", "\u2028", "\t",
    "description = ", "[project]\n", 'name = "]["\n', ":ref:`x <y>`", "]]>", "é", "__init__",
    '{"name": "', '"}', '"description": "', "- [A](docs/a.md): ", "export const a = 1\n", "{a}",
    "sidebar: [", "'a', ", "sidebar_position: 1\n", "/** ", " */\n", "ghp_" + "aB3dE6gH9k" * 4,
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=40).map("".join)


@settings(max_examples=150, derandomize=True)
@given(st.dictionaries(st.sampled_from(PATHS), TEXTS, min_size=1, max_size=8), TEXTS)
def test_every_source_gives_a_bundle_that_passes_its_gates(
    files: Mapping[str, str], name: str
) -> None:
    make_and_judge(files, name)


@settings(max_examples=100, derandomize=True)
@given(st.dictionaries(st.sampled_from(PACKAGES + PATHS), TEXTS, min_size=2, max_size=12), TEXTS)
def test_every_workspace_gives_a_bundle_that_passes_its_gates(
    files: Mapping[str, str], name: str
) -> None:
    make_and_judge({**files, **WORKSPACE}, name)


def make_and_judge(files: Mapping[str, str], name: str) -> None:
    material = Material(
        kind=SourceKind.FOLDER, name=name, files=tuple(source_files(files).values()), skipped={}
    )
    found = finish(survey(material))
    outline, _ = outline_without_secrets(choose(material, found).outline)
    parts = finish(excerpts(outline, material.by_path))
    texts = {
        ArtifactName.LLMS: render(outline),
        ArtifactName.LLMS_FULL: full_text(outline, parts),
        ArtifactName.LLMS_CTX: context(outline, parts),
    }
    verdict = judge_bundle(outline, material, found, texts)
    require(verdict)
    ElementTree.fromstring(texts[ArtifactName.LLMS_CTX])
    assert 0 <= verdict.score <= 100
