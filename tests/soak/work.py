"""What a soak asks of the plugin, and whether what comes back is right."""

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.plugin_process import PluginError, PluginProcess
from tests.soak.upstream import CHAT, EMBEDDING, pieces_of
from tests.support.environment import MASTER_KEY
from translation.errors.to_dify import DIFY_ERRORS

TOOL = {
    "name": "count",
    "description": "Counts.",
    "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}},
}
_KNOWN = {error.__name__ for error in DIFY_ERRORS}


@dataclass
class Score:
    """How often each kind of work ended well, ended with an error of which kind, or went wrong."""

    right: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    while_away: int = 0
    """Errors while the proxy was away."""
    wrong: list[str] = field(default_factory=list)
    """Lost, crossed or invented answers, and errors that Dify does not know."""


class Workers:
    """Several callers at a time, each with one question after the other."""

    def __init__(self, plugin: PluginProcess, form: Mapping[str, str], seed: int) -> None:
        self._plugin = plugin
        self._form = form
        self._numbers = itertools.count(1)
        self._random = random.Random(seed)  # noqa: S311 - a repeatable soak
        self._lock = threading.Lock()
        self.score = Score()
        self.working = threading.Event()
        """While it is cleared, nobody asks anything."""
        self.working.set()
        self.proxy_is_away = threading.Event()
        self.ended = threading.Event()

    def at_work(self, callers: int) -> Generator[float]:
        """Work until this is closed; yield the seconds that have passed, about once a second."""
        started = time.monotonic()
        threads = [threading.Thread(target=self._call) for _ in range(callers)]
        for thread in threads:
            thread.start()
        try:
            while True:
                yield time.monotonic() - started
                time.sleep(1)
        finally:
            self.ended.set()
            self.working.set()
            for thread in threads:
                thread.join()

    def _call(self) -> None:
        kinds = {
            "paced": self._chat, "burst": self._chat, "blocking": self._chat, "tool": self._tool,
            "embedding": self._embed, "schema": self._schema,
        }  # fmt: skip
        while not self.ended.is_set():
            self.working.wait()
            with self._lock:
                kind, number = self._random.choice(list(kinds)), next(self._numbers)
            try:
                wrong = kinds[kind](number, kind)
            except PluginError as error:
                self._failed(kind, error)
            else:
                with self._lock:
                    self.score.right[kind] += not wrong
                    self.score.wrong += [f"{kind}: {wrong}"] if wrong else []

    def _failed(self, kind: str, error: PluginError) -> None:
        with self._lock:
            self.score.errors[error.error_type] += 1
            self.score.while_away += self.proxy_is_away.is_set()
            if error.error_type not in _KNOWN or MASTER_KEY in f"{error} {error.details}":
                self.score.wrong.append(f"{kind}: {error}")

    def _ask(self, number: int, kind: str, **fields: Any) -> list[dict[str, Any]]:
        request: dict[str, Any] = {
            "prompt_messages": [{"role": "user", "content": f"#{number} {kind}"}],
            "model_parameters": {},
            "tools": None,
            "stop": None,
            "stream": kind != "blocking",
            **fields,
        }
        deltas: list[dict[str, Any]] = []
        try:
            chunks = self._plugin.call("invoke_llm", CHAT, self._form, **request)
            deltas.extend(chunk["delta"] for chunk in chunks)
        except PluginError:
            # What came before an error must be the beginning of the right answer.
            if kind in {"paced", "burst"} and not _whole(number, kind).startswith(_text(deltas)):
                with self._lock:
                    self.score.wrong.append(f"{kind}: before an error {_text(deltas)[:80]}")
            raise
        return deltas

    def _chat(self, number: int, kind: str) -> str:
        deltas = self._ask(number, kind)
        text = _text(deltas)
        if text != _whole(number, kind):
            return f"#{number} was answered with {text[:80]} … ({len(text)} characters)"
        return "" if deltas[-1]["finish_reason"] == "stop" else "no finish reason"

    def _tool(self, number: int, kind: str) -> str:
        last = self._ask(number, kind, tools=[TOOL])[-1]
        calls = last["message"]["tool_calls"]
        wanted = [(f"call_{number}", "count", f'{{"number": {number}}}')]
        got = [(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls]
        return "" if got == wanted else f"#{number} called {got}"

    def _embed(self, number: int, kind: str) -> str:
        texts = [str(number * 100 + n) for n in range(40)]
        (answer,) = self._plugin.call(
            "invoke_text_embedding", EMBEDDING, self._form, model_type="text-embedding",
            texts=texts, input_type="document",
        )  # fmt: skip
        vectors = [vector[0] for vector in answer["embeddings"]]
        return "" if vectors == [float(text) for text in texts] else f"{kind} {vectors[:5]}"

    def _schema(self, number: int, kind: str) -> str:
        (answer,) = self._plugin.call("get_ai_model_schemas", CHAT, self._form)
        return "" if answer["model_schema"]["model"] == CHAT else kind


def _text(deltas: list[dict[str, Any]]) -> str:
    return "".join(delta["message"]["content"] for delta in deltas)


def _whole(number: int, kind: str) -> str:
    return "".join(pieces_of(number, kind))
