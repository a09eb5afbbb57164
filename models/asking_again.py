"""Asking a proxy with all that we add, and once more without what it refuses of that."""

from collections.abc import Callable

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.options import ProxyRequest
from models.learnt import ModelKey, concessions_of, learn_concessions
from translation.request.refused_additions import concession_for


def ask[R: ProxyRequest, A](
    key: ModelKey,
    request: R,
    send: Callable[[R], A],
    otherwise: Callable[[R, ProxyRejected], R | None] = lambda _request, _error: None,
) -> A:
    """Send a request, and again while its refusal names something that we added unasked.

    What helped is remembered for the model (`litellm_proxy.wire.concessions` is the whole list).
    `otherwise` may return one other request to try, for a refusal that names nothing of ours.
    Raises what `send` raises, in the end the last refusal.
    """
    request = request.conceding(concessions_of(key))
    known = request.options.concessions
    while True:
        try:
            answer = send(request)
        except ProxyRejected as error:
            if concession := concession_for(error, request.open_concessions()):
                request = request.conceding(frozenset({concession}))
                continue
            other = otherwise(request, error)
            if other is None:
                raise
            answer = send(other)
        if request.options.concessions != known:
            learn_concessions(key, request.options.concessions)
        return answer
