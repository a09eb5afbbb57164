"""Fallbacks: what is sent instead, once, where LiteLLM or a provider rejects a part of a request.

The policy: a field that the plugin adds by itself is dropped. A field that Dify sets without a person's
choice (the temperature of a new node, the stop words of its ReAct agent, the name of the token limit,
streaming, the order of system messages) is replaced by the closest thing that passes. A value that a
person typed into the form, into *Extra Fields*, or into a parameter that only a person sets, stays: its
rejection names it.

FALLBACKS is the whole list, in the order in which they are tried. A name is stored with forms, so it
does not change. To add one: a row with a captured rejection in tests/litellm_proxy/wire/test_fallbacks.py.
"""

import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from typing import Any

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.call_ids import is_strict_call_id, strict_call_id
from litellm_proxy.wire.options import APP_TAG
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.request import (
    SESSION_HEADER,
    TAGS_HEADER,
    Request,
    end_user_of,
    header_tags,
)

type Applies = Callable[[Request], bool]
type RejectedBy = Callable[[ProxyRejected, Request], bool]
type Apply = Callable[[Request], Request]
type Version = tuple[int, ...]
type Listed = Collection[str]


def _never(*_: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Fallback:
    """One row: a change of a request, and the rejection that calls for it.

    `applies` says whether a request has what is changed, `rejected_by` whether an error means it.
    `of_version` and `of_listed` say whether it is needed before any rejection: by LiteLLM's version, or by
    the parameters that LiteLLM lists for the model. `parameter` is what the panel then offers no longer. A
    row that is not `learned` is found anew by each call.
    """

    name: str
    applies: Applies
    rejected_by: RejectedBy
    apply: Apply
    of_version: Callable[[Version], bool] = _never
    of_listed: Callable[[Listed], bool] = _never
    parameter: str | None = None
    learned: bool = True


# What an error is about.

_SPEAKS_OF_FIELDS = re.compile(
    r"param|argument|field|propert|attribute|extra|unrecogni[sz]ed|unexpected|unknown|permitted"
    r"|support|allowed|invalid|require|must be|missing|only|deprecated|not available",
    re.IGNORECASE,
)
_AMBIGUOUS = frozenset({"metadata", "tools", "stop"})
"""Words of any sentence; as the name of a field they stand in quotation marks, or are the `param`."""
_NOT_OF_THE_REQUEST = frozenset({401, 402, 403, 404, 405, 407, 408, 409, 425, 429, 502, 503, 504})
_OTHER_CLASSES = frozenset({"ContextWindowExceededError", "ContentPolicyViolationError"})
_UNSUPPORTED = "UnsupportedParamsError"
_NOT_ACCEPTABLE = 406
_MIN_SESSION = 8
"""Characters that LiteLLM requires of a session id (proxy/litellm_pre_call_utils.py, 1.106)."""
_PASSING = frozenset({408, 409, 425, 429})
_CLIENT_ERRORS = range(400, 500)
_IS_CONDITIONAL = re.compile(r"\b(unless|while|when|if)\b", re.IGNORECASE)
_IS_WANTED = re.compile(r"must be|required|missing|passed back|pass back|provide", re.IGNORECASE)
"""By which a provider that wants a field differs from one that rejects it."""
_QUOTING = re.compile(r"""[\\\s"']""")
_AROUND = 10
"""Characters on each side of a name by which an echo of the request is told."""
_MIN_AROUND = 8
_MAX_FOUND = 20


def teaches(error: ProxyRejected) -> bool:
    """Return whether a rejection says something of every such request, and not of this moment."""
    status = error.status or 0
    return status in _CLIENT_ERRORS and status not in _PASSING


def _is_of_the_request(error: ProxyRejected) -> bool:
    if error.guardrail or _OTHER_CLASSES & set(error.classes):
        return False
    passed_on = error.status in {403, 404} and bool(error.classes or error.of_provider)
    return passed_on or error.status not in _NOT_OF_THE_REQUEST


def _names(*names: str) -> RejectedBy:
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
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)
        case _:
            pass


def _says(pattern: str) -> RejectedBy:
    """Return whether an error of the request has such words."""
    compiled = re.compile(pattern, re.IGNORECASE)
    return lambda error, _: _is_of_the_request(error) and bool(compiled.search(error.text))


def _has_class(name: str) -> RejectedBy:
    """Return whether an error is of LiteLLM's class, or of our name for a rejection without a type."""
    return lambda error, _: name in error.classes


