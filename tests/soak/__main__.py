"""Hours of mixed work in minutes: `make soak MINUTES=5`.

Callers ask the plugin process through the real LiteLLM proxy for everything at once, while answers
fail in all the ways there are, the proxy is killed and started again, nobody reads what the plugin
writes for seconds, and all is quiet for longer than servers keep connections. No answer may be
lost, crossed or invented; memory and file descriptors must not grow.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak.upstream import SoakUpstream
from tests.soak.work import Score, Workers
from tests.support.environment import CONFIG, MASTER_KEY
from tools.child import free_port
from tools.litellm_proxy_process import ROOT, litellm_proxy
from tools.plugin_process import PluginProcess

CALLERS = 8
FAULTS = 0.06
QUIET_SECONDS = 7
"""LiteLLM's server closes a connection after 5 s without a request (uvicorn's default)."""
UNREAD_SECONDS = 2
SEED = 7


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
    restarts: int


def soak(seconds: float, folder: Path, say: Callable[[str], None] = lambda _: None) -> Report:
    """Work for so long; `say` is told what happens meanwhile."""
    port, sizes = free_port(), Sizes()
    form = {"base_url": f"http://127.0.0.1:{port}", "api_key": MASTER_KEY}
    with (
        SoakUpstream(FAULTS, SEED) as upstream,
        ExitStack() as proxy,
        PluginProcess(ROOT, keep_lines=False) as plugin,
    ):
        env = {"UPSTREAM_V1": f"{upstream.url}/v1", "MASTER_KEY": MASTER_KEY,
               "RECORDED_CALLS": os.devnull}  # fmt: skip

        def start_proxy() -> None:
            log = folder / "litellm.log"
            proxy.enter_context(litellm_proxy(CONFIG, log=log, env=env, port=port))

        start_proxy()
        workers = Workers(plugin, form, SEED)
        events = _events(workers, plugin, proxy, start_proxy)
        due = iter(_due(seconds))
        restarts = 0
        next_event, at = next(due)
        started = time.monotonic()

        def meanwhile(left: float) -> None:
            nonlocal next_event, at, restarts
            sizes.take(plugin.process_id)
            if time.monotonic() - started >= at:
                say(f"{left:4.0f} s left: {next_event}")
                events[next_event]()
                restarts += next_event == RESTART
                next_event, at = next(due, ("", seconds * 2))
            else:
                time.sleep(min(1.0, left))

        workers.run(CALLERS, seconds, meanwhile)
        sizes.take(plugin.process_id)
        return Report(time.monotonic() - started, workers.score, sizes, upstream.failed, restarts)


RESTART = "the proxy is killed and started again"
QUIET = f"all is quiet for {QUIET_SECONDS} s"
UNREAD = f"nobody reads for {UNREAD_SECONDS} s"


def _due(seconds: float) -> Iterator[tuple[str, float]]:
    """Yield what happens after how many seconds: each once a minute, and once at least."""
    rounds = max(1, round(seconds / 60))
    for number in range(rounds):
        start = number * seconds / rounds
        yield UNREAD, start + 0.1 * seconds / rounds
        yield RESTART, start + 0.25 * seconds / rounds
        yield QUIET, start + 0.7 * seconds / rounds


def _events(
    workers: Workers, plugin: PluginProcess, proxy: ExitStack, start_proxy: Callable[[], None]
) -> dict[str, Callable[[], None]]:
    def restart() -> None:
        proxy.close()
        start_proxy()

    def quiet() -> None:
        workers.working.clear()
        time.sleep(QUIET_SECONDS)
        workers.working.set()

    def unread() -> None:
        plugin.reading.clear()
        time.sleep(UNREAD_SECONDS)
        plugin.reading.set()

    return {RESTART: restart, QUIET: quiet, UNREAD: unread}


def show(report: Report, console: Console) -> None:
    """Print the figures."""
    score, sizes = report.score, report.sizes
    table = Table(title=f"{report.seconds:.0f} s, {CALLERS} callers, {report.faults} faults, "
                        f"{report.restarts} restarts of the proxy")  # fmt: skip
    table.add_column("what")
    table.add_column("figure", justify="right")
    for kind, count in sorted(score.right.items()):
        table.add_row(f"right answers: {kind}", str(count))
    for kind, count in sorted(score.errors.items()):
        table.add_row(f"errors: {kind}", str(count))
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
