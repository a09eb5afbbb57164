"""LiteLLM's response headers: cost, fallback model, call id."""

import re
from dataclasses import dataclass

import httpx

_COST = re.compile(r"[0-9]{1,9}(\.[0-9]{1,20})?(e-[0-9]{1,2})?", re.IGNORECASE)
_CALL_ID = re.compile(r"[\w.:-]{1,100}")
_MAX_NAME = 200
_TOLD_OF_A_PAID_ANSWER = ("x-litellm-response-cost", "x-litellm-response-duration-ms")


@dataclass(frozen=True, slots=True)
class CallReport:
    """Data about a response from LiteLLM's headers.

    `cost` is in USD: 0 for a response from LiteLLM's cache, None if the headers lack it, as always
    for a stream. `fallback` is the public name of the model that replaced the requested one.
    `call_id` is LiteLLM's id of the call. `tells_neither_cost_nor_duration`: vectors without both
    headers are from LiteLLM's cache; for a stream this means nothing.
    """

    cost: float | None = None
    fallback: str | None = None
    call_id: str | None = None
    tells_neither_cost_nor_duration: bool = False


@dataclass(frozen=True, slots=True)
class ProxyAnswer[T]:
    """The content of a response, and the data from its headers."""

    content: T
    report: CallReport


def read_report(headers: httpx.Headers) -> CallReport:
    """Parse LiteLLM's response headers (LiteLLM 1.106)."""
    fell_back = headers.get("x-litellm-attempted-fallbacks", "0") not in {"", "0", "None"}
    group = headers.get("x-litellm-model-group", "")
    return CallReport(
        cost=_cost(headers),
        fallback=group if fell_back and 0 < len(group) <= _MAX_NAME else None,
        call_id=call_id_of(headers),
        tells_neither_cost_nor_duration="x-litellm-model-group" in headers
        and not any(name in headers for name in _TOLD_OF_A_PAID_ANSWER),
    )


def call_id_of(headers: httpx.Headers) -> str | None:
    """Return LiteLLM's id of a call, for searching its log."""
    call_id = headers.get("x-litellm-call-id", "")
    return call_id if _CALL_ID.fullmatch(call_id) else None


def _cost(headers: httpx.Headers) -> float | None:
    if headers.get("x-litellm-cache-key"):
        # LiteLLM 1.106 repeats the price of the first response here, and logs 0 as the spend.
        return 0.0
    text = headers.get("x-litellm-response-cost", "")
    return (float(text) or None) if _COST.fullmatch(text) else None
