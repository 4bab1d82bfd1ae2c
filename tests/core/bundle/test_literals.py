from __future__ import annotations

import pytest

from llmsdeck.bundle.literals import Data, literal_after


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x = ['a', \"b\", `c`]", ["a", "b", "c"]),
        ("{a: 'x', 'b c': {d: ['y',],},}", {"a": "x", "b c": {"d": ["y"]}}),
        (r"['it\'s', 'a\\b']", ["it's", r"a\b"]),
        ("[f('a'), g, 1, true, 'a' + 'b', `x${y}`, ...z, 'kept']", ["kept"]),
        ("{a: f({b: 'c'}), d: x ? 'y' : 'z', m() { return {e: 'f'} }, g: 'h'}", {"g": "h"}),
        ("// [\n/* { */ ['a' /* ] */, // 'b'\n'c']", ["a", "c"]),
        ("['a' as const, 'b'] satisfies X", ["b"]),
        ("['never closed", ["never closed"]),
        ("no data", None),
    ],
)
def test_plain_data_is_read_and_nothing_else(text: str, data: Data) -> None:
    assert literal_after(text, 0) == data


def test_too_much_depth_is_no_data() -> None:
    assert literal_after("[" * 40 + "]" * 40, 0) is None
    assert literal_after("[" * 3 + "'a'" + "]" * 3, 0) == [[["a"]]]
