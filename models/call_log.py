"""Log one line per call; off by default.

LITELLM_LOG_CALLS=true in the environment of Dify's plugin daemon turns it on. A line has model
type, model, status, milliseconds, tokens, USD, end user, session and LiteLLM's call id, but not
content or keys. What is unknown is left out.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from functools import wraps
from typing import Any, cast

from dify_plugin.entities.model.llm import LLMResultChunk
from dify_plugin.errors.model import InvokeError

from litellm_proxy.errors import ProxyRejected, ProxyUnreachable
from litellm_proxy.wire.options import RequestOptions
from translation.answer.usage import TokenCounts
from translation.errors.to_dify import to_invoke_error

VARIABLE = "LITELLM_LOG_CALLS"
_ON = frozenset({"true", "yes", "on", "1"})
_SUCCESS = "ok"
_STOPPED = "stopped"
logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)


def is_on() -> bool:
    """Return whether calls are logged."""
    return os.environ.get(VARIABLE, "").strip().lower() in _ON


@dataclass
class _Line:
    """The log line of one call."""

    kind: str
    model: str
    started: float = field(default_factory=time.perf_counter)
    first: float | None = None
    tokens: tuple[int, int] | None = None
    counts: TokenCounts | None = None
    cost: Decimal | None = None
    user: str | None = None
    session: str | None = None
    call_id: str | None = None

    def followed(self, chunks: Generator[Any]) -> Generator[Any]:
        """Yield the chunks; write the line when they end, fail or stop."""
        status = _STOPPED
        try:
            for chunk in chunks:
                self.first = self.first or time.perf_counter()
                if isinstance(chunk, LLMResultChunk) and (usage := chunk.delta.usage):
                    self.tokens = usage.prompt_tokens, usage.completion_tokens
                    self.cost = usage.total_price
                yield chunk
            status = _SUCCESS
        except Exception as error:
            status = self._status_of(error)
            raise
        finally:
            chunks.close()
            self.write(status)

    def failed(self, error: Exception) -> None:
        """Write the line of a failed call."""
        self.write(self._status_of(error))

    def answered(self, result: object) -> None:
        """Write the line of a call without a stream."""
        if usage := getattr(result, "usage", None):
            self.tokens, self.cost = (usage.tokens, 0), usage.total_price
        self.write(_SUCCESS)

    def write(self, status: str) -> None:
        """Write the line, without unknown values."""
        now = time.perf_counter()
        told = {
            "kind": self.kind,
            "model": _quoted(self.model),
            "status": status,
            "first_ms": None if self.first is None else round(1000 * (self.first - self.started)),
            "total_ms": round(1000 * (now - self.started)),
            "prompt_tokens": self.tokens and self.tokens[0],
            "completion_tokens": self.tokens and self.tokens[1],
            # The counts are 0 too where LiteLLM says nothing of them.
            "cached_tokens": (self.counts and self.counts.cache_read) or None,
            "reasoning_tokens": (self.counts and self.counts.reasoning) or None,
            # 0 is the cost of a free model, and of one without a known price.
            "cost_usd": f"{self.cost:f}" if self.cost else None,
            "user": self.user and _quoted(self.user),
            "session": self.session and _quoted(self.session),
            "call_id": self.call_id,
        }
        known = (f"{name}={value}" for name, value in told.items() if value is not None)
        logger.info("call %s", " ".join(known))

    def _status_of(self, error: Exception) -> str:
        if isinstance(error, (ProxyRejected, ProxyUnreachable)):
            self.call_id = error.call_id or self.call_id
        known = error if isinstance(error, InvokeError) else to_invoke_error(error)
        return type(known).__name__


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


_under_way: ContextVar[_Line | None] = ContextVar("_under_way", default=None)


def note_call_id(call_id: str) -> None:
    """Set LiteLLM's call id for the current call's line; of several requests the last."""
    if line := _under_way.get():
        line.call_id = call_id


def note_caller(options: RequestOptions) -> None:
    """Set the end user and the session of the current call's line, as LiteLLM gets them."""
    if line := _under_way.get():
        line.user, line.session = options.user, options.session_id


def note_counts(counts: TokenCounts) -> None:
    """Set cached and reasoning tokens of the current call's line."""
    if line := _under_way.get():
        line.counts = counts


def logged[F: Callable[..., Any]](invoke: F) -> F:
    """Decorate `_invoke`: log a line for each call."""

    @wraps(invoke)
    def call(self: Any, model: str, *arguments: Any, **named: Any) -> Any:
        if not is_on():
            return invoke(self, model, *arguments, **named)
        line = _Line(self.model_type.value, model)
        _under_way.set(line)
        try:
            result = invoke(self, model, *arguments, **named)
        except Exception as error:
            line.failed(error)
            raise
        if isinstance(result, Generator):
            return line.followed(result)
        line.answered(result)
        return result

    return cast("F", call)
