from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, reject
from hypothesis import strategies as st

from llmsdeck.errors import FilterError, UsageError
from llmsdeck.filter import EVERYTHING, Filter, Order, both, matches, parse
from llmsdeck.filter.keys import FLAGS, KEYS, NUMBER_KEYS, WORD_KEYS
from llmsdeck.filter.order import ORDERS, Place
from llmsdeck.filter.parse import DEEPEST, LONGEST, MOST_PARTS
from llmsdeck.filter.tree import All, Among, Between, Either, Not, Text
from llmsdeck.model import Actor, ActorKind, Artifact, ArtifactName, Run, RunId
from llmsdeck.states import ErrorKind, RunStatus

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def run(**changes: Any) -> Run:
    facts: dict[str, Any] = {
        "seq": 1,
        "run_id": RunId("7f3k2a0000"),
        "source": "/srv/pallets/Flask",
        "requested_by": Actor(ActorKind.AGENT, "ada"),
        "status": RunStatus.FAILED,
        "max_attempts": 3,
        "created_at": moment(NOW_MS - HOUR_MS),
        "updated_at": moment(NOW_MS),
    }
    return Run(**facts | changes)


def lets_through(line: str, **changes: Any) -> bool:
    return matches(parse(line), run(**changes), NOW_MS)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", EVERYTHING),
        ("flask", Text("flask")),
        ("status:failed,Cancelled", Among("status", ("failed", "cancelled"))),
        ("a b", All((Text("a"), Text("b")))),
        ("a OR b c", Either((Text("a"), All((Text("b"), Text("c")))))),
        ("a (b OR c)", All((Text("a"), Either((Text("b"), Text("c")))))),
        ("-a", Not(Text("a"))),
        ("--a", Text("a")),
        ("-(a b)", Not(All((Text("a"), Text("b"))))),
        ("docs-site", Text("docs-site")),
        ('"two words"', Text("two words")),
        ('source:"a, b",c', Among("source", ("a, b", "c"))),
        ('"status:failed"', Text("status:failed")),
        ("https://host/flask", Text("https://host/flask")),
        ("age>1h", Between("age", 3600, None, strict=True)),
        ("took<=5m", Between("took", None, 300)),
        ("age:1h..2d", Between("age", 3600, 172_800)),
        ("score:80..", Between("score", 80, None)),
        ("priority:-1..5", Between("priority", -1, 5)),
        ("attempt=2", Between("attempt", 2, 2)),
        ("size>1.5MB", Between("size", 1_500_000, None, strict=True)),
    ],
)
def test_a_line_is_read_as(line: str, found: Filter) -> None:
    assert parse(line) == found


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("statsu:failed", 1, "no key 'statsu'; did you mean status?"),
        ("flask status:fialed", 14, "did you mean failed?"),
        ("outcome:zzz", 9, "known are good, degraded, unchanged"),
        ("status:failed,", 15, "nothing to look for"),
        ("source:", 8, "value is missing"),
        ("score:ten", 7, "'ten' is not a number"),
        ("a age>soon", 7, "'soon' is not a duration"),
        ("size>1XB", 6, "is not a size"),
        ("score:..", 7, "needs an end"),
        ("score:1..x", 10, "'x' is not a number"),
        ("age:2d..1h", 5, "ends before it begins"),
        ("status>failed", 1, "not a number; write status:VALUE"),
        ('a "b', 3, "quote is not closed"),
        ("(a", 1, "parenthesis is not closed"),
        ("a)", 2, "Nothing is open"),
        ("a OR", 5, "is missing"),
        ("OR a", 1, "is missing"),
        ("()", 2, "is missing"),
        ("a -", 4, "is missing"),
        ('""', 1, "nothing to look for"),
        ("a\0b", 2, "not text"),
        ("a\ud800", 2, "not text"),
        ("a" * (LONGEST + 1), LONGEST + 1, "characters at most"),
        ("(" * (DEEPEST + 1), DEEPEST + 1, "parentheses"),
        ("ref:" + ",".join("{" * 400), 1, "Written out"),
        ("a " * (MOST_PARTS + 1), 2 * MOST_PARTS + 1, "parts at most"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(line: str, column: int, sentence: str) -> None:
    with pytest.raises(FilterError) as told:
        parse(line)
    assert (told.value.column, told.value.facts()) == (column, {"column": column})
    assert sentence in str(told.value)


def test_every_key_is_known_by_exactly_one_kind() -> None:
    assert sorted(KEYS) == sorted({*WORD_KEYS, *NUMBER_KEYS})


def test_every_key_order_and_flag_is_documented_with_a_line_that_can_be_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "filters.md").read_text()
    told = re.findall(r"`([^`]+)`", page)
    parts = [line for line in told if re.match(r"[a-z]+[:<>]", line)]
    assert {re.split("[:<>]", line)[0] for line in map(str, map(parse, parts))} == set(KEYS)
    assert {f"is:{flag}" for flag in FLAGS} | set(ORDERS) <= set(told)


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("FLASK", {}),
        ("7F3K", {}),
        ("main", {"ref": "MAIN-line"}),
        ("disk", {"error_message": "The Disk is full."}),
        ("source:flask", {}),
        ("source:django,flask", {}),
        ("ref:Main", {"ref": "main"}),
        ("by:agent", {}),
        ("by:ada", {}),
        ("id:7f3k", {}),
        ("error:timeout", {"error_kind": ErrorKind.TIMEOUT}),
        ("is:ended -is:live", {}),
        ("is:stale,orphan", {"orphan": True}),
        ("age>=1h age<61m", {}),
        ("-score>80", {"score": None}),
        ("size:17B", {"artifacts": (Artifact(name=ArtifactName.LLMS, path="", size_bytes=17,
                                             hash_sha256=""),)}),
        ("took:30s", {"started_at": moment(NOW_MS - 40_000),
                      "finished_at": moment(NOW_MS - 10_000)}),
        ("ended:10s", {"finished_at": moment(NOW_MS - 10_000)}),
        ("status:completed OR flask", {}),
    ],
)  # fmt: skip
def test_a_filter_lets_a_run_through(line: str, changes: dict[str, Any]) -> None:
    assert lets_through(line, **changes)


