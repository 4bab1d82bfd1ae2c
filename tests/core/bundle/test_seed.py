from __future__ import annotations

import pytest
from sample_repositories import PROJECT, finish, source_files

from llmsdeck.bundle.choose import choose
from llmsdeck.bundle.outline import Outline, SectionName
from llmsdeck.bundle.seed import Seed, read_seed
from llmsdeck.bundle.survey import survey
from llmsdeck.sources import Material, SourceKind

TEXT = """# Tea

> Brews *tea*, and explains why it refuses to brew coffee.

## Docs

- [Zest](docs/zest.md): Why lemon matters so much.
- [Gone](docs/gone.md): No longer there.
- [Other](https://other.example/docs/guide): Of another project.

## API reference

- [The kettle](https://tea.example/en/api/kettle.html): Everything that a kettle can do.

## Optional

* [Guide](https://github.com/o/tea/blob/main/docs/guide.md)
"""


def seed(text: str, **files: str) -> Seed:
    names = {"llms.txt": text, **PROJECT, **files}
    return read_seed(source_files(names), "tea", "https://www.tea.example/en/")


def outline(text: str) -> Outline:
    site = '[project.urls]\nDocumentation = "https://tea.example/en/"\n'
    text = text.replace("## API", "- [Mute](docs/mute.md)\n\n## API")
    names = {**PROJECT, "llms.txt": text, "docs/mute.md": "# Mute\n"}
    names["pyproject.toml"] = PROJECT["pyproject.toml"] + site
    files = tuple(source_files(names).values())
    found = Material(kind=SourceKind.FOLDER, name="tea", files=files, skipped={})
    return choose(found, finish(survey(found))).outline


def test_links_whose_targets_are_still_there_are_kept_in_order() -> None:
    found = seed(TEXT)
    assert found.summary == "Brews tea, and explains why it refuses to brew coffee."
    assert [(path, link.title, link.section) for path, link in found.links.items()] == [
        ("docs/zest.md", "Zest", SectionName.DOCS),
        ("docs/api/kettle.md", "The kettle", SectionName.API),
        ("docs/guide.md", "Guide", SectionName.OPTIONAL),
    ]


def test_a_file_whose_links_are_mostly_dead_is_no_seed() -> None:
    assert seed(TEXT.replace("docs/zest.md", "x.md")) == Seed()


@pytest.mark.parametrize(
    "url",
    [
        "https://raw.githubusercontent.com/o/tea/refs/heads/main/docs/guide.md",
        "https://gitlab.com/o/tea/-/blob/main/docs/guide.md",
        "https://tea.example/en/guide/",
        "https://www.tea.example/en/guide.html.md",
        "/docs/guide.md",
        "./docs/../docs/guide.md",
    ],
)
def test_an_address_leads_to_its_file(url: str) -> None:
    text = TEXT.replace("https://github.com/o/tea/blob/main/docs/guide.md", url)
    assert [*seed(text).links][-1] == "docs/guide.md"


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/o/coffee/blob/main/docs/guide.md",
        "https://elsewhere.example/en/guide/",
        "https://tea.example/en/twice/",
        "https://[broken/guide",
        "https://\u2100.example/guide",
        "../../../etc/passwd",
    ],
)
def test_an_address_that_may_be_another_ones_leads_nowhere(url: str) -> None:
    text = TEXT.replace("https://github.com/o/tea/blob/main/docs/guide.md", url)
    more = f"- [More](README.md)\n\n## More\n\n- [G]({url})\n"
    found = seed(text + more, **{"docs/twice.md": "", "docs/a/twice.md": "", "docs/b/guide.md": ""})
    assert [*found.links] == ["docs/zest.md", "docs/api/kettle.md", "README.md"]


def test_the_outline_keeps_what_the_author_wrote() -> None:
    found = outline(TEXT)
    paths = {section.name: [link.path for link in section.links] for section in found.sections}
    assert found.summary == "Brews tea, and explains why it refuses to brew coffee."
    assert "docs/mute.md" in paths["Docs"]
    assert paths["Docs"][:2] == ["README.md", "docs/zest.md"]
    assert paths["Optional"] == ["docs/guide.md", "CHANGELOG.md", "LICENSE"]
    zest = next(link for link in found.links() if link.path == "docs/zest.md")
    assert (zest.title, zest.note) == ("Zest", "Why lemon matters so much.")
