"""Reasoning in Dify's storage: bounded, expiring, and no reason for a call to fail."""

import json

import pytest

from models.reasoning_storage import KEPT_SECONDS, MAX_SLOT_BYTES, SLOTS, ReasoningStorage
from translation.reasoning import Reasoning

REASONING = Reasoning(
    [{"type": "thinking", "thinking": "hm", "signature": "s"}], "hm", [{"id": "r"}]
)


class Values(dict[str, bytes]):
    """What Dify's daemon keeps; a missing key is an error there too."""

    def get(self, key: str) -> bytes:  # type: ignore[override]
        return self[key]

    def set(self, key: str, val: bytes) -> None:
        self[key] = val


def test_it_comes_back_to_its_owner_for_a_day() -> None:
    now = [1000.0]
    storage = ReasoningStorage(Values(), clock=lambda: now[0])
    storage.keep("one", ["a", "b"], REASONING)
    assert storage.of("one", ["a", "b", "c"]) == {"a": REASONING, "b": REASONING}
    assert storage.of("two", ["a"]) == {}
    now[0] += KEPT_SECONDS
    assert storage.of("one", ["a"]) == {}


def test_it_stays_within_its_slots() -> None:
    now = [0.0]
    values = Values()
    storage = ReasoningStorage(values, clock=lambda: now[0])
    for number in range(300):
        now[0] += 1
        storage.keep("one", [f"call-{number}"], Reasoning(text="x" * 20_000))
    assert len(values) <= SLOTS
    assert max(map(len, values.values())) <= MAX_SLOT_BYTES
    assert storage.of("one", ["call-299"])
    storage.keep("one", ["large"], Reasoning(text="x" * MAX_SLOT_BYTES))
    assert storage.of("one", ["large"]) == {}


def test_expired_entries_go_when_a_slot_is_written() -> None:
    now = [0.0]
    values = Values()
    storage = ReasoningStorage(values, clock=lambda: now[0])
    storage.keep("one", ["a"], REASONING)
    (before,) = json.loads(next(iter(values.values())))
    now[0] += KEPT_SECONDS + 1
    for number in range(10 * SLOTS):
        storage.keep("one", [f"new-{number}"], REASONING)
    assert before not in {key for slot in values.values() for key in json.loads(slot)}


@pytest.mark.parametrize("garbage", [b"", b"[]", b"\xff", b'{"a": 1}', b'{"a": [1]}'])
def test_a_garbled_slot_is_an_empty_one(garbage: bytes) -> None:
    values = Values({f"reasoning-{number}": garbage for number in range(SLOTS)})
    storage = ReasoningStorage(values)
    assert storage.of("one", ["a"]) == {}
    storage.keep("one", ["a"], REASONING)
    assert storage.of("one", ["a"]) == {"a": REASONING}


def test_a_storage_that_is_refused_leaves_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Refused(Values):
        def set(self, key: str, val: bytes) -> None:
            raise PermissionError(key)

    ReasoningStorage(Refused()).keep("one", ["a"], REASONING)
    assert "Dify's storage does not keep reasoning: PermissionError" in caplog.text
