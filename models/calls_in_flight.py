"""Limit the concurrent calls to each proxy.

The SDK runs each call in one of 1000 worker threads. A proxy that does not respond would occupy all
of them and block the calls of all other tenants.
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
    """Decorate `_invoke`: raise TooManyCallsError above the limit of its proxy.

    A call that returns a generator ends when the generator is gone.
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
            # A finalizer also runs for a generator that is not read.
            weakref.finalize(result, _end, proxy)
        else:
            _end(proxy)
        return result

    return cast("F", call)


@contextmanager
def one_call(credentials: Mapping[str, Any]) -> Iterator[None]:
    """Count the `with` block as a call; raise TooManyCallsError."""
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
