from __future__ import annotations

import time
from dataclasses import replace

from llmsdeck.bundle.diff import MOST_LINES, compare
from llmsdeck.bundle.expand import Excerpt, full_text
from llmsdeck.bundle.outline import Link, Outline, Section
from llmsdeck.bundle.published import Bundle
from llmsdeck.bundle.render import render
from llmsdeck.comparison import Change, Comparison
from llmsdeck.model import ArtifactName

OLD, NEW = "a" * 40, "b" * 40


def link(path: str, title: str = "", note: str = "") -> Link:
    url = f"https://forge.example/tea/blob/{OLD}/{path}"
    return Link(title=title or path.upper(), path=path, url=url, note=note)


def outline(**sections: list[Link]) -> Outline:
    return Outline(
        title="Tea",
        summary="Brews tea.",
        facts=("Version: 1",),
        sections=tuple(Section(name=name, links=tuple(links)) for name, links in sections.items()),
    )


def bundle(made: Outline, **texts: str) -> Bundle:
    """A bundle in which each file holds what is given for it, or its path."""
    excerpts = [
        Excerpt(link=x, section=s.name, text=t, characters=len(t))
        for s in made.sections
        for x in s.links
        for t in [texts.get(x.path, x.path)]
    ]
    contents = {
        ArtifactName.LLMS: render(made).encode(),
        ArtifactName.LLMS_FULL: full_text(made, excerpts).encode(),
    }
    return Bundle(subject="x", contents=contents)


def changes(before: Outline, after: Outline) -> list[tuple[Change, str, str, str]]:
    found = compare(bundle(before), bundle(after)).links
    return [(x.change, x.title, x.before, x.after) for x in found]


def at_new_commit(made: Outline) -> Outline:
    return replace(
        made,
        sections=tuple(
            replace(s, links=tuple(replace(x, url=x.url.replace(OLD, NEW)) for x in s.links))
            for s in made.sections
        ),
    )


ABC = [link("a"), link("b"), link("c")]


def test_a_bundle_is_equal_to_itself() -> None:
    comparison = compare(bundle(outline(Docs=ABC)), bundle(outline(Docs=ABC)))
    assert comparison.equal
    assert (comparison.kept, comparison.links, comparison.lines) == (3, (), ())


def test_another_commit_alone_changes_no_link() -> None:
    before = outline(Docs=ABC)
    comparison = compare(bundle(before), bundle(at_new_commit(before)))
    assert (comparison.equal, comparison.kept, comparison.links) == (False, 3, ())
    assert [size.same for size in comparison.sizes] == [True, False]


def test_links_come_and_go() -> None:
    assert changes(outline(Docs=ABC), outline(Docs=[*ABC[:2], link("d")])) == [
        (Change.REMOVED, "C", "Docs", ""),
        (Change.ADDED, "D", "", "Docs"),
    ]


def test_a_link_may_move_be_retitled_and_renoted_at_once() -> None:
    after = outline(Docs=ABC[:2], API=[link("c", "See", "Says more.")])
    assert changes(outline(Docs=ABC), after) == [
        (Change.MOVED, "See", "Docs", "API"),
        (Change.RETITLED, "See", "C", "See"),
        (Change.RENOTED, "See", "", "Says more."),
    ]


def test_of_an_order_that_changed_as_few_links_as_possible_have_moved() -> None:
    after = outline(Docs=[ABC[2], ABC[0], ABC[1]])
    assert changes(outline(Docs=ABC), after) == [
        (Change.MOVED, "C", "Docs, place 3", "Docs, place 1")
    ]


def test_an_added_link_moves_no_other() -> None:
    assert changes(outline(Docs=ABC), outline(Docs=[link("z"), *ABC])) == [
        (Change.ADDED, "Z", "", "Docs")
    ]


def test_sections_and_words_at_the_top() -> None:
    before = outline(Docs=ABC[:1], Old=ABC[1:])
    after = replace(outline(Docs=ABC[:1], API=ABC[1:]), title="Pot", facts=("Version: 2",))
    comparison = compare(bundle(before), bundle(after))
    assert [(s.change, s.name, s.links) for s in comparison.sections] == [
        (Change.REMOVED, "Old", 2),
        (Change.ADDED, "API", 2),
    ]
    assert [(t.what, t.before, t.after) for t in comparison.texts] == [
        ("title", "Tea", "Pot"),
        ("facts", "- Version: 1", "- Version: 2"),
    ]


def test_files_of_the_full_text_are_compared_one_by_one() -> None:
    before, after = outline(Docs=ABC[:2]), outline(Docs=ABC[1:])
    comparison = compare(bundle(before, b="one\ntwo\n"), bundle(after, b="one\n2\n"))
    assert [(f.change, f.path) for f in comparison.files] == [
        (Change.REMOVED, "a"),
        (Change.CHANGED, "b"),
        (Change.ADDED, "c"),
    ]
    start = comparison.lines.index("--- llms-full.txt: b")
    assert {" one", "-two", "+2"} <= set(comparison.lines[start:])


def test_the_text_is_bounded_and_says_what_is_missing() -> None:
    made = outline(Docs=ABC)
    long = "\n".join(map(str, range(5000)))
    lines = compare(bundle(made, a="x"), bundle(made, a=long)).lines
    assert len(lines) == MOST_LINES + 1
    assert lines[-1].endswith("more lines are left out]")


def test_a_file_alone_is_compared_by_its_links() -> None:
    texts = ["# T\n\n## A\n\n- [x](u): n\n- [x](u): n\n", "# T\n\n## A\n\n- [x](u): m\n"]
    before, after = (
        Bundle(subject=text, contents={ArtifactName.LLMS: text.encode()}) for text in texts
    )
    found = compare(before, after)
    assert [(x.change, x.before, x.after) for x in found.links] == [
        (Change.REMOVED, "A", ""),
        (Change.RENOTED, "n", "m"),
    ]
    assert found.scores == (0, 0)


def large(seed: int) -> Bundle:
    links = [link(f"f{n}") for n in range(50)]
    texts = {
        x.path: "\n".join(f"line {(seed + n * k) % 997} of it" for k in range(1500))
        for n, x in enumerate(links)
    }
    return bundle(outline(Docs=links), **texts)


def test_a_megabyte_of_changes_is_compared_in_time() -> None:
    before, after = large(1), large(2)
    assert len(before.contents[ArtifactName.LLMS_FULL]) > 1_000_000
    began = time.process_time()
    comparison: Comparison = compare(before, after)
    assert time.process_time() - began < 2
    assert len(comparison.files) == 50
