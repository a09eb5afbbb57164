"""Demonstrate the plugin in a terminal: `make demo`, or `python -m tools.demo --help`.

Everything is real: the plugin runs as a child process over stdin and stdout, as in Dify's daemon;
it sends requests to a real LiteLLM proxy, with small models on this machine behind it (for audio,
rerank and moderation a stand-in), or to your own proxy with --base-url. At the end Dify's own
workflow engine runs Dify app files on the plugin.
"""

import argparse
import json
import math
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape

from harness.child import ChildFailedError, free_port, running
from harness.litellm_proxy_process import ROOT, litellm_proxy
from harness.plugin_process import PluginError, PluginProcess
from tools import demo_stand_in, demo_workflow
from tools.demo_stand_in import stand_in

CONFIG = ROOT / "examples" / "litellm_config.yaml"
MODELS_PYTHON = ROOT / ".venv-models" / "bin" / "python"
LOGS = ROOT / ".demo"
READY_SECONDS = 120

WEATHER = {"Oslo": "snow, -4 degrees", "Rome": "sunny, 21 degrees"}
WEATHER_TOOL = {
    "name": "get_weather",
    "description": "Get the current weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "The name of the city"}},
        "required": ["city"],
    },
}
PERSON_SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
SENTENCES = ("A cat sleeps on the sofa.", "A kitten naps on the couch.", "The invoice is overdue.")

console = Console(highlight=False)


@dataclass(frozen=True)
class Target:
    """The proxy and the two models of the demo."""

    base_url: str
    api_key: str
    model: str
    embedding_model: str

    @property
    def form(self) -> dict[str, str]:
        """Return the values that a user enters in Dify's form."""
        return {"base_url": self.base_url, "api_key": self.api_key}

    @property
    def chat_form(self) -> dict[str, str]:
        """Return the form of the chat model, with its known capabilities."""
        custom = {"settings": "custom", "function_calling": "yes", "structured_output": "yes"}
        return self.form | custom


def main() -> None:
    """Run the demo; print an error message and exit with 1 on failure."""
    arguments = _arguments()
    # End all child processes with the demo, also on SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with ExitStack() as stack:
            target = stack.enter_context(_target(arguments))
            with _step("Starting the plugin as Dify's daemon does"):
                plugin = stack.enter_context(PluginProcess(ROOT))
            _show(plugin, target)
            if not arguments.base_url:
                demo_stand_in.show(plugin, target.form, console)
            demo_workflow.show(plugin, target.chat_form, target.model, console)
            console.print(
                "\n[bold green]Done.[/] Every answer came through the plugin and the proxy. Real were "
                "the plugin's process, LiteLLM, the models except where a stand-in is named, and "
                "Dify's engine."
            )
    except (ChildFailedError, PluginError) as error:
        console.print(f"[red]{escape(str(error))}[/]")
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("\nStopped.")
        sys.exit(130)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    for name, meaning in (
        ("base-url", "your own proxy; blank starts one here"),
        ("api-key", "its key"),
        ("model", "a chat model that can call tools"),
        ("embedding-model", "an embedding model"),
    ):
        variable = name.upper().replace("-", "_")
        default = os.environ.get(variable) or os.environ.get(f"LITELLM_{variable}", "")
        parser.add_argument(f"--{name}", default=default, help=meaning)
    return parser.parse_args()


@contextmanager
def _target(arguments: argparse.Namespace) -> Iterator[Target]:
    if arguments.base_url:
        yield Target(
            arguments.base_url,
            arguments.api_key,
            arguments.model or "gpt-4",
            arguments.embedding_model or "text-embedding",
        )
        return
    LOGS.mkdir(exist_ok=True)
    with (
        stand_in() as url,
        _local_models() as addresses,
        _local_proxy({**addresses, "STAND_IN_URL": url}) as target,
    ):
        yield target


@contextmanager
def _local_models() -> Iterator[dict[str, str]]:
    """Serve the two small models; yield the environment variables of the proxy's config."""
    chat, embedding = free_port(), free_port()
    log = LOGS / "models.log"
    command = [str(MODELS_PYTHON), "-m", "tools.local_models"]
    with ExitStack() as stack:
        with _step("Starting SmolLM2-135M and MiniLM on this machine"):
            stack.enter_context(
                running(
                    [*command, "--chat-port", str(chat), "--embedding-port", str(embedding)],
                    ready=lambda: "ready" in log.read_text(errors="replace").splitlines(),
                    log=log,
                    ready_seconds=READY_SECONDS,
                    cwd=ROOT,
                )
            )
        yield {
            "LOCAL_CHAT_URL": f"http://127.0.0.1:{chat}/v1",
            "LOCAL_EMBEDDING_URL": f"http://127.0.0.1:{embedding}/v1",
        }


@contextmanager
def _local_proxy(addresses: Mapping[str, str]) -> Iterator[Target]:
    key = f"sk-demo-{secrets.token_hex(16)}"
    with ExitStack() as stack:
        with _step("Starting a LiteLLM proxy with examples/litellm_config.yaml"):
            environment = {**addresses, "LITELLM_MASTER_KEY": key}
            base_url = stack.enter_context(
                litellm_proxy(CONFIG, log=LOGS / "litellm.log", env=environment)
            )
        yield Target(base_url, key, "gpt-4", "text-embedding")


def _show(plugin: PluginProcess, target: Target) -> None:
    _save_form(plugin, target)
    _chat(plugin, target)
    _use_a_tool(plugin, target)
    _structured_answer(plugin, target)
    _embed(plugin, target)


