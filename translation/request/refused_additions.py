"""Which addition of ours a refusal is about. Nothing is given up for any other reason."""

import re
from collections.abc import Mapping
from itertools import islice

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.options import ProxyRequest
from litellm_proxy.wire.reading import Json
from translation.errors.causes import REFUSED_REQUEST, Cause, cause_of

_NOT_ACCEPTABLE = 406
_CLIENT_ERRORS = range(400, 500)
_PASSING = frozenset({408, 409, 425, 429})
_AROUND = 10
"""Characters on each side of a name by which an echo of the request is told."""
_MOST_LOOKED_AT = 20
_LEAST_ECHO = 8
"""Characters around a name; fewer may stand in a request by chance."""
_NOT_TO_BE_COMPARED = re.compile(r"""[\\\s"']""")
_SERVER_FAULT = frozenset({Cause.PROVIDER})
_OF_CAUSE = {
    Cause.USER_REQUIRED: Concession.END_USER_IN_BODY,
    Cause.TAGS_REFUSED: Concession.NO_TAG_OF_THE_APP,
}
_REASONING = ("reasoning_content", "reasoning_items")
_REFUSED_ITEM = re.compile(
    r"of type '?reasoning|items are not persisted|encrypted content", re.IGNORECASE
)
"""How OpenAI's Responses API speaks of an item of reasoning that it does not take back."""
_NAMES: Mapping[Concession, tuple[str, ...]] = {
    Concession.NO_USAGE_IN_STREAMS: ("stream_options", "include_usage"),
    Concession.NO_TOOLS_OF_THE_HISTORY: ("tools", "tool_choice", "tool use", "tool calling"),
    Concession.FILLED_REASONING: _REASONING,
    Concession.NO_REASONING_BACK: _REASONING,
    Concession.WAV: (
        "response_format",
        "response format",
        "response formats",
        "audio format",
        "mp3",
    ),
    Concession.IMAGE_URL: ("output_format", "output format"),
    Concession.ANY_IMAGE: ("response_format", "response format"),
    Concession.STRICT_CALL_IDS: (
        "tool call id",
        "tool_call_id",
        "tool_calls",
        "invalid_function_call",
    ),
    Concession.FLOATS: ("encoding_format", "encodingFormat", "base64"),
    Concession.NO_ENCODING: ("encoding_format", "encodingFormat"),
    Concession.NO_INPUT_TYPE: ("input_type", "inputType", "task_type", "taskType"),
    Concession.NO_SESSION: ("litellm_trace_id",),
    Concession.NO_END_USER: ("litellm_metadata",),
    Concession.NO_METADATA: ("metadata",),
}
"""By which names a refusal speaks of an addition."""
_SPEAKS_OF_FIELDS = re.compile(
    r"param|argument|field|propert|attribute|extra|unrecogni[sz]ed|unexpected|unknown|permitted"
    r"|support|allowed|invalid|require|must be|missing",
    re.IGNORECASE,
)
_IS_WANTED = re.compile(r"must be|required|missing|passed back|pass back|provide", re.IGNORECASE)
"""By which a provider that wants reasoning back differs from one that refuses it."""
_IS_CONDITIONAL = re.compile(r"\b(unless|while|when|if)\b", re.IGNORECASE)
_AMBIGUOUS = frozenset({"metadata", "tools"})
"""Words of any sentence; as a field's name they stand in quotation marks, or are the `param`."""


def teaches(error: ProxyRejected) -> bool:
    """Return whether a rejection says something of every such request, and not of this moment."""
    status = error.status or 0
    return status in _CLIENT_ERRORS and status not in _PASSING


def concession_for(error: ProxyRejected, request: ProxyRequest) -> Concession | None:
    """Return what to give up, of what still can be, so that the request may be taken; else None.

    LiteLLM's own parameter check names all fields that it refuses; a provider names one. Words that
    the request itself contains are no name: some providers quote the prompt that they refuse.
    """
    cause = cause_of(error)
    sent = _comparable(request.sent_text())
    for concession in request.open_concessions():
        if _OF_CAUSE.get(cause) is concession:
            return concession
        if concession is Concession.ANY_TYPE:
            if error.status == _NOT_ACCEPTABLE:
                return concession
        elif cause in REFUSED_REQUEST | _SERVER_FAULT and _is_named(concession, error, sent):
            # Where LiteLLM refuses the field, no other value of it is taken either.
            if concession is Concession.FLOATS and cause is Cause.UNSUPPORTED_PARAMETER:
                return Concession.NO_ENCODING
            return concession
    return None


def refused_parameters(error: ProxyRejected, parameters: Mapping[str, Json]) -> frozenset[str]:
    """Return which of an app's numbers LiteLLM's own check refuses, whatever they are.

    Of an option, one value may be refused and others taken. A refusal that holds under a condition, such as while the model reasons, is none of the parameter.
    """
    words = error.message
    if cause_of(error) is not Cause.UNSUPPORTED_PARAMETER or _IS_CONDITIONAL.search(words):
        return frozenset()
    numbers = [name for name, value in parameters.items() if isinstance(value, int | float)]
    return frozenset(name for name in numbers if _stands_in(name, words))


def _is_named(concession: Concession, error: ProxyRejected, sent: str) -> bool:
    names = _NAMES.get(concession, ())
    if concession is Concession.NO_REASONING_BACK and _REFUSED_ITEM.search(error.text):
        return True
    is_wanted = _IS_WANTED.search(error.text) is not None
    if is_wanted is not (concession is Concession.FILLED_REASONING) and names == _REASONING:
        return False
    if error.param in names or error.error_type in names:
        return True
    if not _SPEAKS_OF_FIELDS.search(error.text):
        return False
    return any(_stands_in(name, error.text, sent) for name in names)


def _stands_in(name: str, text: str, sent: str = "") -> bool:
    """Return whether a text has a name that is not part of an echo of what was sent."""
    word = re.escape(name)
    pattern = rf"['\"`\[.]{word}['\"`\]]" if name in _AMBIGUOUS else rf"(?<![\w-]){word}(?![\w-])"
    found = re.finditer(pattern, text, re.IGNORECASE)
    return any(not _is_echo(text, each, sent) for each in islice(found, _MOST_LOOKED_AT))


def _is_echo(text: str, found: re.Match[str], sent: str) -> bool:
    around = _comparable(text[max(0, found.start() - _AROUND) : found.end() + _AROUND])
    return len(around) >= len(found.group()) + _LEAST_ECHO and around in sent


def _comparable(text: str) -> str:
    """Return a text without what quoting it changes."""
    return _NOT_TO_BE_COMPARED.sub("", text)
