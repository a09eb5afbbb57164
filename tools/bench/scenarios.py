"""What is measured: each scenario does the same work with every plugin and returns one figure."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from urllib.request import urlopen

from tools.bench.driver import Call, Driver

STOCK, OURS, NULL, HTTPX = "stock", "ours", "null", "httpx"
_SENT_AT = re.compile(rb"@(\d+) ")


@dataclass(frozen=True)
class Scenario:
    """One figure; `target` is the ratio to the baseline that is to be reached.

    `higher`: more is better. `null`: the null plugin can do it too.
    """

    name: str
    unit: str
    run: Callable[[Driver], float]
    target: float | None = None
    higher: bool = False
    null: bool = False
    baseline: str = STOCK

    @property
    def plugins(self) -> frozenset[str]:
        """Return the plugins that it is measured with."""
        return frozenset({self.baseline, OURS, *([NULL] if self.null else [])})


def burst(driver: Driver, streams: int, chunks: int) -> float:
    """Return pieces of content per second over all streams."""
    started = time.monotonic()
    calls = [driver.chat(f"burst-{chunks}") for _ in range(streams)]
    ended = max(call.wait().lines[-1][0] for call in calls)
    words = sum(line.count(b" word") for call in calls for _, line in call.lines)
    if words != streams * chunks:
        message = f"{driver.name} lost content: {words} of {streams * chunks} pieces"
        raise RuntimeError(message)
    return words / (ended - started)


def lag(driver: Driver, streams: int, chunks: int, milliseconds: int, percentile: int) -> float:
    """Return how long a piece takes from the server to Dify, in ms."""
    calls = [driver.chat(f"paced-{chunks}-{milliseconds}") for _ in range(streams)]
    lags = [
        when * 1000 - int(sent) / 1e6
        for call in calls
        for when, line in call.wait().lines
        for sent in _SENT_AT.findall(line)
    ]
    return quantiles(lags, n=100)[percentile - 1]


def first_chunk(driver: Driver, requests: int) -> float:
    """Return the time to the first line of an answer, in ms, p50 of calls one after the other."""
    return median(driver.chat("short").wait().first for _ in range(requests)) * 1000


def processor_time(driver: Driver, chunks: int) -> float:
    """Return the plugin's processor time per piece of content, in µs."""
    before = driver.cpu_seconds
    driver.chat(f"burst-{chunks}").wait()
    return (driver.cpu_seconds - before) / chunks * 1e6


