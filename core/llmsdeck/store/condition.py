"""Filters as SQL; what is derived is asked of the few runs that are being processed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from llmsdeck.filter import Filter, matches
from llmsdeck.filter.keys import WORD_KEYS, Comparison
from llmsdeck.filter.match import fold
from llmsdeck.filter.tree import All, Among, Between, Either, Not, Text
from llmsdeck.model import ID_LETTERS, Run
from llmsdeck.states import LIVE
from llmsdeck.store.questions import ASKS

WORDS: Final = {
    "status": "status",
    "outcome": "outcome",
    "phase": "phase",
    "error": "error_kind",
    "source": "source",
    "ref": "ref",
    "model": "model",
    "by": "requested_by",
    "worker": "worker_id",
    "id": "run_id",
    "parent": "parent_run",
}
"""Columns of the words that runs have."""
_NUMBERS: Final = {
    "age": "max(0, :now - created_ms) / 1000.0",
    "ended": "max(0, :now - finished_ms) / 1000.0",
    "took": "max(0, finished_ms - started_ms) / 1000.0",
    "score": "score",
    "attempt": "attempt",
    "priority": "priority",
    "size": "bundle_bytes",
}
_FLAGS: Final = {
    "live": "seq IN (SELECT seq FROM runs WHERE status = 'pending'"
    " UNION ALL SELECT seq FROM runs WHERE status = 'processing')",
    "ended": "finished_ms IS NOT NULL",
    "asking": f"seq IN (SELECT seq FROM runs WHERE status = 'pending' AND {ASKS})",
}
"""What `is:` asks of the row alone."""
_DERIVED: Final = frozenset({"beat", "stale", "orphan", "cancelling"})
"""What no column holds: a number and flags that only runs have that are being processed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A filter as it stands behind WHERE."""

    sql: str
    values: Mapping[str, object]
    """By the names of the parameters in it."""

    @classmethod
    def of(cls, filter: Filter, now_ms: int, processing: Sequence[Run] = ()) -> Condition:
        """The filter as SQL, given the runs that are being processed, as they are now."""
        writer = _Writer(now_ms, processing)
        return cls(sql=writer.write(filter), values=writer.values)

    def narrowed(self, sql: str, **values: object) -> Condition:
        """This and another one."""
        return Condition(sql=f"{sql} AND {self.sql}", values={**self.values, **values})


class _Writer:
    """Writes a filter as SQL, and every value in it as a parameter."""

    def __init__(self, now_ms: int, processing: Sequence[Run]) -> None:
        self.values: dict[str, object] = {"now": now_ms}
        self._now_ms = now_ms
        self._processing = processing

    def write(self, filter: Filter) -> str:
        match filter:
            case Text(text):
                return self._text(text)
            case Among(key, values):
                return _any([self._word(key, value) for value in values])
            case Between():
                return self._between(filter)
            case Not(operand):
                return f"({self.write(operand)}) IS NOT TRUE"
            case All(parts):
                return "(" + " AND ".join(map(self.write, parts)) + ")" if parts else "TRUE"
            case Either(parts):
                return _any([self.write(part) for part in parts])
            case _:
                assert_never(filter)

    def _text(self, text: str) -> str:
        part = self._contains(text)
        places = [f"source {part}"]
        # Most runs have neither, and to ask so is cheaper than to compare.
        places += [f"({it} IS NOT NULL AND {it} {part})" for it in ("ref", "error_message")]
        if ID_LETTERS.issuperset(fold(text)):
            begins = self._begins("run_id", text)
            # An index tells once whether any does, which usually spares asking every run.
            places.append(f"(EXISTS (SELECT 1 FROM runs WHERE {begins}) AND {begins})")
        return _any(places)

    def _word(self, key: str, value: str) -> str:
        if key == "is" and value in _DERIVED:
            return self._derived(Among(key, (value,)))
        if key == "is":
            return _FLAGS[value]
        if key == "status" and value in LIVE:
            return f"seq IN (SELECT seq FROM runs WHERE status = '{value}')"
        column = WORDS[key]
        match WORD_KEYS[key].comparison:
            case Comparison.WHOLE:
                return f"{column} = {self._parameter(value)} COLLATE NOCASE"
            case Comparison.PART:
                return f"{column} {self._contains(value)}"
            case Comparison.START:
                return self._begins(column, value)

    def _contains(self, text: str) -> str:
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"LIKE {self._parameter(f'%{escaped}%')}"
        # A comparison that knows no escape is the faster one.
        return like if escaped == text else f"{like} ESCAPE '\\'"

    def _begins(self, column: str, text: str) -> str:
        """Ids are of lower-case letters and digits, and an index knows their order."""
        start = self._parameter(fold(text))
        return f"({column} >= {start} AND {column} < {start} || '~')"

    def _between(self, wanted: Between) -> str:
        if wanted.key in _DERIVED:
            return self._derived(wanted)
        number, equal = _NUMBERS[wanted.key], "" if wanted.strict else "="
        ends = (
            "" if wanted.least is None else f"{number} >{equal} {self._parameter(wanted.least)}",
            "" if wanted.most is None else f"{number} <{equal} {self._parameter(wanted.most)}",
        )
        return f"({' AND '.join(filter(None, ends))})"

    def _derived(self, part: Filter) -> str:
        """The one predicate has told these runs' state; there is no second one in SQL."""
        found = [run.seq for run in self._processing if matches(part, run, self._now_ms)]
        return f"seq IN (SELECT value FROM json_each({self._parameter(json.dumps(found))}))"

    def _parameter(self, value: object) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def _any(parts: Sequence[str]) -> str:
    return f"({' OR '.join(parts)})"
