import threading
import time
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
