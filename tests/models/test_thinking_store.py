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
    store.keep("a", ["1", "2"], Reasoning([BLOCK]))
    assert store.of("a", ["1", "2", "3"]) == {"1": Reasoning([BLOCK]), "2": Reasoning([BLOCK])}
    assert store.of("b", ["1"]) == {}
    clock.now = 11
    assert store.of("a", ["1"]) == {}


def test_the_store_is_bounded_by_number_and_by_size() -> None:
    by_number = ThinkingStore(max_calls=3)
    by_size = ThinkingStore(max_characters=10 * len(str(BLOCK)))
    for number in range(100):
        by_number.keep("a", [str(number)], Reasoning([BLOCK]))
        by_size.keep("a", [str(number)], Reasoning([BLOCK]))
    everything = [str(number) for number in range(100)]
    assert list(by_number.of("a", everything)) == ["97", "98", "99"]
    assert len(by_size.of("a", everything)) == 10


def test_a_kept_call_is_replaced_and_nothing_is_kept_for_nothing() -> None:
    store = ThinkingStore()
    store.keep("a", ["1"], Reasoning([BLOCK]))
    store.keep("a", ["1"], Reasoning([NEW]))
    store.keep("a", ["2"], Reasoning())
    assert store.of("a", ["1", "2"]) == {"1": Reasoning([NEW])}