def _all(*conditions: RejectedBy) -> RejectedBy:
    return lambda error, request: all(condition(error, request) for condition in conditions)


def _any(*conditions: RejectedBy) -> RejectedBy:
    return lambda error, request: any(condition(error, request) for condition in conditions)


def _not(condition: RejectedBy) -> RejectedBy:
    return lambda error, request: not condition(error, request)


_wants = _says(_IS_WANTED.pattern)


# What a request has, and what it is changed to.


def _has(*names: str) -> Applies:
    """Return whether the plugin sets one of these fields, and no person does."""
    return lambda request: any(name in request.own and name not in request.extra for name in names)


def _without(*names: str) -> Apply:
    return lambda request: request.having(**dict.fromkeys(names))


def _in_body(request: Request) -> Request:
    return _without_end_user(request).having(user=end_user_of(request))


def _in_metadata(request: Request) -> Request:
    metadata = {"user_id": end_user_of(request), **(request.own.get("metadata") or {})}
    return request.having(litellm_metadata=None, metadata=metadata)


def _without_end_user(request: Request) -> Request:
    metadata = {n: v for n, v in (request.own.get("metadata") or {}).items() if n != "user_id"}
    return request.having(litellm_metadata=None, user=None, metadata=metadata or None)


def _has_app_tag(request: Request) -> bool:
    return f"{APP_TAG}{request.unsent.get('app')}" in (request.own.get("metadata") or {}).get(
        "tags", ()
    )


def _without_app_tag(request: Request) -> Request:
    app = request.unsent["app"]
    metadata = dict(request.own["metadata"])
    tags = [tag for tag in metadata.pop("tags") if tag != f"{APP_TAG}{app}"]
    told = {"tags": tags} if tags else {}
    return request.having(metadata={**metadata, **told, "spend_logs_metadata": {"dify_app": app}})


def _tags_in_header(request: Request) -> Request:
    changed = request.having(metadata=None)
    tags = header_tags(request)
    return changed.sending(**{TAGS_HEADER: tags}) if tags else changed


def _without_session(request: Request) -> Request:
    headers = {name: value for name, value in request.headers.items() if name != SESSION_HEADER}
    return replace(request.having(litellm_trace_id=None), headers=headers)


def _with_session_header(request: Request) -> Request:
    """Name the session in a form that LiteLLM accepts: 8 or more of `[A-Za-z0-9_-]`."""
    session = request.own.get("litellm_trace_id")
    told = (
        sha256(str(session).encode(errors="replace")).hexdigest()[:32]
        if session
        else uuid.uuid4().hex
    )
    return request.sending(**{SESSION_HEADER: told})


def _without_stream_options(request: Request) -> Request:
    """Leave them out, and let LiteLLM do so: it adds them to each stream by itself (1.106)."""
    dropped = request.extra.get("additional_drop_params")
    others = dropped if isinstance(dropped, list) else []
    return request.having(stream_options=None, additional_drop_params=[*others, "stream_options"])


def _streamed(request: Request) -> Request:
    return request.having(stream=True, stream_options={"include_usage": True})


def _calls(request: Request) -> list[Mapping[str, Any]]:
    """Return the assistant's messages with tool calls."""
    messages: Sequence[Mapping[str, Any]] = request.own.get("messages") or ()
    return [m for m in messages if m["role"] == "assistant" and m.get("tool_calls")]


