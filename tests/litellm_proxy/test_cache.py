import gc
import threading
import time
import weakref
from collections.abc import Callable

import pytest

from litellm_proxy.cache import Cached, ProxyCache
from litellm_proxy.errors import (
    Failure,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)

LATE = ProxyUnreachable(Failure.TOO_LONG, "http://h")
DOWN = ProxyUnreachable(Failure.REFUSED, "http://h")


def ask(
    cache: ProxyCache[str, int], key: str, load: Callable[[], int], wait_seconds: float = 5
) -> Cached[int]:
    return cache.get(key, load, wait_seconds, lambda: LATE)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ProxyCache[str, int]:
    return ProxyCache(kept_seconds=300, retry_seconds=30, max_size=3, clock=clock)


def raises(error: ProxyError) -> Callable[[], int]:
    def load() -> int:
        raise error

    return load


def never() -> int:
    pytest.fail("asked again")


def test_a_value_is_kept_for_its_time(cache: ProxyCache[str, int], clock: Clock) -> None:
    assert ask(cache, "a", lambda: 1) == Cached(1)
    assert ask(cache, "a", never) == Cached(1)
    clock.now += 301
    assert ask(cache, "a", lambda: 2) == Cached(2)


@pytest.mark.parametrize("status", [429, 500, 503, None])
def test_the_last_value_outlives_a_failure(
    cache: ProxyCache[str, int], clock: Clock, status: int | None
) -> None:
    ask(cache, "a", lambda: 1)
    clock.now += 301
    error = ProxyRejected(status=status, message="later")
    assert ask(cache, "a", raises(error)) == Cached(1, error)
    assert ask(cache, "a", never) == Cached(1, error)
    clock.now += 31
    assert ask(cache, "a", lambda: 2) == Cached(2)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_drops_the_value(
    cache: ProxyCache[str, int], clock: Clock, status: int
) -> None:
    ask(cache, "a", lambda: 1)
    clock.now += 301
    error = ProxyRejected(status=status, message="no")
    assert ask(cache, "a", raises(error)) == Cached(None, error)


def test_a_failure_is_not_repeated_at_once(cache: ProxyCache[str, int]) -> None:
    assert ask(cache, "a", raises(DOWN)) == Cached(None, DOWN)
    assert ask(cache, "a", never) == Cached(None, DOWN)


def test_many_at_once_ask_once(cache: ProxyCache[str, int]) -> None:
    asked: list[int] = []
    go = threading.Event()

    def load() -> int:
        asked.append(1)
        go.wait(5)
        return 7

    answers: list[Cached[int]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(cache, "a", load))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert answers == [Cached(7)] * 50


def test_a_load_that_is_late_has_failed_for_now_and_its_value_counts_later(
    cache: ProxyCache[str, int], clock: Clock
) -> None:
    go = threading.Event()

    def slow() -> int:
        go.wait(5)
        return 7

    assert ask(cache, "a", slow, 0.01) == Cached(None, LATE)
    # At once, although the load would take five seconds.
    assert ask(cache, "a", never) == Cached(None, LATE)
    clock.now += 31
    waiting: list[Cached[int]] = []
    later = threading.Thread(target=lambda: waiting.append(ask(cache, "a", never)))
    later.start()
    go.set()
    later.join()
    assert waiting == [Cached(7)]
    assert ask(cache, "a", never) == Cached(7)


def test_a_late_load_that_is_unauthorised_drops_the_value(
    cache: ProxyCache[str, int], clock: Clock
) -> None:
    ask(cache, "a", lambda: 1)
    clock.now += 301
    go = threading.Event()
    error = ProxyRejected(status=401, message="no")

    def slow() -> int:
        go.wait(5)
        raise error

    assert ask(cache, "a", slow, 0.01) == Cached(1, LATE)
    clock.now += 31
    go.set()
    for _ in range(500):
        if ask(cache, "a", never, 5) == Cached(None, error):
            return
        time.sleep(0.001)
    pytest.fail("the value is still there")


def test_an_old_value_is_given_while_a_new_one_is_fetched(
    cache: ProxyCache[str, int], clock: Clock
) -> None:
    ask(cache, "a", lambda: 1)
    clock.now += 301
    asked, go = threading.Event(), threading.Event()

    def slow() -> int:
        asked.set()
        go.wait(5)
        return 2

    first = threading.Thread(target=lambda: ask(cache, "a", slow))
    first.start()
    asked.wait(5)
    assert ask(cache, "a", never) == Cached(1)
    go.set()
    first.join()
    assert ask(cache, "a", never) == Cached(2)


