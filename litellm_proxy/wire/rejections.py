"""What an error response means for the request that it rejects: predicates for the table of fallbacks."""

import re
from collections.abc import Callable, Iterator
from itertools import islice

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.request import Request

type RejectedBy = Callable[[ProxyRejected, Request], bool]

_SPEAKS_OF_FIELDS = re.compile(
    r"param|argument|field|propert|attribute|extra|unrecogni[sz]ed|unexpected|unknown|permitted"
    r"|support|allowed|invalid|require|must be|missing|only|deprecated|not available",
    re.IGNORECASE,
)
_AMBIGUOUS = frozenset({"metadata", "tools", "stop"})
"""Words of any sentence; as the name of a field they stand in quotation marks, or are the `param`."""
_NOT_OF_THE_REQUEST = frozenset({401, 402, 403, 404, 405, 407, 408, 409, 425, 429, 502, 503, 504})
_OTHER_CLASSES = frozenset({"ContextWindowExceededError", "ContentPolicyViolationError"})
UNSUPPORTED = "UnsupportedParamsError"
NOT_ACCEPTABLE = 406
_PASSING = frozenset({408, 409, 425, 429})
_CLIENT_ERRORS = range(400, 500)
IS_CONDITIONAL = re.compile(r"\b(unless|while|when|if)\b", re.IGNORECASE)
_IS_WANTED = re.compile(r"must be|required|missing|passed back|pass back|provide", re.IGNORECASE)
"""By which a provider that wants a field differs from one that rejects it."""
_QUOTING = re.compile(r"""[\\\s"']""")
_AROUND = 10
"""Characters on each side of a name by which an echo of the request is told."""
_MIN_AROUND = 8
_MAX_FOUND = 20
_MAX_TEXT = 100_000
"""Characters of one text of a request in which an echo is looked for."""


def teaches(error: ProxyRejected) -> bool:
    """Return whether a rejection says something of every such request, and not of this moment."""
    status = error.status or 0
    return status in _CLIENT_ERRORS and status not in _PASSING


def _is_of_the_request(error: ProxyRejected) -> bool:
    if error.guardrail or _OTHER_CLASSES & set(error.classes):
        return False
    passed_on = error.status in {403, 404} and bool(error.classes or error.of_provider)
    return passed_on or error.status not in _NOT_OF_THE_REQUEST


def names(*names: str) -> RejectedBy:
    """Return whether an error names one of these fields, in words that are not the request's own."""

    def named(error: ProxyRejected, request: Request) -> bool:
        if not _is_of_the_request(error):
            return False
        if error.param in names or error.error_type in names:
            return True
        if not _SPEAKS_OF_FIELDS.search(error.text):
            return False
        sent = ""
        for name in names:
            for sides in _places(name, error.text):
                sent = sent or _comparable(_text_of(request))
                # Some providers quote the prompt that they reject.
                if not any(len(side) >= len(name) + _MIN_AROUND and side in sent for side in sides):
                    return True
        return False

    return named


def _places(name: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield each place of a name in a text: with what stands before it, and with what stands behind."""
    word = re.escape(name)
    pattern = rf"['\"`\[.]{word}['\"`\]]" if name in _AMBIGUOUS else rf"(?<![\w-]){word}(?![\w-])"
    for found in islice(re.finditer(pattern, text, re.IGNORECASE), _MAX_FOUND):
        yield (
            _comparable(text[max(0, found.start() - _AROUND) : found.end()]),
            _comparable(text[found.start() : found.end() + _AROUND]),
        )


def _comparable(text: str) -> str:
    """Return a text without what quoting it changes."""
    return _QUOTING.sub("", text)


def _text_of(request: Request) -> str:
    return "\n".join(_texts(request.body()))


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str() if not value.startswith("data:"):
            yield value[:_MAX_TEXT]
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case _:
            pass


def says(pattern: str) -> RejectedBy:
    """Return whether an error of the request has such words."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda error, _: _is_of_the_request(error) and bool(compiled.search(error.text))


def has_class(name: str) -> RejectedBy:
    """Return whether an error is of LiteLLM's class, or of our name for a rejection without a type."""
    return lambda error, _: name in error.classes


def all_of(*conditions: RejectedBy) -> RejectedBy:
    """Return whether all conditions hold."""
    return lambda error, request: all(condition(error, request) for condition in conditions)


def any_of(*conditions: RejectedBy) -> RejectedBy:
    """Return whether one of the conditions holds."""
    return lambda error, request: any(condition(error, request) for condition in conditions)


def negated(condition: RejectedBy) -> RejectedBy:
    """Return whether a condition does not hold."""
    return lambda error, request: not condition(error, request)


wants_it = says(_IS_WANTED.pattern)
