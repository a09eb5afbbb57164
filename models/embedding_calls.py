"""Send batches of texts to the proxy: a few in parallel, with retries."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import batched

from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import Failure, ProxyError, ProxyRejected, ProxyUnreachable, about
from litellm_proxy.response_headers import ProxyAnswer
from litellm_proxy.settings import DIFY_CALL_SECONDS
from litellm_proxy.wire.embeddings import EmbeddingsAnswer, EmbeddingsRequest
from litellm_proxy.wire.options import RequestOptions
from models.embedding_gate import EmbeddingGate, NotSent, gate_of
from models.error_log import explained_or_self
from models.learned_limits import ModelKey, largest_size, learn_largest
from models.sending import sent
from translation.answer.usage import embedding_cost, embedding_tokens
from translation.answer.vectors import (
    require_one_line,
    require_one_model,
    require_one_size,
    vectors_in_order,
)
from translation.errors.causes import Cause, cause_of
from translation.request.batches import (
    exceeds_minute_limit,
    is_caused_by_texts,
    is_too_long,
    smaller_batch,
)
from translation.request.embeddings import Batch, explained_rejection, prepare_texts

logger = logging.getLogger(__name__)
IN_FLIGHT = 4
"""Batches of one call at a time; `models.embedding_gate` limits those of all calls."""
RETRY_SECONDS = 60.0
"""Limit for all tries of a batch, without a Retry-After."""
CALL_SECONDS = DIFY_CALL_SECONDS * 5 / 6
"""Limit for all batches of a call."""
_FIRST_PAUSE = 0.5
_MAX_PAUSE = 10.0
_FAULT = 500
_MAX_EQUAL_FAULTS = 3
"""Identical errors 500 are not temporary; for errors about the texts, two are enough."""
_RATE_LIMITS = frozenset({Cause.RATE_LIMIT, Cause.COOLDOWN})
_TRIED_AGAIN = _RATE_LIMITS | {Cause.PROVIDER, Cause.TIMEOUT, Cause.NO_DATABASE}
_FAILURES_TRIED_AGAIN = frozenset({Failure.BROKEN, Failure.REFUSED, Failure.UNANSWERED})


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors in the order of their texts, with tokens and cost.

    `cost` is in USD, None unless LiteLLM reported it for every batch. `fallback` is the model that
    LiteLLM used instead; it is the same for all batches.
    """

    vectors: list[list[float]]
    tokens: int
    cost: float | None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingCall:
    """One embedding call of Dify.

    `key` is the key of the model's learned limits, `batch` the maximum number of texts in a
    request. With `cut`, texts above `context_size` (tokens) are cut instead of rejected.
    """

    client: ProxyClient
    key: ModelKey
    batch: int
    context_size: int
    cut: bool
    dimensions: int | None
    input_type: str
    sends_input_type: bool
    options: RequestOptions

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Return one vector per text; raise ProxyError or RequestError.

        After the first final error, further batches are not sent.
        """
        ready = prepare_texts(texts, self.context_size if self.cut else None)
        if not ready:
            return Embedded([], 0, None)
        run = _Run(gate_of(self.key.owner), time.monotonic() + CALL_SECONDS)
        # The first batch is sent alone: it shows the size of a vector and the provider's limit of texts,
        # before the other batches cost money.
        first = self._embed(Batch(ready[: self._largest()], 0, len(ready)), run)
        require_one_line(first.vectors, len(ready))
        parts = [first, *self._in_parallel(ready, len(first.vectors), run)]
        require_one_model(self.key.model, [part.fallback for part in parts])
        require_one_size([vector for part in parts for vector in part.vectors])
        return _joined(parts)

    def _largest(self) -> int:
        return largest_size(self.key, self.batch)

    def _in_parallel(self, texts: Sequence[str], done: int, run: "_Run") -> list[Embedded]:
        pool = ThreadPoolExecutor(IN_FLIGHT)
        size = self._largest()
        futures = [
            pool.submit(self._embed, Batch(batch, start, len(texts)), run)
            for start, batch in zip(
                range(done, len(texts), size), batched(texts[done:], size), strict=True
            )
        ]
        try:
            ended, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in ended:
                if error := future.exception():
                    raise error
            return [future.result() for future in futures]
        finally:
            run.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _embed(self, batch: Batch, run: "_Run") -> Embedded:
        """Embed one batch, or smaller ones if the provider rejects it."""
        try:
            reply = self._ask(batch, run)
        except ProxyRejected as error:
            return self._in_parts(batch, error, run)
        answer = reply.content
        tokens = embedding_tokens(answer.usage, batch.texts)
        report = reply.report
        fallback = report.fallback if report.fallback != self.key.model else None
        if fallback:
            logger.warning(
                'LiteLLM embedded with "%s" instead of "%s", which failed (call id %s).',
                fallback,
                self.key.model,
                report.call_id,
            )
        cost = embedding_cost(answer.usage, report)
        with about(f"{self.key.kind} {self.key.model}", report.call_id):
            vectors = vectors_in_order(answer, len(batch.texts), batch.first)
        return Embedded(vectors, tokens, cost, fallback)

    def _in_parts(self, batch: Batch, error: ProxyRejected, run: "_Run") -> Embedded:
        """Embed a rejected batch as shorter texts or smaller batches.

        Raises the explained rejection if neither can help.
        """
        if self.cut and (shorter := batch.shortened(error, self.context_size)):
            return self._embed(shorter, run)
        is_known = is_too_long(error) and batch.longest_tokens() > self.context_size
        smaller = None if is_known else smaller_batch(error, len(batch.texts))
        if smaller is None:
            raise explained_or_self(
                error, lambda it: explained_rejection(it, batch, self.context_size, cut=self.cut)
            ) from None
        whole = _joined([self._embed(part, run) for part in batch.in_parts_of(smaller.size)])
        if smaller.is_limit:
            # The success of smaller batches confirms that the size was the reason.
            learn_largest(self.key, smaller.size, error)
        return whole

    def _ask(self, batch: Batch, run: "_Run") -> ProxyAnswer[EmbeddingsAnswer]:
        asked = EmbeddingsRequest(
            self.key.model, batch.texts, self.dimensions, self.input_type, self.sends_input_type,
            self.options,
        )  # fmt: skip
        return sent(
            self.key, asked, lambda request: run.retried(lambda: self.client.embed(request))
        ).answer


def _joined(parts: Sequence[Embedded]) -> Embedded:
    costs = [part.cost for part in parts if part.cost is not None]
    return Embedded(
        [vector for part in parts for vector in part.vectors],
        sum(part.tokens for part in parts),
        sum(costs) if len(costs) == len(parts) else None,
        parts[0].fallback,
    )


class _Run:
    """The gate, deadline (monotonic seconds) and stop event of one Dify call."""

    def __init__(self, gate: EmbeddingGate, deadline: float) -> None:
        self._gate = gate
        self._deadline = deadline
        self.stopped = threading.Event()

    def retried[A](self, ask: Callable[[], A]) -> A:
        """Retry until success, a final error or the deadline; embedding is idempotent.

        After a rejection for a rate limit the gate holds back all requests of the key, this one too.
        """
        pause = _FIRST_PAUSE
        faults: Counter[str] = Counter()
        retries_end: float | None = None
        last: ProxyError = ProxyUnreachable(Failure.TOO_LONG, "")
        while True:
            try:
                with self._gate.passed(self._deadline, self.stopped):
                    answer = ask()
            except NotSent:
                raise last from None
            except (ProxyRejected, ProxyUnreachable) as error:
                last = error
                retries_end = retries_end or min(self._deadline, time.monotonic() + RETRY_SECONDS)
                if isinstance(error, ProxyRejected) and error.status == _FAULT:
                    faults[error.text] += 1
                    most = 2 if is_caused_by_texts(error) else _MAX_EQUAL_FAULTS
                    if faults[error.text] >= most:
                        raise
                wanted = error.retry_after if isinstance(error, ProxyRejected) else None
                seconds = max(wanted or 0.0, pause * random.uniform(0.5, 1))  # noqa: S311
                # A Retry-After may exceed RETRY_SECONDS, but not the deadline of the call.
                latest = self._deadline if wanted else retries_end
                if time.monotonic() + seconds > latest or not _is_retryable(error):
                    raise
                if _is_rate_limit(error):
                    self._gate.limited(seconds)
                elif self.stopped.wait(seconds):
                    raise
            else:
                self._gate.succeeded()
                return answer
            pause = min(2 * pause, _MAX_PAUSE)


def _is_rate_limit(error: ProxyError) -> bool:
    return isinstance(error, ProxyRejected) and cause_of(error) in _RATE_LIMITS


def _is_retryable(error: ProxyError) -> bool:
    match error:
        case ProxyRejected():
            return cause_of(error) in _TRIED_AGAIN and not exceeds_minute_limit(error)
        case ProxyUnreachable():
            return error.failure in _FAILURES_TRIED_AGAIN
        case _:
            return False
