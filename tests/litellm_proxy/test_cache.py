import threading
from collections.abc import Callable

import pytest

from litellm_proxy.cache import Answer, ProxyCache
from litellm_proxy.errors import Failure, ProxyError, ProxyRejected, ProxyUnreachable

DOWN = ProxyUnreachable(Failure.REFUSED, "http://h")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ProxyCache[str, int]:
    return ProxyCache(kept_seconds=300, retry_seconds=30, max_entries=3, clock=clock)


def raises(error: ProxyError) -> Callable[[], int]:
    def load() -> int:
        raise error

    return load


def never() -> int:
    pytest.fail("asked again")


def test_a_value_is_kept_for_its_time(cache: ProxyCache[str, int], clock: Clock) -> None:
    assert cache.get("a", lambda: 1, 0) == Answer(1)
    assert cache.get("a", never, 0) == Answer(1)
    clock.now += 301
    assert cache.get("a", lambda: 2, 0) == Answer(2)


@pytest.mark.parametrize("status", [429, 500, 503, None])
def test_the_last_value_outlives_a_failure(
    cache: ProxyCache[str, int], clock: Clock, status: int | None
) -> None:
    cache.get("a", lambda: 1, 0)
    clock.now += 301
    error = ProxyRejected(status=status, message="later")
    assert cache.get("a", raises(error), 0) == Answer(1, error)
    assert cache.get("a", never, 0) == Answer(1, error)
    clock.now += 31
    assert cache.get("a", lambda: 2, 0) == Answer(2)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_drops_the_value(
    cache: ProxyCache[str, int], clock: Clock, status: int
) -> None:
    cache.get("a", lambda: 1, 0)
    clock.now += 301
    error = ProxyRejected(status=status, message="no")
    assert cache.get("a", raises(error), 0) == Answer(None, error)


def test_a_failure_is_not_repeated_at_once(cache: ProxyCache[str, int]) -> None:
    assert cache.get("a", raises(DOWN), 0) == Answer(None, DOWN)
    assert cache.get("a", never, 0) == Answer(None, DOWN)


def test_many_at_once_ask_once(cache: ProxyCache[str, int]) -> None:
    asked: list[int] = []
    go = threading.Event()

    def load() -> int:
        asked.append(1)
        go.wait(5)
        return 7

    answers: list[Answer[int]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(cache.get("a", load, 5))) for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert answers == [Answer(7)] * 50


def test_those_who_come_meanwhile_get_the_old_value_or_wait_no_longer_than_they_want(
    cache: ProxyCache[str, int], clock: Clock
) -> None:
    go = threading.Event()
    waiting = threading.Thread(target=lambda: cache.get("a", lambda: int(go.wait(5)), 0))
    waiting.start()
    while "a" not in cache._entries or not cache._entries["a"].loading:
        pass
    assert cache.get("a", never, 0.01) == Answer(None)
    go.set()
    waiting.join()
    clock.now += 301
    assert cache.get("a", lambda: 5, 0) == Answer(5)


def test_the_longest_unused_goes_first(cache: ProxyCache[str, int]) -> None:
    for number, key in enumerate("abc"):
        cache.get(key, lambda number=number: number, 0)  # type: ignore[misc]
    cache.get("a", never, 0)
    cache.get("d", lambda: 9, 0)
    assert cache.get("a", never, 0) == Answer(0)
    assert cache.get("b", lambda: 8, 0) == Answer(8)


def test_a_dropped_key_is_asked_again(cache: ProxyCache[str, int]) -> None:
    cache.get("a", lambda: 1, 0)
    cache.drop("a")
    assert cache.get("a", lambda: 2, 0) == Answer(2)