@pytest.mark.parametrize(
    ("line", "changes"),
    [
        ("f3k", {}),
        ("ref:main", {"ref": "maintenance"}),
        ("ref:main", {"ref": None}),
        ("is:live", {}),
        ("age>1h", {}),
        ("score<80", {"score": None}),
        ("took<1h", {"started_at": moment(NOW_MS)}),
        ("beat>30s", {}),
        ("flask django", {}),
        ("-flask", {}),
        ("-(flask OR django)", {}),
    ],
)
def test_a_filter_keeps_a_run_back(line: str, changes: dict[str, Any]) -> None:
    assert not lets_through(line, **changes)


texts = st.text(
    st.one_of(
        st.sampled_from(string.ascii_letters + string.digits + " -:,.<>=()%_*\\'\nOR"),
        st.characters(exclude_characters='"\0', exclude_categories=["Cs"]),
    ),
    min_size=1,
    max_size=8,
)
numbers = st.decimals(0, 99_999, places=3).map(float)


@st.composite
def betweens(draw: st.DrawFn) -> Between:
    key = draw(st.sampled_from(sorted(NUMBER_KEYS)))
    first, second = (float(round(draw(numbers))) if key == "size" else draw(numbers) for _ in "ab")
    least, most = min(first, second), max(first, second)
    match draw(st.integers(0, 2)):
        case 0:
            return Between(key, least, most)
        case 1:
            return Between(key, least, None, draw(st.booleans()))
        case _:
            return Between(key, None, most, draw(st.booleans()))


@st.composite
def amongs(draw: st.DrawFn) -> Among:
    key = draw(st.sampled_from(sorted(WORD_KEYS)))
    choices = WORD_KEYS[key].choices
    values = st.sampled_from(choices).map(str) if choices else texts
    return Among(key, tuple(draw(st.lists(values, min_size=1, max_size=3))))


terms = st.one_of(texts.map(Text), amongs(), betweens())
lines = st.recursive(
    terms.map(str),
    lambda inner: st.one_of(
        inner.map(lambda line: f"-({line})"),
        st.tuples(inner, inner).map(lambda two: f"{two[0]} ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) OR {two[1]}"),
    ),
    max_leaves=8,
)


@given(terms)
@example(Text("OR"))
@example(Text("-a"))
def test_each_part_reads_as_it_is_written(part: Filter) -> None:
    assert parse(str(part)) == part


@given(lines)
def test_a_filter_written_out_reads_as_the_same_filter(line: str) -> None:
    try:
        found = parse(line)
    except FilterError:
        reject()  # too long
    assert parse(str(found)) == found
    assert str(parse(str(found))) == str(found)


@given(st.text(max_size=1200) | st.text('ab"()-: ,.<>=OR1hs\0\ud800', max_size=1200))
def test_no_line_does_worse_than_being_refused(line: str) -> None:
    try:
        found = parse(line)
    except UsageError:
        return
    assert parse(str(found)) == found


@pytest.mark.parametrize("value", [5, None, 0])
@pytest.mark.parametrize("sort", ["score", "-score", "score,-source", "status,score,-created"])
def test_a_cursor_leads_back_to_its_place(sort: str, value: int | None) -> None:
    order = Order.parse(sort)
    words = ("status", "source")
    place = Place(tuple("x" if name in words else value for name in order.names), 7)
    assert order.read_cursor(order.cursor(place)) == place
    with pytest.raises(UsageError, match="not a cursor"):
        Order.parse("finished").read_cursor(order.cursor(place))


@pytest.mark.parametrize(
    ("sort", "advice"),
    [
        ("scroe", "by 'scroe'; did you mean score?"),
        ("status,sorce", "by 'sorce'; did you mean source?"),
        ("status,,source", "by ''; choose from created, age, finished"),
        ("status,-status", "by status twice; leave one out"),
        ("created,status", "No two runs are equal by created, so status would decide nothing"),
        ("status,-created,age", "put created last"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_what_to_do(sort: str, advice: str) -> None:
    with pytest.raises(UsageError) as refusal:
        Order.parse(sort)
    assert advice in str(refusal.value)


def test_an_order_reads_as_it_is_written_and_turns_round_whole() -> None:
    order = Order.parse(" -status, source ,created")
    assert str(order) == "-status,source,created"
    assert str(order.turned()) == "status,-source,-created"
    assert order.turned().turned() == order


def test_both_lines_hold_whatever_they_are() -> None:
    assert both("a OR b", "is:live") == "(a OR b) is:live"
    assert both("", "is:live") == "is:live"
    with pytest.raises(FilterError, match="column 8"):
        both("status:x", "is:live")