def short_requests(driver: Driver, parallel: int, requests: int) -> list[Call]:
    """Answer short requests, so many at a time; return the calls."""
    calls: list[Call] = []
    left = iter(range(requests))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            call = driver.chat("short").wait()
            with lock:
                calls.append(call)

    workers = [threading.Thread(target=work) for _ in range(parallel)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return calls


def requests_per_second(driver: Driver, parallel: int, requests: int) -> float:
    """Return how many short requests are answered in a second."""
    calls = short_requests(driver, parallel, requests)
    ended = max(call.lines[-1][0] for call in calls)
    return len(calls) / (ended - min(call.sent for call in calls))


def slowest_request(driver: Driver, parallel: int, requests: int) -> float:
    """Return the p99 of short requests in ms."""
    return _p99([call.seconds * 1000 for call in short_requests(driver, parallel, requests)])


def new_connections(driver: Driver, server: str, requests: int) -> float:
    """Return how many connections were opened for calls one after the other."""
    driver.chat("short").wait()
    before = _connections(server)
    for _ in range(requests):
        driver.chat("short").wait()
    # The question itself opens one.
    return _connections(server) - before - 1


def tls_request(driver: Driver, server: str, requests: int) -> float:
    """Return the p50 of short requests over TLS, in ms."""
    driver.chat("short", server).wait()
    return median(driver.chat("short", server).wait().seconds for _ in range(requests)) * 1000


def behind_bursts(driver: Driver, bursts: int, chunks: int) -> float:
    """Return the p50 of short requests while bursts stream, in ms."""
    calls = [driver.chat(f"burst-{chunks}") for _ in range(bursts)]
    while not any(call.lines for call in calls):
        time.sleep(0.001)
    seconds: list[float] = []
    while not all(call.ended.is_set() for call in calls) or not seconds:
        seconds.append(driver.chat("short").wait().seconds)
    for call in calls:
        call.wait()
    return median(seconds) * 1000


def beside_idle(driver: Driver, servers: Sequence[str], connections: int) -> float:
    """Return the p50 of short requests while so many connections are idle at each server, in ms."""
    streams = [driver.chat("paced-10-50", server) for server in servers for _ in range(connections)]
    for stream in streams:
        stream.wait()
    return median(driver.chat("short").wait().seconds for _ in range(40)) * 1000


def beside_busy(driver: Driver, streams: int, chunks: int, milliseconds: int) -> float:
    """Return the slowest of short requests, one after the other, while paced streams run, in ms."""
    calls = [driver.chat(f"paced-{chunks}-{milliseconds}") for _ in range(streams)]
    seconds: list[float] = []
    while not all(call.ended.is_set() for call in calls):
        seconds.append(driver.chat("short").wait().seconds)
    for call in calls:
        call.wait()
    return max(seconds) * 1000


def embeddings(driver: Driver, texts: int, size: int, a_call: int) -> float:
    """Return vectors per second, asked for as Dify does: so many texts a call, one after another."""
    started = time.monotonic()
    for _ in range(0, texts, a_call):
        call = driver.embed(f"embed-{size}", ["A text of some length"] * a_call).wait()
    return texts / (call.lines[-1][0] - started)


def schema(driver: Driver, requests: int) -> float:
    """Return the p50 of schema calls for a known model, in ms."""
    calls = (driver.send("get_ai_model_schemas", "short") for _ in range(requests))
    return median(call.wait().first for call in calls) * 1000


def _connections(server: str) -> int:
    with urlopen(f"{server}/connections") as answer:  # noqa: S310 - our own server
        return int(answer.read())


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[98]


def direct(server: str, tls_server: str) -> list[Scenario]:
    """Return what is measured without a proxy in between."""
    return [
        Scenario("one stream, burst", "chunks/s", lambda d: burst(d, 1, 20_000), 10, higher=True, null=True),
        Scenario("32 streams, burst", "chunks/s", lambda d: burst(d, 32, 1000), 8, higher=True, null=True),
        Scenario("processor time per chunk", "µs", lambda d: processor_time(d, 20_000), null=True),
        Scenario("paced stream, lag p50", "ms", lambda d: lag(d, 1, 60, 20, 50), 0.65, null=True),
        Scenario("time to first chunk, p50", "ms", lambda d: first_chunk(d, 60), 0.45, null=True),
        Scenario("short requests, 8 at a time", "1/s",
                 lambda d: requests_per_second(d, 8, 400), 2.2, higher=True, null=True),
        Scenario("short requests, 128 at a time", "1/s",
                 lambda d: requests_per_second(d, 128, 800), 2.2, higher=True, null=True),
        Scenario("short requests, 128 at a time, p99", "ms",
                 lambda d: slowest_request(d, 128, 800), 0.6, null=True),
        Scenario("new connections in 100 calls", "",
                 lambda d: new_connections(d, server, 100), None),
        Scenario("TLS request, p50", "ms", lambda d: tls_request(d, tls_server, 30), 0.08),
        Scenario("128 streams of 40 chunks/s, lag p99", "ms", lambda d: lag(d, 128, 80, 25, 99), 0.5,
                 null=True),
        Scenario("short request behind 4 bursts, p50", "ms",
                 lambda d: behind_bursts(d, 4, 10_000), 0.1, null=True),
        Scenario("short request beside 200 idle connections, p50", "ms",
                 lambda d: beside_idle(d, [server, server.replace("127.0.0.1", "127.0.0.2")], 100),
                 baseline=HTTPX),
        Scenario("short request beside 300 streams of 40 chunks/s, slowest", "ms",
                 lambda d: beside_busy(d, 300, 120, 25), baseline=HTTPX),
        Scenario("embeddings, 256 texts x 1536", "vectors/s",
                 lambda d: embeddings(d, 256, 1536, 16), 4.5, higher=True),
        Scenario("schema, warm, p50", "ms", lambda d: schema(d, 200), None),
    ]  # fmt: skip


def through_litellm() -> list[Scenario]:
    """Return what is measured with the real proxy in between, which is the slowest part there."""
    return [
        Scenario("LiteLLM: one stream", "chunks/s", lambda d: burst(d, 1, 2000), None, higher=True),
        Scenario("LiteLLM: time to first chunk, p50", "ms", lambda d: first_chunk(d, 40)),
        Scenario("LiteLLM: short requests, 8 at a time", "1/s",
                 lambda d: requests_per_second(d, 8, 160), None, higher=True),
        Scenario("LiteLLM: embeddings, 16 texts", "vectors/s",
                 lambda d: embeddings(d, 16, 1536, 16), 10, higher=True),
    ]  # fmt: skip