def _save_form(plugin: PluginProcess, target: Target) -> None:
    _title("The form is saved", "URL, key and model are checked without spending a token")
    for model, model_type in ((target.model, "llm"), (target.embedding_model, "text-embedding")):
        list(plugin.call("validate_model_credentials", model, target.form, model_type=model_type))
        answer = next(
            plugin.call("get_ai_model_schemas", model, target.form, model_type=model_type)
        )
        schema = answer["model_schema"]
        price = schema["pricing"]
        facts = {
            "context": f"{schema['model_properties']['context_size']} tokens",
            "features": ", ".join(schema["features"]) or "none known",
            "input price": f"{float(price['input']):g} USD per million tokens"
            if price
            else "unknown",
        }
        told = ", ".join(f"{name} {value}" for name, value in facts.items())
        console.print(f"  [green]saved[/] {model}: {told}")


def _chat(plugin: PluginProcess, target: Target) -> None:
    _title("A chat answer arrives piece by piece", "What is the capital of France?")
    _ask(plugin, target, [_user("What is the capital of France? Answer in one sentence.")])


def _use_a_tool(plugin: PluginProcess, target: Target) -> None:
    question = _user("What is the weather in Oslo? Use the tool get_weather.")
    _title("A second turn uses a tool", question["content"])
    asked = _ask(plugin, target, [question], tools=[WEATHER_TOOL])
    calls = asked["tool_calls"]
    if not calls:
        message = f"{target.model} answered without calling the tool it was given."
        raise ChildFailedError(message)
    history = [question, {"role": "assistant", "content": "", "tool_calls": calls}]
    for call in calls:
        arguments = call["function"]["arguments"]
        result = WEATHER.get(json.loads(arguments).get("city", ""), "unknown")
        console.print(f"  [cyan]tool[/] {call['function']['name']}({arguments}) → {result}")
        history.append({"role": "tool", "content": result, "tool_call_id": call["id"]})
    _ask(plugin, target, history, tools=[WEATHER_TOOL])


def _structured_answer(plugin: PluginProcess, target: Target) -> None:
    _title("A structured answer", "Maria is 28 years old, as JSON")
    answer = _ask(
        plugin,
        target,
        [_user("Maria is 28 years old. Give the name and age as JSON.")],
        response_format="json_schema",
        json_schema=json.dumps({"name": "person", "schema": PERSON_SCHEMA}),
    )
    person = json.loads(answer["text"])
    console.print(f"  [cyan]parsed[/] name {person['name']!r}, age {person['age']!r}")


def _embed(plugin: PluginProcess, target: Target) -> None:
    _title("Three sentences are embedded", "cosine similarity of each pair")
    started = time.perf_counter()
    answer = next(
        plugin.call(
            "invoke_text_embedding",
            target.embedding_model,
            target.form,
            model_type="text-embedding",
            texts=list(SENTENCES),
            input_type="document",
        )
    )
    seconds = time.perf_counter() - started
    vectors = answer["embeddings"]
    for first, second in ((0, 1), (0, 2), (1, 2)):
        similarity = _cosine(vectors[first], vectors[second])
        console.print(f"  {similarity:5.2f}  {SENTENCES[first]}  ↔  {SENTENCES[second]}")
    usage = answer["usage"]
    _told(f"{usage['tokens']} tokens, {len(vectors[0])} numbers per vector", usage, seconds)


def _ask(
    plugin: PluginProcess,
    target: Target,
    messages: list[dict[str, Any]],
    *,
    tools: list[dict[str, Any]] | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """Stream a chat answer to the terminal; return text and tool calls."""
    started = time.perf_counter()
    answers = plugin.call(
        "invoke_llm",
        target.model,
        target.chat_form,
        prompt_messages=messages,
        model_parameters={"temperature": 0, "max_tokens": 128, **parameters},
        tools=tools,
        stop=None,
        stream=True,
    )
    pieces: list[str] = []
    calls: list[dict[str, Any]] = []
    first = 0.0
    last: dict[str, Any] = {}
    console.print("  ", end="")
    for answer in answers:
        last = answer["delta"]
        first = first or time.perf_counter() - started
        pieces.append(last["message"]["content"])
        calls += last["message"]["tool_calls"]
        console.print(escape(pieces[-1]), end="", soft_wrap=True)
    seconds = time.perf_counter() - started
    console.print("[dim](tool call)[/]" if calls else "")
    usage = last["usage"]
    counts = f"{usage['prompt_tokens']} + {usage['completion_tokens']} tokens"
    _told(f"{counts}, first piece after {first:.2f} s, {len(pieces)} pieces", usage, seconds)
    return {"text": "".join(pieces), "tool_calls": calls}


def _told(what: str, usage: Mapping[str, Any], seconds: float) -> None:
    cost = float(usage["total_price"])
    priced = f"{cost:.7f} USD" if cost else "cost unknown"
    console.print(f"  [dim]{what}, {priced}, {seconds:.2f} s[/]")


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _cosine(first: list[float], second: list[float]) -> float:
    return math.sumprod(first, second) / (math.hypot(*first) * math.hypot(*second))


def _title(title: str, detail: str) -> None:
    console.print(f"\n[bold]{title}[/]  [dim]{escape(detail)}[/]")


@contextmanager
def _step(what: str) -> Iterator[None]:
    """Show that a long step is running, and its duration at the end."""
    started = time.perf_counter()
    if not console.is_terminal:
        console.print(f"{what} …")
    with console.status(f"{what} …"):
        yield
    console.print(f"[green]✓[/] {what} [dim]({time.perf_counter() - started:.1f} s)[/]")


if __name__ == "__main__":
    main()
