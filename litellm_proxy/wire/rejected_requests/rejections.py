"""Predicates on error responses: which part of the request was rejected."""

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
"""Common English words: they must be in quotation marks to be a field name, or be the `param`."""
_NOT_OF_THE_REQUEST = frozenset({401, 402, 403, 404, 405, 407, 408, 409, 425, 429, 502, 503, 504})
_OTHER_CLASSES = frozenset({"ContextWindowExceededError", "ContentPolicyViolationError"})
UNSUPPORTED = "UnsupportedParamsError"
NOT_ACCEPTABLE = 406
_PASSING = frozenset({408, 409, 425, 429})
_CLIENT_ERRORS = range(400, 500)
IS_CONDITIONAL = re.compile(r"\b(unless|while|when|if)\b", re.IGNORECASE)
_OF_A_TOOL = re.compile(r"invalid schema for function|input_schema", re.IGNORECASE)
"""Matches errors about a tool's own schema, whose properties may have any name."""
_IS_UNWANTED = re.compile(
    r"unsupported|not supported|not permitted|extra|unknown|unexpected|unrecogni[sz]ed",
    re.IGNORECASE,
)
_IS_WANTED = re.compile(
    r"must be|required|missing|passed back|pass back|\bprovided?\b", re.IGNORECASE
)
_QUOTING = re.compile(r"""[\\\s"']""")
_AROUND = 10
"""Characters compared on each side of a match, to detect an echo of the request."""
_MIN_AROUND = 8
_MAX_FOUND = 20
_MAX_TEXT = 100_000
"""Characters of one text of a request that are searched for an echo."""


def is_permanent(error: ProxyRejected) -> bool:
    """Return whether every request of this form would be rejected, not only this one."""
    status = error.status or 0
    return status in _CLIENT_ERRORS and status not in _PASSING


def _is_of_the_request(error: ProxyRejected) -> bool:
    if error.guardrail or _OTHER_CLASSES & set(error.classes) or _OF_A_TOOL.search(error.text):
        return False
    passed_on = error.status in {403, 404} and bool(error.classes or error.is_provider_error)
    return passed_on or error.status not in _NOT_OF_THE_REQUEST


def names(*names: str) -> RejectedBy:
    """Return a predicate: the error names a field, and does not only echo it."""

    def named(error: ProxyRejected, request: Request) -> bool:
        if not _is_of_the_request(error):
            return False
        if error.param in names or error.error_type in names:
            return True
        if not _SPEAKS_OF_FIELDS.search(error.text):
            return False
        # LiteLLM's own check writes the rejected fields as an object.
        with_keys = UNSUPPORTED in error.classes
        found = (each for name in names for each in _places(name, error.text, keys=with_keys))
        return _any_is_no_echo(found, error, request)

    return named


def _places(name: str, text: str, *, keys: bool) -> Iterator[re.Match[str]]:
    """Yield the matches of a name.

    Without `keys`, not where it is a key of a quoted object.
    """
    word = re.escape(name)
    pattern = rf"(?<![\w-]){word}(?![\w-])"
    if name in _AMBIGUOUS:
        # In quotation marks, or as the name of the rejected field.
        pattern = (
            rf"['\"`\[.]{word}['\"`\]]|(?:argument|parameter|field)s?(?: supplied)?:? {word}\b"
            rf"|(?<![\w.-]){word}(?:\.\w{{1,40}})?: extra inputs|: {word}[\"'.]?\s{{0,5}}$"
        )
    quote = r"['\"]?" if name in _AMBIGUOUS else r"['\"]"
    key = "" if keys else rf"(?!{quote}\s{{0,5}}:)"
    pattern = rf"(?:{pattern}){key}"
    return islice(re.finditer(pattern, text, re.IGNORECASE), _MAX_FOUND)


def _any_is_no_echo(found: Iterator[re.Match[str]], error: ProxyRejected, request: Request) -> bool:
    """Return whether a match is not an echo: some providers quote the rejected request."""
    text, sent = error.text, ""
    for each in found:
        sent = sent or _comparable(_text_of(request))
        words = _comparable(each.group())
        sides = (
            _comparable(text[max(0, each.start() - _AROUND) : each.end()]),
            _comparable(text[each.start() : each.end() + _AROUND]),
        )
        quoted = any(len(side) >= len(words) + _MIN_AROUND and side in sent for side in sides)
        # Several words in a row are enough to be an echo; a single word may occur by chance.
        quoted = quoted or (" " in each.group().strip() and words in sent)
        if not quoted:
            return True
    return False


def _comparable(text: str) -> str:
    """Remove the characters that quoting changes."""
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
    """Return a predicate: the error's text matches, and is not only an echo."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda error, request: (
        _is_of_the_request(error)
        and _any_is_no_echo(islice(compiled.finditer(error.text), _MAX_FOUND), error, request)
    )


def has_class(name: str) -> RejectedBy:
    """Return a predicate: the error has this class of LiteLLM or ours."""
    return lambda error, _: name in error.classes


def all_of(*conditions: RejectedBy) -> RejectedBy:
    """Return a predicate: all conditions hold."""
    return lambda error, request: all(condition(error, request) for condition in conditions)


def any_of(*conditions: RejectedBy) -> RejectedBy:
    """Return a predicate: at least one condition holds."""
    return lambda error, request: any(condition(error, request) for condition in conditions)


def negated(condition: RejectedBy) -> RejectedBy:
    """Return a predicate: the condition does not hold."""
    return lambda error, request: not condition(error, request)


_wants = says(_IS_WANTED.pattern)
_rejects = says(_IS_UNWANTED.pattern)
wants_it = all_of(_wants, negated(_rejects))
"""The provider requires a field, instead of rejecting it."""
