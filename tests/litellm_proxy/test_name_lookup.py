"""Host names are looked up apart from everything else, and once at a time."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from gevent.monkey import get_original

from litellm_proxy import name_lookup
from litellm_proxy.errors import Failure, RequestFailed
from litellm_proxy.name_lookup import NameLookup

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.7", 0))]


class DNS:
    """Answers names after a while; hosts that are addresses need none."""

    def __init__(self, seconds: float = 0.05, error: Exception | None = None) -> None:
        self.seconds, self.error = seconds, error
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, host: str, port: None, *, flags: int = 0, **_: Any) -> list[Any]:
        if flags == socket.AI_NUMERICHOST:
            raise socket.gaierror
        with self._lock:
            self.asked.append(host)
        # The real sleep: this runs in a thread.
        get_original("time", "sleep")(self.seconds)
        if self.error:
            raise self.error
        return FOUND


def test_addresses_need_no_look_up() -> None:
    lookup = NameLookup()
    assert lookup.addresses("127.0.0.1", 80, 0) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert lookup.addresses("::1", 80, 0) == [(socket.AF_INET6, ("::1", 80, 0, 0))]
    assert lookup.addresses("localhost", 4000, 5)[0][1][1] == 4000


def test_a_name_is_looked_up_once_for_all_that_wait() -> None:
    dns = DNS()
    lookup = NameLookup(dns)
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda port: lookup.addresses("h", port, 5), range(20)))
    assert found == [[(socket.AF_INET, ("192.0.2.7", port))] for port in range(20)]
    assert dns.asked == ["h"]
    lookup.addresses("h", 80, 5)
    assert dns.asked == ["h", "h"]


@pytest.mark.parametrize(
    "dns", [DNS(error=socket.gaierror(-2, "Name or service not known")), DNS(3)]
)
def test_a_failure_is_remembered_for_seconds(dns: DNS, monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = NameLookup(dns)
    for _ in range(3):
        with pytest.raises(RequestFailed) as caught:
            lookup.addresses("h", 80, 0.2)
        assert caught.value.failure is Failure.NAME
        assert caught.value.detail
    assert dns.asked == ["h"]
    if dns.error:
        monkeypatch.setattr(lookup._failed, "clock", lambda: time.monotonic() + 6)
        with pytest.raises(RequestFailed):
            lookup.addresses("h", 80, 0.2)
        assert dns.asked == ["h", "h"]


def test_an_answer_that_comes_late_ends_the_failure() -> None:
    lookup = NameLookup(DNS(0.3))
    with pytest.raises(RequestFailed):
        lookup.addresses("h", 80, 0.1)
    time.sleep(0.5)
    assert lookup.addresses("h", 80, 5)


def test_hosts_whose_dns_does_not_answer_keep_no_others_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(name_lookup, "MAX_LOOKUPS", 30)
    slow = DNS(2)
    lookup = NameLookup(slow)
    waiting = ThreadPoolExecutor(40)
    for number in range(29):
        waiting.submit(lookup.addresses, f"dead-{number}", 80, 5)
    time.sleep(0.1)
    slow.seconds = 0
    begun = time.perf_counter()
    assert lookup.addresses("alive", 80, 5)
    assert time.perf_counter() - begun < 1.5
    # The thirtieth and further are refused at once instead of waiting.
    slow.seconds = 2
    waiting.submit(lookup.addresses, "dead-29", 80, 5)
    time.sleep(0.1)
    with pytest.raises(RequestFailed, match="too many host names"):
        lookup.addresses("one-more", 80, 5)
    waiting.shutdown(wait=False, cancel_futures=True)
