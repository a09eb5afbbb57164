"""How many calls are under way to each proxy.

The SDK runs a call in one of 1000 worker threads. A proxy that does not answer would take all of them,
and with them the calls of every other tenant.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from inspect import signature
from typing import Any, cast

from litellm_proxy.limits import MAX_CALLS_PER_PROXY
from translation.errors.request_error import TooManyCallsError

_in_flight: Counter[str] = Counter()


def limited[F: Callable[..., Any]](invoke: F) -> F:
    """Let a model class's `_invoke` raise TooManyCallsError where its proxy has too many calls.

    A call that returns a generator ends with it.
    """
    place = list(signature(invoke).parameters).index("credentials")

    @wraps(invoke)
    def call(*arguments: Any, **named: Any) -> Any:
        proxy = _begin(named["credentials"] if "credentials" in named else arguments[place])
        try:
            result = invoke(*arguments, **named)
        except BaseException:
            _end(proxy)
            raise
        if isinstance(result, Generator):
            # Also where nobody reads it.
            weakref.finalize(result, _end, proxy)
        else:
            _end(proxy)
        return result

    return cast("F", call)


@contextmanager
def one_call(credentials: Mapping[str, Any]) -> Iterator[None]:
    """Count the block as a call. Raises TooManyCallsError."""
    proxy = _begin(credentials)
    try:
        yield
    finally:
        _end(proxy)


def _begin(credentials: Mapping[str, Any]) -> str:
    proxy = str(credentials.get("base_url", "")).strip().rstrip("/")
    if _in_flight[proxy] >= MAX_CALLS_PER_PROXY:
        raise TooManyCallsError(MAX_CALLS_PER_PROXY)
    _in_flight[proxy] += 1
    return proxy


def _end(proxy: str) -> None:
    _in_flight[proxy] -= 1
    if not _in_flight[proxy]:
        del _in_flight[proxy]
