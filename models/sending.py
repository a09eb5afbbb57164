"""Send a request, and retry it with fallbacks if a part of it is rejected."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from litellm_proxy.errors import ProxyRejected, about
from litellm_proxy.wire.options import ProxyRequest
from litellm_proxy.wire.rejected_requests.fallbacks import applied, fallbacks_for, is_learned
from litellm_proxy.wire.request import Request
from models.learned_limits import MAX_REASON, ModelKey, learn_fallbacks, learned_fallbacks

logger = logging.getLogger(__name__)
MAX_FALLBACKS = 3


@dataclass(frozen=True, slots=True)
class Sent[A]:
    """A response, and the accepted request."""

    answer: A
    request: Request


def sent[A](key: ModelKey, asked: ProxyRequest, send: Callable[[Request], A]) -> Sent[A]:
    """Send a request; retry at most MAX_FALLBACKS times with fallbacks.

    The fallbacks are in `litellm_proxy.wire.rejected_requests.fallbacks`. Fallbacks in the
    request's options and learned fallbacks are applied to the first try. A fallback that helped is
    remembered for a week. Raises the errors of `send`: of several rejections, the last.
    """
    with about(f"{key.kind} {key.model}"):
        return _sent(key, asked, send)


def _sent[A](key: ModelKey, asked: ProxyRequest, send: Callable[[Request], A]) -> Sent[A]:
    request = applied(asked.request(), asked.options.fallbacks | learned_fallbacks(key).keys())
    tried: set[str] = set()
    lessons: list[str] = []
    last = ""
    for tries_left in reversed(range(MAX_FALLBACKS + 1)):
        try:
            answer = send(request)
        except ProxyRejected as error:
            meant, request = fallbacks_for(error, request, tried)
            if not (meant and tries_left):
                raise
            tried.update(each.name for each in meant)
            if error.text == last:
                # The same rejection again: the earlier fallbacks did not help.
                lessons.clear()
            last = error.text
            lessons += [each.name for each in meant if is_learned(each, error)]
            log_change(key, ", ".join(each.name for each in meant), error)
        else:
            if lessons:
                learn_fallbacks(key, lessons)
            return Sent(answer, request)
    raise AssertionError


def log_change(key: ModelKey, change: str, error: ProxyRejected) -> None:
    """Log a retry, to explain why a field is missing."""
    logger.warning(
        "%s %s: sent again with the fallback %s, since LiteLLM answered %s: %s (call id %s)",
        key.kind, key.model, change, error.status, error.message[:MAX_REASON], error.call_id,
    )  # fmt: skip
