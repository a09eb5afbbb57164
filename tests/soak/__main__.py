"""Hours of mixed work in minutes: `make soak MINUTES=5`.

Callers ask the plugin process through the real LiteLLM proxy for everything at once, while answers
fail in all the ways there are, the proxy is stopped and started again, nobody reads what the plugin
writes for seconds, and all is quiet for longer than servers keep connections. No answer may be
lost, crossed or invented; memory and file descriptors must not grow.
"""

import argparse
import os
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.table import Table

from harness.child import free_port
from harness.litellm_proxy_process import ROOT, litellm_proxy
from harness.plugin_process import PluginProcess
from tests.soak.upstream import SoakUpstream
from tests.soak.work import Score, Workers
from tests.support.environment import CONFIG, MASTER_KEY

CALLERS = 8
FAULTS = 0.06
QUIET_SECONDS = 7
"""LiteLLM's server closes a connection after 5 s without a request (uvicorn's default)."""
UNREAD_SECONDS = 2
SEED = 7
RESTART = "the proxy is stopped and started again"


@dataclass
class Sizes:
    """Resident memory (MB) and file descriptors of the plugin, second by second."""

    megabytes: list[float] = field(default_factory=list)
    descriptors: list[int] = field(default_factory=list)

    def take(self, process_id: int) -> None:
        """Measure once."""
        process = Path(f"/proc/{process_id}")
        pages = int((process / "statm").read_text().split()[1])
        self.megabytes.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
        self.descriptors.append(len(list((process / "fd").iterdir())))


@dataclass(frozen=True)
class Report:
    """What a soak showed."""

    seconds: float
    score: Score
    sizes: Sizes
    faults: int
    happened: Sequence[str]
    """The disturbances, in their order."""


@dataclass(frozen=True)
class Disturbance:
    """What happens after how many seconds."""

    at: float
    name: str
    happen: Callable[[], None]


def soak(seconds: float, folder: Path, say: Callable[[str], None] = lambda _: None) -> Report:
    """Work for so long; `say` is told what happens meanwhile."""
    with ExitStack() as stack:
        upstream = stack.enter_context(SoakUpstream(FAULTS, SEED))
        proxy = stack.enter_context(Proxy(upstream, folder))
        plugin = stack.enter_context(PluginProcess(ROOT, keep_lines=False))
        workers = Workers(plugin, proxy.form, SEED)
        due = deque(_disturbances(seconds, workers, plugin, proxy))
        sizes = Sizes()
        happened: list[str] = []
        with closing(workers.at_work(CALLERS)) as work:
            for passed in work:
                sizes.take(plugin.process_id)
                if due and due[0].at <= passed:
                    disturbance = due.popleft()
                    say(f"{passed:4.0f} s: {disturbance.name}")
                    disturbance.happen()
                    happened.append(disturbance.name)
                elif not due and passed >= seconds:
                    break
        sizes.take(plugin.process_id)
        return Report(passed, workers.score, sizes, upstream.failed, happened)


class Proxy:
    """The real LiteLLM proxy, which can be stopped and started again at the same address."""

    def __init__(self, upstream: SoakUpstream, folder: Path) -> None:
        self._port = free_port()
        self._log = folder / "litellm.log"
        self._env = {
            "UPSTREAM_V1": f"{upstream.url}/v1",
            "MASTER_KEY": MASTER_KEY,
            "RECORDED_CALLS": os.devnull,
        }
        self._running = ExitStack()

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def form(self) -> dict[str, str]:
        """Return what leads there."""
        return {"base_url": f"http://127.0.0.1:{self._port}", "api_key": MASTER_KEY}

    def restart(self) -> None:
        """Stop it and start it again; returns when it answers."""
        self._running.close()
        self._start()

    def _start(self) -> None:
        started = litellm_proxy(CONFIG, log=self._log, env=self._env, port=self._port)
        self._running.enter_context(started)


def _disturbances(
    seconds: float, workers: Workers, plugin: PluginProcess, proxy: Proxy
) -> Iterator[Disturbance]:
    """Yield each kind once a minute, and once at least."""
    rounds = max(1, round(seconds / 60))
    length = seconds / rounds
    for start in (number * length for number in range(rounds)):
        yield Disturbance(
            start + 0.1 * length,
            f"nobody reads for {UNREAD_SECONDS} s",
            lambda: _without(plugin.reading, UNREAD_SECONDS),
        )
        yield Disturbance(
            start + 0.25 * length, RESTART, lambda: _restart(proxy, workers.proxy_is_away)
        )
        yield Disturbance(
            start + 0.7 * length,
            f"all is quiet for {QUIET_SECONDS} s",
            lambda: _without(workers.working, QUIET_SECONDS),
        )


def _restart(proxy: Proxy, is_away: threading.Event) -> None:
    is_away.set()
    proxy.restart()
    # What failed on the way has been answered by now.
    time.sleep(1)
    is_away.clear()


def _without(going_on: threading.Event, seconds: float) -> None:
    going_on.clear()
    time.sleep(seconds)
    going_on.set()


def show(report: Report, console: Console) -> None:
    """Print the figures."""
    score, sizes = report.score, report.sizes
    table = Table(title=f"{report.seconds:.0f} s, {CALLERS} callers, {report.faults} faults, "
                        f"{len(report.happened)} disturbances")  # fmt: skip
    table.add_column("what")
    table.add_column("figure", justify="right")
    for kind, count in sorted(score.right.items()):
        table.add_row(f"right answers: {kind}", str(count))
    for kind, count in sorted(score.errors.items()):
        table.add_row(f"errors: {kind}", str(count))
    table.add_row("errors while the proxy was away", str(score.while_away))
    table.add_row("lost, crossed or invented answers", str(len(score.wrong)))
    early, late = sizes.megabytes[len(sizes.megabytes) // 3], sizes.megabytes[-1]
    table.add_row("memory after a third, at the end (MB)", f"{early:.1f}, {late:.1f}")
    table.add_row("file descriptors, most and last", f"{max(sizes.descriptors)}, "
                                                     f"{sizes.descriptors[-1]}")  # fmt: skip
    console.print(table)
    for wrong in score.wrong[:20]:
        console.print(f"[red]{wrong}[/]")


def main() -> None:
    """Soak and print; exit with 1 if an answer was wrong."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long (default: %(default)s)")
    minutes = parser.parse_args().minutes
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        report = soak(minutes * 60, Path(folder), lambda text: console.print(text, style="dim"))
    show(report, console)
    sys.exit(bool(report.score.wrong))


if __name__ == "__main__":
    main()