def _with_turns(request: Request, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Request:
    """Return the request with each assistant message that has tool calls changed."""
    messages = [
        change(dict(message))
        if message["role"] == "assistant" and message.get("tool_calls")
        else message
        for message in request.own["messages"]
    ]
    return request.having(messages=messages)


_REASONING = ("reasoning_content", "reasoning_items")
_ASKS_FOR_REASONING = ("reasoning_effort", "thinking", "reasoning")


def _lacks_reasoning(request: Request) -> bool:
    return any(not any(turn.get(name) for name in _REASONING) for turn in _calls(request))


def _without_fields(*names: str) -> Apply:
    def changed(turn: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in turn.items() if name not in names}

    return lambda request: _with_turns(request, changed)


def _filled(request: Request) -> Request:
    return _with_turns(
        request,
        lambda turn: turn if turn.get("reasoning_content") else {**turn, "reasoning_content": " "},
    )


def _asks_for_reasoning(request: Request) -> bool:
    return any(name in request.own or name in request.extra for name in _ASKS_FOR_REASONING)


def _without_signed(request: Request) -> Request:
    """Leave signed reasoning out, and do not ask for more: Claude thinks on only after its own."""
    plain = _without_fields("thinking_blocks")(request).having(**dict.fromkeys(_ASKS_FOR_REASONING))
    extra = {n: v for n, v in request.extra.items() if n not in _ASKS_FOR_REASONING}
    return replace(plain, extra=extra)


def _lacks_signed(request: Request) -> bool:
    turns = _calls(request)
    return any(not turn.get("thinking_blocks") for turn in turns) and _asks_for_reasoning(request)


def _has_signed(request: Request) -> bool:
    return any(turn.get("thinking_blocks") for turn in _calls(request))


def _call_ids(request: Request) -> list[str]:
    return [call["id"] for turn in _calls(request) for call in turn["tool_calls"]]


def _with_call_ids(request: Request, rename: Callable[[int, str], str]) -> Request:
    """Return the request with ids of tool calls renamed, results alike; `rename` gets (round, id)."""
    messages: list[Mapping[str, Any]] = []
    round_ = 0
    for message in request.own["messages"]:
        if message["role"] == "assistant" and message.get("tool_calls"):
            round_ += 1
            calls = [{**call, "id": rename(round_, call["id"])} for call in message["tool_calls"]]
            messages.append({**message, "tool_calls": calls})
        elif message["role"] == "tool":
            messages.append({**message, "tool_call_id": rename(round_, message["tool_call_id"])})
        else:
            messages.append(message)
    return request.having(messages=messages)


def _distinct(request: Request) -> Request:
    return _with_call_ids(
        request, lambda round_, call_id: f"{call_id}_{round_}" if round_ > 1 else call_id
    )


def _has_later_system_message(request: Request) -> bool:
    messages = request.own.get("messages") or ()
    return any(message["role"] == "system" for message in messages[1:])


def _one_system_message(request: Request) -> Request:
    messages = request.own["messages"]
    texts = [_plain_text(m["content"]) for m in messages if m["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    return request.having(messages=[{"role": "system", "content": "\n\n".join(texts)}, *others])


def _plain_text(content: Json) -> str:
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)


def _stop_cut_here(request: Request) -> Request:
    return request.having(stop=None).keeping(stop=request.own["stop"])


def _may_choose_format(request: Request) -> bool:
    """Return whether the plugin chose the format of speech or an image, not a person."""
    return bool(request.unsent.get("any_format"))


_QUERY_OR_PASSAGE = {"document": "passage", "query": "query"}


def _input_type(request: Request) -> str | None:
    value: str | None = request.own.get("input_type") or request.unsent.get("input_type")
    return value


def _is_plain_temperature(name: str) -> Fallback:
    """Return the row of a number that Dify's page writes into new nodes."""
    return Fallback(
        f"no-{name}",
        _has(name),
        _names(name),
        _without(name),
        parameter=name,
    )


def _new_token_limit(request: Request) -> Request:
    return request.having(max_tokens=None, max_completion_tokens=request.own["max_tokens"])


def _with_allowed(request: Request) -> Request:
    allowed = request.extra.get("allowed_openai_params")
    others = allowed if isinstance(allowed, list) else []
    return request.having(allowed_openai_params=[*others, "dimensions"])


_OWN_METADATA_IS_SAFE = (1, 83, 0)
"""Before, a caller's `litellm_metadata` takes the place of LiteLLM's own, and the spend of a call belongs to
no key and has no tags (litellm_core_utils/core_helpers.py, get_litellm_metadata_from_kwargs)."""

FALLBACKS: tuple[Fallback, ...] = (
    # Chats.
    Fallback(
        "stream-only",
        lambda request: "messages" in request.own and not request.own.get("stream"),
        _says(r"only.{0,20} stream|enable.{0,20} stream|must be set to false for non-streaming|stream.{0,12}must be (true|set)|"
              r"non-?streaming.{0,30}not supported|stream(ing)? is required"),
        _streamed,
    ),
    Fallback(
        "no-stream",
        lambda request: bool(request.own.get("stream")),
        _says(r"stream(ing)?\b.{0,20}(is )?not (be )?(supported|allowed|available)|does not support (parameter )?.?stream(ing)?\b(?!_)"),
        _without("stream", "stream_options"),
    ),
    Fallback(
        "no-usage-in-streams", _has("stream_options"), _names("stream_options", "include_usage"),
        _without_stream_options,
    ),
    Fallback(
        "one-system-message", _has_later_system_message,
        _says(r"system.{0,12}(message|role|prompt).{0,40}(beginning|first|start|once|only one|single|multiple)"
              r"|(multiple|more than one|only one|single).{0,20}system"),
        _one_system_message,
    ),
    Fallback(
        "stop-cut-here", _has("stop"), _names("stop", "stop_sequences", "stopSequences"), _stop_cut_here,
        of_listed=lambda listed: "stop" not in listed,
    ),
    Fallback(
        "default-reasoning-effort",
        lambda request: "tools" in request.own and not _asks_for_reasoning(request)
        and bool(request.unsent.get("reasoning_effort")),
        _all(_names("reasoning_effort"), _says(r"\btools?\b")),
        lambda request: request.having(reasoning_effort=request.unsent["reasoning_effort"]),
    ),
    Fallback(
        "max-completion-tokens",
        lambda request: _has("max_tokens")(request) and "max_completion_tokens" not in request.body(),
        _all(_names("max_tokens"), _says("max_completion_tokens")),
        _new_token_limit,
    ),
    *map(_is_plain_temperature, ("temperature", "top_p", "presence_penalty", "frequency_penalty")),
    Fallback(
        "no-tools-of-the-history",
        lambda request: bool(request.unsent.get("history_tools")) and "tools" in request.own,
        _names("tools", "tool_choice", "tool use", "tool calling"),
        _without("tools"),
    ),
    Fallback("filled-reasoning", _lacks_reasoning, _all(_names(*_REASONING), _wants), _filled),
    Fallback(
        "no-reasoning-back",
        lambda request: any(turn.get(name) for turn in _calls(request) for name in _REASONING),
        _any(
            _says(r"of type '?reasoning|items are not persisted|encrypted content"),
            _all(_names(*_REASONING), _not(_wants)),
        ),
        _without_fields(*_REASONING),
    ),
    Fallback(
        "no-signed-reasoning", _has_signed, _says(r"signature|thinking.{0,2}blocks?\b|redacted_thinking"),
        _without_signed, learned=False,
    ),
    Fallback(
        "no-more-reasoning", _lacks_signed,
        _all(lambda error, _: teaches(error), _says("thinking|reasoning|thought|signature")),
        _without_signed, learned=False,
    ),
    Fallback(
        "distinct-call-ids",
        lambda request: len(set(ids := _call_ids(request))) < len(ids),
        _says(r"(duplicate|unique|distinct|same|repeated|already).{0,60}(tool|call|id\b)|(tool|call).{0,60}(duplicate|unique|distinct|repeated)"),
        _distinct,
    ),
    Fallback(
        "strict-call-ids",
        lambda request: not all(map(is_strict_call_id, _call_ids(request))),
        _names("tool call id", "tool_call_id", "tool_calls", "invalid_function_call"),
        lambda request: _with_call_ids(request, lambda _, call_id: strict_call_id(call_id)),
    ),
    # Speech and images.
    Fallback(
        "wav",
        lambda request: request.own.get("response_format") == "mp3" and _may_choose_format(request),
        _names("response_format", "response format", "response formats", "audio format", "mp3"),
        lambda request: request.having(response_format="wav"),
    ),
    Fallback(
        "image-url",
        lambda request: "output_format" in request.own and _may_choose_format(request),
        _names("output_format", "output format"),
        lambda request: request.having(output_format=None, response_format="url"),
    ),
    Fallback(
        "any-image",
        lambda request: request.own.get("response_format") == "url" and _may_choose_format(request),
        _names("response_format", "response format"),
        _without("response_format"),
    ),
    # Embeddings.
    Fallback(
        "dimensions-allowed",
        lambda request: "dimensions" in request.own and "allowed_openai_params" not in request.own,
        _all(_names("dimensions"), _says("not supported|does not support")),
        _with_allowed,
    ),
    Fallback(
        "passage-and-query",
        lambda request: _input_type(request) in _QUERY_OR_PASSAGE
        and request.own.get("input_type") != _QUERY_OR_PASSAGE[str(_input_type(request))],
        _all(_names("input_type", "inputType"), _says(r"passage|required|missing|asymmetric")),
        lambda request: request.having(input_type=_QUERY_OR_PASSAGE[str(_input_type(request))]),
    ),
    Fallback(
        "no-input-type", _has("input_type"), _names("input_type", "inputType", "task_type", "taskType"),
        _without("input_type"),
    ),
    Fallback(
        "no-encoding",
        _has("encoding_format"),
        # Where LiteLLM itself rejects the field, no other value of it is taken either.
        lambda error, request: _names("encoding_format", "encodingFormat")(error, request)
        and (_UNSUPPORTED in error.classes or request.own["encoding_format"] != "base64"),
        _without("encoding_format"),
        # LiteLLM 1.106 lists the parameters of chats for some embedding models; a list that names one
        # of embeddings is one of embeddings.
        of_listed=lambda listed: "dimensions" in listed and "encoding_format" not in listed,
    ),
    Fallback(
        "floats",
        lambda request: request.own.get("encoding_format") == "base64",
        _names("encoding_format", "encodingFormat", "base64"),
        lambda request: request.having(encoding_format="float"),
    ),
    # Who asks, on every endpoint.
    Fallback(
        "end-user-in-metadata",
        lambda request: "litellm_metadata" in request.own,
        _never,
        _in_metadata,
        of_version=lambda version: version < _OWN_METADATA_IS_SAFE,
    ),
    Fallback(
        "end-user-in-body", lambda request: end_user_of(request) is not None, _has_class("UserRequired"),
        _in_body,
    ),
    Fallback(
        "no-end-user",
        lambda request: end_user_of(request) is not None or "user" in request.own,
        _names("litellm_metadata"),
        _without_end_user,
    ),
    Fallback("no-tag-of-the-app", _has_app_tag, _has_class("TagsRefused"), _without_app_tag),
    Fallback(
        "no-metadata", lambda request: "metadata" in request.own, _names("metadata"), _tags_in_header
    ),
    Fallback(
        "no-session", lambda request: "litellm_trace_id" in request.own, _names("litellm_trace_id"),
        _without_session,
    ),
    Fallback(
        "session-header",
        lambda request: SESSION_HEADER not in request.headers or len(request.headers[SESSION_HEADER]) < _MIN_SESSION,
        _any(_says(r"no session.?id|session.?id (is )?(required|missing)|missing session"),
             lambda error, _: error.param == "session_id"),
        _with_session_header,
    ),
    Fallback(
        "any-type",
        lambda request: request.headers.get("Accept") != "*/*",
        lambda error, _: error.status == _NOT_ACCEPTABLE,
        lambda request: request.sending(Accept="*/*"),
    ),
)  # fmt: skip
NAMES = frozenset(fallback.name for fallback in FALLBACKS)
PARAMETERS = {each.name: each.parameter for each in FALLBACKS if each.parameter}
"""By the name of a fallback, the parameter that the panel offers no longer."""


def for_version(version: Version) -> frozenset[str]:
    """Return the names of the fallbacks that a version of LiteLLM needs."""
    return frozenset(each.name for each in FALLBACKS if each.of_version(version))


def for_listed(listed: Listed | None) -> frozenset[str]:
    """Return the names of those that a model needs by LiteLLM's list of its parameters."""
    if listed is None:
        return frozenset()
    return frozenset(each.name for each in FALLBACKS if each.of_listed(listed))


def applied(request: Request, names: Collection[str]) -> Request:
    """Return a request with the fallbacks of these names."""
    for fallback in FALLBACKS:
        if fallback.name in names and fallback.applies(request):
            request = fallback.apply(request)
    return request


def fallbacks_for(
    error: ProxyRejected, request: Request, tried: Collection[str]
) -> tuple[Sequence[Fallback], Request]:
    """Return the fallbacks that a rejection calls for, none if it calls for none, and the changed request.

    One at a time, since a provider names one field. LiteLLM's own check of parameters names all that it
    rejects.
    """
    meant: list[Fallback] = []
    for each in FALLBACKS:
        if each.name in tried or not each.applies(request) or not each.rejected_by(error, request):
            continue
        meant.append(each)
        request = each.apply(request)
        if _UNSUPPORTED not in error.classes:
            break
    return meant, request


def is_learned(fallback: Fallback, error: ProxyRejected) -> bool:
    """Return whether a fallback is remembered, if the changed request succeeds.

    A parameter that is rejected under a condition, such as while the model reasons, is not.
    """
    is_conditional = (
        fallback.parameter is not None and _IS_CONDITIONAL.search(error.message) is not None
    )
    return fallback.learned and teaches(error) and not is_conditional
