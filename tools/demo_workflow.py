"""Last part of the demo: Dify's own workflow engine runs app files."""

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from harness.child import ChildFailedError
from harness.plugin_process import PluginProcess
from tools.dify_engine.app import APPS, run_app
from tools.dify_engine.slim_host import SlimHost

_SUCCEEDED = "GraphRunSucceededEvent"


def show(plugin: PluginProcess, form: Mapping[str, str], model: str, console: Console) -> None:
    """Run two apps and print the engine's events; raise ChildFailedError if one fails."""
    # The path of a Unix socket must be short.
    with tempfile.TemporaryDirectory() as folder, SlimHost(plugin, Path(folder)) as host:
        for app, inputs in (
            ("chat", {"query": "What is the capital of France?"}),
            ("structured-output", {"text": "Maria is 28 years old."}),
        ):
            question = next(iter(inputs.values()))
            console.print(
                f"\n[bold]Dify's workflow engine runs examples/apps/{app}.yml[/]  "
                f"[dim]{escape(question)}[/]"
            )
            _run(host, APPS / f"{app}.yml", form, inputs, model, console)


def _run(  # noqa: PLR0913, PLR0917 - what a run is made of
    host: SlimHost,
    app: Path,
    form: Mapping[str, str],
    inputs: Mapping[str, str],
    model: str,
    console: Console,
) -> None:
    started = time.perf_counter()
    last: dict[str, object] = {}
    for event in run_app(host, app, form, inputs, model=model):
        last = event
        if event["event"] != "NodeRunSucceededEvent":
            continue
        usage = event.get("usage") or {}
        tokens = f", {usage['total_tokens']} tokens" if usage.get("total_tokens") else ""
        console.print(f"  [green]✓[/] {event['type']}[dim]{tokens}[/]")
    if last.get("event") != _SUCCEEDED:
        message = f"Dify's engine could not run {app.name}: {last.get('error', 'it said nothing')}"
        raise ChildFailedError(message)
    outputs = {name: value for name, value in dict(last["outputs"]).items() if name != "files"}  # type: ignore[call-overload]
    console.print(f"  {escape(json.dumps(outputs, ensure_ascii=False))}", soft_wrap=True)
    console.print(f"  [dim]{time.perf_counter() - started:.2f} s with starting the engine[/]")
