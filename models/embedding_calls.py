"""Batches of texts to the proxy: a few at a time, tried again when that can help."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import batched

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import Failure, ProxyError, ProxyRejected, ProxyUnreachable
from litellm_proxy.reply import Reply
from litellm_proxy.wire.embeddings import EmbeddingsAnswer, EmbeddingsRequest, Encoding
from litellm_proxy.wire.options import RequestOptions
from translation.embeddings import (
    require_one_line,
    require_one_size,
    sendable,
    too_long,
    vectors_in_order,
)
from translation.errors import Cause, cause_of
from translation.token_estimate import estimate_tokens
from translation.usage import reported_cost

IN_FLIGHT = 4
"""Enough to hide the way to the proxy; more would only meet its rate limits sooner."""
RETRY_SECONDS = 60.0
"""All tries of a batch together."""
CALL_SECONDS = 500.0
"""All batches of a call together; Dify ends it after 600 s."""
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_MOST_MODELS = 1000
_TRIED_AGAIN = frozenset({Cause.RATE_LIMIT, Cause.COOLDOWN, Cause.PROVIDER, Cause.TIMEOUT})
_FAILURES_TRIED_AGAIN = frozenset({Failure.BROKEN, Failure.REFUSED})

_without_base64: dict[tuple[str, str], None] = {}
"""Proxy and model that refused base64, for good; bounded, the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of their texts, the tokens that the proxy counted, and its cost.

    `cost` is in USD, None where LiteLLM did not tell it for every batch.
    """

    vectors: list[list[float]]
    tokens: int
    cost: float | None


@dataclass(frozen=True, slots=True)
class EmbeddingCall:
    """How one call of Dify is carried out.

    `owner` is the digest of proxy and key, `cut` whether texts above `context_size` (tokens) are cut
    instead of refused, `batch` how many texts one request holds.
    """

    client: ProxyClient
    owner: str
    model: str
    batch: int
    context_size: int
    cut: bool
    dimensions: int | None
    input_type: str | None
    options: RequestOptions

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return one vector per text; raise ProxyError or RequestError if one cannot be had.

        The first error that is final ends the call: no further batch is sent.
        """
        ready = sendable(texts, self.context_size if self.cut else None)
        batches = list(batched(ready, self.batch))
        if not batches:
            return Embedded([], 0, None)
        run = _Run(time.monotonic() + CALL_SECONDS)
        # The first answer tells the size of a vector, so that nothing is paid for in vain.
        first = self._embed(batches[0], 0, len(texts), run)
        require_one_line(first.vectors, len(texts))
        parts = [first, *self._in_parallel(batches[1:], len(texts), run)]
        vectors = [vector for part in parts for vector in part.vectors]
        require_one_size(vectors)
        costs = [part.cost for part in parts if part.cost is not None]
        cost = sum(costs) if len(costs) == len(parts) else None
        return Embedded(vectors, sum(part.tokens for part in parts), cost)

    def _in_parallel(
        self, batches: Sequence[Sequence[str]], of: int, run: "_Run"
    ) -> list[Embedded]:
        pool = ThreadPoolExecutor(IN_FLIGHT)
        starts = range(self.batch, of, self.batch)
        futures = [
            pool.submit(self._embed, batch, start, of, run)
            for batch, start in zip(batches, starts, strict=True)
        ]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                if error := future.exception():
                    raise error
            return [future.result() for future in futures]
        finally:
            run.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _embed(self, texts: Sequence[str], start: int, of: int, run: "_Run") -> Embedded:
        known = (self.owner, self.model) in _without_base64
        encoding = Encoding.FLOAT if known else Encoding.BASE64
        request = EmbeddingsRequest(
            self.model, texts, self.dimensions, encoding, self.input_type, self.options
        )
        try:
            reply = self._ask(request, run)
        except ProxyRejected as error:
            raise too_long(error, texts, start, of, self.context_size) or error from None
        answer = reply.content
        counted = answer.usage.prompt_tokens if answer.usage else None
        tokens = counted if counted is not None else sum(map(estimate_tokens, texts))
        cost = reported_cost(answer.usage, reply.served)
        return Embedded(vectors_in_order(answer, len(texts)), tokens, cost)

    def _ask(self, request: EmbeddingsRequest, run: "_Run") -> Reply[EmbeddingsAnswer]:
        try:
            return run.patiently(lambda: self.client.embed(request))
        except ProxyRejected as error:
            refused = {Cause.REQUEST, Cause.UNSUPPORTED_PARAMETER}
            if request.encoding is Encoding.FLOAT or cause_of(error) not in refused:
                raise
            as_float = replace(request, encoding=Encoding.FLOAT)
            reply = run.patiently(lambda: self.client.embed(as_float))
            while len(_without_base64) >= _MOST_MODELS:
                del _without_base64[next(iter(_without_base64))]
            _without_base64[self.owner, self.model] = None
            return reply


class _Run:
    """One call of Dify: when it has to be over (monotonic seconds), and whether it was stopped."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.stopped = threading.Event()

    def patiently[A](self, ask: Callable[[], A]) -> A:
        """Ask until it works, the error is final or the time is over; embedding is idempotent."""
        deadline = min(time.monotonic() + RETRY_SECONDS, self._deadline)
        pause = _FIRST_PAUSE
        while True:
            try:
                return ask()
            except (ProxyRejected, ProxyUnreachable) as error:
                wanted = error.retry_after if isinstance(error, ProxyRejected) else None
                seconds = max(wanted or 0.0, pause * random.uniform(0.5, 1))  # noqa: S311
                too_late = time.monotonic() + seconds > deadline
                if too_late or not _can_help(error) or self.stopped.wait(seconds):
                    raise
            pause = min(2 * pause, _LONGEST_PAUSE)


def _can_help(error: ProxyError) -> bool:
    match error:
        case ProxyRejected():
            return cause_of(error) in _TRIED_AGAIN
        case ProxyUnreachable():
            return error.failure in _FAILURES_TRIED_AGAIN
        case _:
            return False
