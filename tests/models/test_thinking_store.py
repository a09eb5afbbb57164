from models.thinking_store import ThinkingStore
from translation.reasoning import Reasoning

BLOCK = {"type": "thinking", "thinking": "hm", "signature": "s"}
NEW = {**BLOCK, "thinking": "new"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_blocks_are_kept_by_call_and_owner_for_a_time() -> None:
    clock = Clock()
    store = ThinkingStore(kept_seconds=10, clock=clock)
    store.keep("a", "q", ["1", "2"], Reasoning([BLOCK]))
    assert store.of("a", "q", ["1", "2", "3"]) == {"1": Reasoning([BLOCK]), "2": Reasoning([BLOCK])}
    assert store.of("b", "q", ["1"]) == {}
    clock.now = 11
    assert store.of("a", "q", ["1"]) == {}


def test_the_store_is_bounded_by_number_and_by_size() -> None:
    by_number = ThinkingStore(max_calls=3)
    by_size = ThinkingStore(max_characters=10 * len(str(BLOCK)))
    for number in range(100):
        by_number.keep("a", "q", [str(number)], Reasoning([BLOCK]))
        by_size.keep("a", "q", [str(number)], Reasoning([BLOCK]))
    everything = [str(number) for number in range(100)]
    assert list(by_number.of("a", "q", everything)) == ["97", "98", "99"]
    assert len(by_size.of("a", "q", everything)) == 10


def test_a_kept_call_is_replaced_and_nothing_is_kept_for_nothing() -> None:
    store = ThinkingStore()
    store.keep("a", "q", ["1"], Reasoning([BLOCK]))
    store.keep("a", "q", ["1"], Reasoning([NEW]))
    store.keep("a", "q", ["2"], Reasoning())
    assert store.of("a", "q", ["1", "2"]) == {"1": Reasoning([NEW])}


def test_a_call_that_is_called_like_another_has_its_own_reasoning() -> None:
    store = ThinkingStore()
    store.keep("a", "first", ["functions.get:0"], Reasoning([BLOCK]))
    store.keep("a", "second", ["functions.get:0"], Reasoning([NEW]))
    assert store.of("a", "first", ["functions.get:0"]) == {"functions.get:0": Reasoning([BLOCK])}
    assert store.of("a", "second", ["functions.get:0"]) == {"functions.get:0": Reasoning([NEW])}
    # Dify has changed what was asked: the last of the same caller, and never another's.
    assert store.of("a", "changed", ["functions.get:0"]) == {"functions.get:0": Reasoning([NEW])}
    assert store.of("b", "second", ["functions.get:0"]) == {}


def test_what_was_dropped_is_nobodys_last() -> None:
    store = ThinkingStore(max_calls=1)
    store.keep("a", "first", ["1"], Reasoning([BLOCK]))
    store.keep("a", "second", ["2"], Reasoning([NEW]))
    assert store.of("a", "changed", ["1", "2"]) == {"2": Reasoning([NEW])}
    assert len(store._last) == 1
