"""Decide whether a rejected batch of texts or documents may succeed in smaller batches."""

import re
from dataclasses import dataclass

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.error_text import without_advice
from translation.errors.causes import Cause, cause_of

_TOO_MANY = re.compile(
    r"\bbatch(?! API)|too many \w{0,20} ?(text|input|item|document|string)|\binstances?\b(?! profile)|array|number of (text|input|item)"
    r"|(at most|no more than|larger than) \w{1,20} (text|input|item|document|sentence|element|string|row)"
    r"|(text|input|item|document|sentence|element|string|row)\w{0,3}\b[^.]{0,40} (at most|no more than|larger than)"
    r"|\bmax\w{0,20}\W{1,5}(\w{1,20}\W{1,5}){0,4}(input|text|item|document|sentence|element|request)",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"tokens?\W{0,3}\)? (is|are) too (large|long)|physical batch|too (large|long) to (process|embed)"
    r"|(input|text|sequence|prompt)\w{0,20} (is |are )?(too long|too large|exceeds?)|context (length|size)"
    r"|maximum (sequence|context|input) length",
    re.IGNORECASE,
)
_TOKENS = re.compile(r"\btokens?\b", re.IGNORECASE)
_OF_CONTENT = re.compile(
    r"\bNaN\b|unsupported value|failed to (encode|decode|tokeni[sz]e)|invalid (input|text|utf)",
    re.IGNORECASE,
)
_NOT_SIZE = re.compile(
    r"\bdimensions?\b|not permitted|forbidden|field required|input should be|does not exist|not found|no access",
    re.IGNORECASE,
)
"""These messages also have a maximum or a number, but not of texts."""
_COUNTED = (
    r"(?<![\w/-])(tokens?|texts?|inputs?|items?|documents?|characters?|chars?|strings?|elements?|instances?|sequences?"
    r"|passages?|words?|bytes|length|size)(?![\w/-])"
)
_SIZE = re.compile(
    rf"\d\W{{0,3}}(\w{{1,20}}\W{{1,3}}){{0,2}}{_COUNTED}|{_COUNTED}\D{{0,60}}(?<![\w-])\d",
    re.IGNORECASE,
)
"""A number of tokens or texts."""
_TOO_MUCH = re.compile(
    r"too many tokens|\btokens?\b.{0,60}(exceed|limit)|(exceed|limit).{0,60}\btokens?\b|too large|(size|length) limit",
    re.IGNORECASE,
)
_TOO_LARGE_AT_ONCE = re.compile(r"request too large", re.IGNORECASE)
"""OpenAI's rejection (status 429) of a request that is larger than the limit of tokens per minute."""
_NUMBER = re.compile(r"(?<![\w.-])(?<!code: )[0-9]{1,5}(?![\w.-]*\w)")
_REJECTED = frozenset({Cause.REQUEST, Cause.TOO_LARGE, Cause.CONTEXT_TOO_LONG})
_TOO_LARGE = 413
_STATUSES = frozenset({400, _TOO_LARGE, 422})


@dataclass(frozen=True, slots=True)
class SmallerBatch:
    """How many texts to send; `is_limit`: it applies to all requests."""

    size: int
    is_limit: bool


def smaller_batch(error: ProxyRejected, texts: int) -> SmallerBatch | None:
    """Return a smaller batch, None if it would be rejected too.

    LiteLLM does not know such limits. The error may contain it, as a number below `texts`. If the
    texts together have too many tokens, or one text is the reason, the batch is halved.
    """
    cause = cause_of(error)
    words = without_advice(error.text)
    if texts == 1:
        return None
    halves = SmallerBatch(texts // 2, is_limit=False)
    if exceeds_minute_limit(error) or (cause is Cause.PROVIDER and is_about_content(error)):
        return halves
    if cause not in _REJECTED or error.status not in _STATUSES or _NOT_SIZE.search(words):
        return None
    if _TOO_MANY.search(words) and not (_TOO_LONG.search(words) or _TOKENS.search(words)):
        told = [int(number) for number in _NUMBER.findall(words)]
        size = max((number for number in told if 0 < number < texts), default=texts // 2)
        return SmallerBatch(size, is_limit=True)
    return halves if is_about_size(error) else None


def is_about_size(error: ProxyRejected) -> bool:
    """Return whether the request was rejected for its size."""
    words = without_advice(error.text)
    if error.status not in _STATUSES or _NOT_SIZE.search(words):
        return False
    if error.status == _TOO_LARGE or is_too_long(error):
        return True
    return _SIZE.search(words) is not None or _TOO_MUCH.search(words) is not None


def exceeds_minute_limit(error: ProxyRejected) -> bool:
    """Return whether a request exceeds the limit of tokens per minute."""
    return _TOO_LARGE_AT_ONCE.search(error.text) is not None


def is_too_long(error: ProxyRejected) -> bool:
    """Return whether an error says that a text is too long."""
    return cause_of(error) is Cause.CONTEXT_TOO_LONG or _TOO_LONG.search(error.text) is not None


def is_about_content(error: ProxyRejected) -> bool:
    """Return whether a text was rejected for its content."""
    return _OF_CONTENT.search(error.text) is not None


def is_caused_by_texts(error: ProxyRejected) -> bool:
    """Return whether the texts caused an error, so retries cannot help."""
    return is_too_long(error) or is_about_content(error)