def test_any_other_exception_is_a_failure_too(cache: ProxyCache[str, int]) -> None:
    answer = ask(cache, "a", lambda: 1 // 0)
    assert answer.value is None
    assert isinstance(answer.error, ProxyProtocolError)


def test_the_longest_unused_goes_first(cache: ProxyCache[str, int]) -> None:
    for number, key in enumerate("abc"):
        ask(cache, key, lambda number=number: number)  # type: ignore[misc]
    ask(cache, "a", never)
    ask(cache, "d", lambda: 9)
    assert ask(cache, "a", never) == Cached(0)
    assert ask(cache, "b", lambda: 8) == Cached(8)


def test_a_dropped_key_is_asked_again(cache: ProxyCache[str, int]) -> None:
    ask(cache, "a", lambda: 1)
    cache.drop("a")
    assert ask(cache, "a", lambda: 2) == Cached(2)


class Memory:
    """A cache of texts, each as large as it is long, that counts what it asks."""

    def __init__(self, room: int) -> None:
        self.now = 1000.0
        self.asked: list[str] = []
        self._cache: ProxyCache[str, str] = ProxyCache(300, 30, room, len, lambda: self.now)

    def get(self, key: str, load: Callable[[], str] | None = None) -> object:
        def asked() -> str:
            self.asked.append(key)
            return load() if load else key * 3

        found = self._cache.get(key, asked, 5, lambda: LATE)
        return found.error if found.value is None else found.value

    def start(self, key: str) -> None:
        def asked() -> str:
            self.asked.append(key)
            return key * 3

        self._cache.start(key, asked)

    def drop(self, key: str) -> None:
        self._cache.drop(key)

    def asks_again(self, key: str) -> bool:
        before = len(self.asked)
        self.get(key)
        return len(self.asked) > before


def test_what_fits_stays_and_the_longest_unused_goes_first() -> None:
    memory = Memory(9)
    for key in "abc":
        memory.get(key)
    memory.get("a")
    memory.get("d")
    assert memory.asked == ["a", "b", "c", "d"]
    assert not memory.asks_again("a")
    assert not memory.asks_again("d")
    assert memory.asks_again("b")


def test_exactly_full_is_not_too_full() -> None:
    memory = Memory(6)
    memory.get("a")
    memory.get("b")
    assert not memory.asks_again("a")
    assert not memory.asks_again("b")


def test_one_that_is_larger_than_all_room_is_kept_alone() -> None:
    memory = Memory(2)
    memory.get("a")
    assert not memory.asks_again("a")
    memory.get("b")
    assert not memory.asks_again("b")
    assert memory.asks_again("a")


def test_what_is_dropped_gives_its_room_back() -> None:
    memory = Memory(9)
    for _ in range(20):
        memory.get("a")
        memory.drop("a")
    memory.drop("unknown")
    for key in "abc":
        memory.get(key)
    assert not [key for key in "abc" if memory.asks_again(key)]


def test_what_goes_for_room_gives_its_room_back() -> None:
    memory = Memory(9)
    for key in "abcdefghij":
        memory.get(key)
    assert not [key for key in "hij" if memory.asks_again(key)]


def test_a_value_that_grows_or_shrinks_counts_as_it_is_now() -> None:
    memory = Memory(10)
    memory.get("a", lambda: "x" * 8)
    memory.now += 301
    memory.get("a", lambda: "x")
    memory.get("b")
    memory.get("c")
    assert not [key for key in "bc" if memory.asks_again(key)]
    memory.now += 301
    memory.get("b", lambda: "x" * 9)
    assert not memory.asks_again("b")
    # The others had to go.
    assert memory.asks_again("c")


def test_what_was_begun_before_is_not_asked_twice() -> None:
    memory = Memory(9)
    memory.start("a")
    assert memory.get("a") == "aaa"
    memory.start("a")
    assert memory.asked == ["a"]


def test_it_is_asked_again_at_the_end_of_its_time() -> None:
    memory = Memory(9)
    memory.get("a")
    memory.now += 299.9
    assert not memory.asks_again("a")
    memory.now += 0.1
    assert memory.asks_again("a")


def test_a_refusal_drops_the_value_and_another_error_keeps_it() -> None:
    memory = Memory(9)
    memory.get("a")
    memory.now += 301

    def refused(status: int) -> Callable[[], str]:
        def load() -> str:
            raise ProxyRejected(status=status, message="no")

        return load

    assert memory.get("a", refused(500)) == "aaa"
    memory.now += 31
    assert isinstance(memory.get("a", refused(401)), ProxyRejected)


def test_a_fault_of_our_own_is_told_by_its_name() -> None:
    def broken() -> str:
        raise KeyError("a secret")

    error = Memory(9).get("a", broken)
    assert isinstance(error, ProxyProtocolError)
    assert str(error) == "KeyError"


@pytest.mark.parametrize("count", [1, 50])
def test_every_key_takes_room_even_without_a_value(count: int) -> None:
    memory = Memory(3)

    def empty() -> str:
        return ""

    for number in range(count):
        memory.get(f"k{number}", empty)
    assert not memory.asks_again(f"k{count - 1}")
    if count > 3:
        assert memory.asks_again("k0")


class Body:
    """Stands for an answer that could not be read, however large."""


def test_a_failure_that_is_remembered_keeps_nothing_of_the_answer() -> None:
    """A traceback holds its frames, and those of its cause: megabytes for each key."""
    memory = Memory(10)
    bodies: list[weakref.ref[Body]] = []

    def load() -> str:
        body = Body()
        bodies.append(weakref.ref(body))
        message = "it cannot be read"
        try:
            int(str(body))
        except ValueError as error:
            raise ProxyProtocolError(message) from error
        return message

    assert isinstance(memory.get("a", load), ProxyProtocolError)
    gc.collect()
    assert bodies[0]() is None
