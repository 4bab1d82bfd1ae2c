from __future__ import annotations

from dataclasses import replace

import pytest
from sample_repositories import PROJECT, finish, source_files

from llmsdeck.bundle.choose import choose
from llmsdeck.bundle.outline import Link, Outline
from llmsdeck.bundle.score import material_measures
from llmsdeck.bundle.survey import Survey, survey
from llmsdeck.sources import Material, SourceKind
from llmsdeck.verdict import Measure

MATERIAL = Material(
    kind=SourceKind.FOLDER, name="tea", files=tuple(source_files(PROJECT).values()), skipped={}
)


@pytest.fixture(scope="module")
def found() -> Survey:
    return finish(survey(MATERIAL))


@pytest.fixture(scope="module")
def outline(found: Survey) -> Outline:
    return choose(MATERIAL, found).outline


def with_links(outline: Outline, *links: Link) -> Outline:
    return replace(outline, sections=(replace(outline.sections[0], links=links),))


def measured(name: str, outline: Outline, found: Survey) -> Measure:
    (measure,) = (m for m in material_measures(outline, MATERIAL, found) if m.name == name)
    return measure


def test_our_own_outline_of_a_good_project_has_all_points(outline: Outline, found: Survey) -> None:
    lost = [m for m in material_measures(outline, MATERIAL, found) if m.lost]
    assert lost == []


def test_a_summary_in_nobodys_words_is_not_the_projects(outline: Outline, found: Survey) -> None:
    boast = replace(outline, summary="Unleash synergies with this revolutionary paradigm.")
    assert measured("own words", boast, found).points == 0


def test_what_readers_look_for_and_do_not_find_is_named(outline: Outline, found: Survey) -> None:
    only = with_links(outline, *(x for x in outline.links() if x.path == "README.md"))
    measure = measured("coverage", only, found)
    assert measure.points is not None
    assert 0 < measure.points < 1
    assert "there is no link to the changelog, the licence, " in measure.reason


def test_links_to_tests_are_not_documentation(outline: Outline, found: Survey) -> None:
    test = Link(title="Test", path="tests/test_kettle.py", url="tests/test_kettle.py")
    measure = measured("precision", with_links(outline, *[*outline.links()][:3], test), found)
    assert measure.points == 0.75
    assert "'tests/test_kettle.py' is for tests" in measure.reason


def test_a_note_that_somebody_made_up_is_not_grounded(outline: Outline, found: Survey) -> None:
    first, *others = (link for link in outline.links() if link.note)
    made_up = replace(first, note="Launches rockets towards distant planets.")
    measure = measured("grounded", with_links(outline, made_up, *others), found)
    assert measure.points == len(others) / (len(others) + 1)
    assert f"the one on {first.path!r} does not" in measure.reason


def test_the_order_of_the_author_is_the_measure(outline: Outline, found: Survey) -> None:
    toured = [link for link in outline.links() if link.path in found.tour]
    assert len(toured) > 1
    backwards = with_links(
        outline, *reversed(sorted(toured, key=lambda x: [*found.tour].index(x.path)))
    )
    assert measured("order", backwards, found).points == 0


def test_without_an_authors_order_none_is_measured(outline: Outline, found: Survey) -> None:
    assert measured("order", outline, replace(found, tour={})).points is None
