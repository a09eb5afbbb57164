"""Asking a proxy with all that we add, and once more without what it rejects of that."""

import logging
from collections.abc import Callable

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.options import ProxyRequest
from models.learned import ModelKey, concessions_of, learn
from translation.request.refused_additions import concession_for, teaches

logger = logging.getLogger(__name__)
_MAX_REASON = 200


def ask[R: ProxyRequest, A](
    key: ModelKey,
    request: R,
    send: Callable[[R], A],
    otherwise: Callable[[R, ProxyRejected], R | None] = lambda _request, _error: None,
) -> A:
    """Send a request, and again while its rejection names something that we added unasked.

    What helped is remembered for the model for a week (`litellm_proxy.wire.concessions` is the whole
    list), if the rejection was of the request and not a fault. `otherwise` may return one other request
    to try, for a rejection that names nothing of ours. Raises what `send` raises, in the end the last
    rejection.
    """
    request = request.conceding(concessions_of(key))
    taught: list[str] = []
    while True:
        try:
            answer = send(request)
        except ProxyRejected as error:
            if concession := concession_for(error, request):
                _log(key, concession, error)
                request = request.conceding(frozenset({concession}))
                taught += [concession] if teaches(error) else []
                continue
            other = otherwise(request, error)
            if other is None:
                raise
            answer = send(other)
        if taught:
            learn(key, taught)
        return answer


def _log(key: ModelKey, what: str, error: ProxyRejected) -> None:
    """Leave a line in the log, so that nobody has to guess why a field is missing."""
    logger.warning(
        "%s %s: sent again with the fallback %s, since LiteLLM answered %s: %s (call id %s)",
        key.kind, key.model, what, error.status, error.message[:_MAX_REASON], error.call_id,
    )  # fmt: skip
