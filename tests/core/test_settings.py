from __future__ import annotations

import pytest

from llmsdeck.errors import UsageError
from llmsdeck.settings import (
    BEATS_BEFORE_STALE,
    SLOWEST_BEAT,
    Policy,
    changed_policy,
    parse_duration,
    write_duration,
    write_value,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.5, "0.5s"), (90, "90s"), (1800, "30m"), (129600, "36h"), (1209600, "14d")],
)
def test_a_duration_is_written_as_it_is_read(seconds: float, text: str) -> None:
    assert write_duration(seconds) == text
    assert parse_duration(text) == seconds


def test_every_default_can_be_typed_as_it_is_shown() -> None:
    typed = {key: write_value(key, value) for key, value in Policy().values().items()}
    assert changed_policy(Policy(), typed) == Policy()


def test_a_key_can_be_put_back() -> None:
    changed = changed_policy(Policy(), {"queue_cap": "7"})
    assert changed_policy(changed, {"queue_cap": "default"}) == Policy()


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("slots", "0", "slots must be from 1 to 1024, not 0."),
        ("slots", "many", "slots is a whole number, not 'many'."),
        ("slots", "2s", "slots is a whole number, not '2s'."),
        ("slots", "²", "slots is a whole number, not '²'."),
        ("heartbeat_interval", "0", "heartbeat_interval must be from 0.1s to 1m, not 0."),
        ("ttl_failed", "soon", "'soon' is not a duration"),
        ("queue", "5", "did you mean queue_cap?"),
        ("xyz", "5", "the keys are heartbeat_interval, stale_after"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(key: str, value: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")):
        changed_policy(Policy(), {key: value})


def test_silence_is_no_end_before_three_beats_are_missing() -> None:
    sentence = "3 × heartbeat_interval, and 30s is less than 3 × 20s; change both at once"
    with pytest.raises(UsageError, match=sentence):
        changed_policy(Policy(), {"heartbeat_interval": "20"})
    both = changed_policy(Policy(), {"heartbeat_interval": "20", "stale_after": "60"})
    assert (both.heartbeat_interval, both.stale_after) == (20, 60)


def test_no_limit_is_shorter_than_three_beats_of_a_run_process() -> None:
    with pytest.raises(UsageError, match="stale_after must be from 6s"):
        changed_policy(Policy(), {"heartbeat_interval": "1", "stale_after": "5"})
    assert BEATS_BEFORE_STALE * SLOWEST_BEAT == 6
