"""How fast the plugin is: the same work, one run, against baselines made from the SDK.

Every figure is the median of several rounds, in each of which all plugins do the work after each
other, the order turned round from round to round. `make bench` takes about five minutes.
"""

import argparse
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import certifi
from rich.console import Console

from harness.child import free_port, running
from harness.litellm_proxy_process import ROOT, litellm_proxy
from tools.bench.baselines import write_null, write_on_httpx, write_stock
from tools.bench.ceiling import raw_chunks_per_second
from tools.bench.driver import Driver
from tools.bench.report import Figure, Results, table, write
from tools.bench.scenarios import HTTPX, NULL, OURS, STOCK, Scenario, direct, through_litellm

CERTIFICATE = ROOT / "tests" / "support" / "tls" / "certificate.txt"
KEY = ROOT / "tests" / "support" / "tls" / "key.txt"
RESULTS = ROOT / "docs" / "benchmark"
PICTURE = ROOT / "_assets" / "speed.svg"
"""Where Dify finds it when it shows the README."""
_KEY = f"sk-benchmark-{secrets.token_hex(16)}"
console = Console(highlight=False)


def main() -> None:
    """Measure, print the table, and write it with the picture and the figures."""
    options = _options()
    os.environ["NO_PROXY"] = "*"
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        # As on any host: all public authorities, and one more.
        bundle = Path(folder) / "authorities.pem"
        bundle.write_text(Path(certifi.where()).read_text() + CERTIFICATE.read_text())
        os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = str(bundle)
        server, tls_server = stack.enter_context(_server(Path(folder)))
        folders = {
            STOCK: write_stock(Path(folder)),
            OURS: ROOT,
            NULL: write_null(Path(folder)),
            HTTPX: write_on_httpx(Path(folder)),
        }
        figures = [_ceiling(server)]
        figures += _start_and_memory(folders, server, options.rounds)
        figures += _measure(
            [s for s in direct(server, tls_server) if options.only in s.name],
            folders, server, options.rounds,
        )  # fmt: skip
        if not options.no_proxy and any(options.only in s.name for s in through_litellm()):
            figures += _through_litellm(folders, server, options, Path(folder))
    results = Results(figures, options.rounds, os.cpu_count() or 0)
    console.print(table(results))
    if not options.only:
        written = write(
            results, options.to, PICTURE if options.to == RESULTS else options.to / "picture.svg"
        )
        console.print(f"Written: {', '.join(str(path) for path in written)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only figures of this name")
    parser.add_argument("--no-proxy", action="store_true", help="leave the real LiteLLM proxy out")
    parser.add_argument("--to", type=Path, default=RESULTS, help="folder (default: %(default)s)")
    return parser.parse_args()


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, str]]:
    port, tls_port = free_port(), free_port()
    command = [sys.executable, "-m", "tools.bench.server", "--port", str(port), "--tls-port",
               str(tls_port), "--certificate", str(CERTIFICATE), "--key", str(KEY)]  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    with running(
        command,
        ready=lambda: _answers(address),
        log=folder / "server.log",
        ready_seconds=20,
        cwd=ROOT,
    ):
        yield address, f"https://localhost:{tls_port}"


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/connections"):  # noqa: S310 - our own server
            return True
    except URLError:
        return False


def _form(server: str) -> dict[str, str]:
    """Return a form that both our plugin and the stock classes read."""
    return {
        "base_url": server,
        "endpoint_url": f"{server}/v1",
        "api_key": _KEY,
        "mode": "chat",
        "context_size": "8000",
    }


def _ceiling(server: str) -> Figure:
    scenario = Scenario("the server alone, read raw", "chunks/s", lambda _: 0.0, higher=True)
    rates = [raw_chunks_per_second(server, 20_000) for _ in range(5)]
    return Figure(scenario, {"server": rates})


def _measure(
    scenarios: list[Scenario], folders: dict[str, Path], server: str, rounds: int
) -> list[Figure]:
    figures = [Figure(scenario, {}) for scenario in scenarios]
    with ExitStack() as stack:
        drivers = [
            stack.enter_context(Driver(name, folder, _form(server)))
            for name, folder in folders.items()
        ]
        for driver in drivers:
            driver.chat("short").wait()
        for number in range(rounds):
            for figure in figures:
                console.print(
                    f"round {number + 1} of {rounds}: {figure.scenario.name}", style="dim"
                )
                order = drivers if number % 2 == 0 else drivers[::-1]
                for driver in order:
                    if driver.name in figure.scenario.plugins:
                        value = figure.scenario.run(driver)
                        figure.values.setdefault(driver.name, []).append(value)
    return figures


def _through_litellm(
    folders: dict[str, Path], server: str, options: argparse.Namespace, folder: Path
) -> list[Figure]:
    config = folder / "litellm.yaml"
    upstream = {"model": "openai/*", "api_base": f"{server}/v1", "api_key": "none"}
    config.write_text(
        json.dumps({"model_list": [{"model_name": "*", "litellm_params": upstream}],
                    "litellm_settings": {"telemetry": False}})
    )  # fmt: skip
    console.print("starting a LiteLLM proxy …", style="dim")
    scenarios = [s for s in through_litellm() if options.only in s.name]
    two = {name: folders[name] for name in (STOCK, OURS)}
    with litellm_proxy(
        config, log=folder / "litellm.log", env={"LITELLM_MASTER_KEY": _KEY}
    ) as proxy:
        return _measure(scenarios, two, proxy, options.rounds)


def _start_and_memory(folders: dict[str, Path], server: str, rounds: int) -> list[Figure]:
    start = Figure(Scenario("start to first heartbeat", "s", lambda _: 0.0, 0.9, null=True), {})
    memory = Figure(Scenario("memory when idle", "MB", lambda _: 0.0, 0.95, null=True), {})
    for number in range(rounds):
        console.print(f"round {number + 1} of {rounds}: start and memory", style="dim")
        names = [STOCK, OURS, NULL][:: 1 if number % 2 == 0 else -1]
        for name in names:
            with Driver(name, folders[name], _form(server)) as driver:
                time.sleep(0.5)
                start.values.setdefault(name, []).append(driver.start_seconds)
                memory.values.setdefault(name, []).append(driver.memory)
    return [start, memory]


if __name__ == "__main__":
    main()
