"""Predicates on requests, and functions that return a changed request, for the fallbacks."""

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from litellm_proxy.wire.options import APP_TAG
from litellm_proxy.wire.reading import Json
from litellm_proxy.wire.request import (
    SESSION_HEADER,
    TAGS_HEADER,
    Request,
    end_user_of,
    header_tags,
)

MIN_SESSION = 8
"""Minimum characters of a session id in LiteLLM (proxy/litellm_pre_call_utils.py, 1.106)."""
type Applies = Callable[[Request], bool]
type Apply = Callable[[Request], Request]


def has(*names: str) -> Applies:
    """Return a predicate: the plugin sets one of these fields, and `extra` does not."""
    return lambda request: any(name in request.own and name not in request.extra for name in names)


def without(*names: str) -> Apply:
    """Return a function that removes these fields."""
    return lambda request: request.having(**dict.fromkeys(names))


def in_body(request: Request) -> Request:
    """Move the end user to `user`, the only field that `enforce_user_param` accepts."""
    return without_end_user(request).having(user=end_user_of(request))


def in_metadata(request: Request) -> Request:
    """Move the end user to `metadata.user_id`.

    Every LiteLLM reads this field, and passes it on only to Anthropic.
    """
    metadata = {"user_id": end_user_of(request), **(request.own.get("metadata") or {})}
    return request.having(litellm_metadata=None, metadata=metadata)


def without_end_user(request: Request) -> Request:
    """Remove the end user."""
    metadata = {n: v for n, v in (request.own.get("metadata") or {}).items() if n != "user_id"}
    return request.having(litellm_metadata=None, user=None, metadata=metadata or None)


def has_app_tag(request: Request) -> bool:
    """Return whether the tags include that of Dify's app."""
    return f"{APP_TAG}{request.unsent.get('app')}" in (request.own.get("metadata") or {}).get(
        "tags", ()
    )


def without_app_tag(request: Request) -> Request:
    """Move the app to `spend_logs_metadata`, which LiteLLM's tag-based routing ignores."""
    app = request.unsent["app"]
    metadata = dict(request.own["metadata"])
    tags = [tag for tag in metadata.pop("tags") if tag != f"{APP_TAG}{app}"]
    told = {"tags": tags} if tags else {}
    return request.having(metadata={**metadata, **told, "spend_logs_metadata": {"dify_app": app}})


def tags_in_header(request: Request) -> Request:
    """Move the tags to a header, which is limited to ASCII."""
    changed = request.having(metadata=None)
    tags = header_tags(request)
    return changed.sending(**{TAGS_HEADER: tags}) if tags else changed


def without_session(request: Request) -> Request:
    """Remove the session from the body and the headers."""
    headers = {name: value for name, value in request.headers.items() if name != SESSION_HEADER}
    return replace(request.having(litellm_trace_id=None), headers=headers)


def with_session_header(request: Request) -> Request:
    """Add a session header that LiteLLM accepts: 8 or more of `[A-Za-z0-9_-]`."""
    session = request.own.get("litellm_trace_id")
    told = (
        sha256(str(session).encode(errors="replace")).hexdigest()[:32]
        if session
        else uuid.uuid4().hex
    )
    return request.sending(**{SESSION_HEADER: told})


def without_stream_options(request: Request) -> Request:
    """Remove `stream_options`, and make LiteLLM drop it: it adds it to each stream (1.106)."""
    dropped = request.extra.get("additional_drop_params")
    others = dropped if isinstance(dropped, list) else []
    return request.having(stream_options=None, additional_drop_params=[*others, "stream_options"])


def streamed(request: Request) -> Request:
    """Request a stream."""
    return request.having(stream=True, stream_options={"include_usage": True})


def calls(request: Request) -> list[Mapping[str, Any]]:
    """Return the assistant messages with tool calls."""
    messages: Sequence[Mapping[str, Any]] = request.own.get("messages") or ()
    return [m for m in messages if m["role"] == "assistant" and m.get("tool_calls")]


def _with_turns(request: Request, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Request:
    """Return the request with `change` applied to each assistant message with tool calls."""
    messages = [
        change(dict(message))
        if message["role"] == "assistant" and message.get("tool_calls")
        else message
        for message in request.own["messages"]
    ]
    return request.having(messages=messages)


REASONING = ("reasoning_content", "reasoning_items")
_ASKS_FOR_REASONING = ("reasoning_effort", "thinking", "reasoning")


def lacks_reasoning(request: Request) -> bool:
    """Return whether an assistant message with tool calls has no reasoning."""
    return any(not any(turn.get(name) for name in REASONING) for turn in calls(request))


def without_fields(*names: str) -> Apply:
    """Return a function that removes these fields from messages with tool calls."""

    def changed(turn: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in turn.items() if name not in names}

    return lambda request: _with_turns(request, changed)


def filled(request: Request) -> Request:
    """Fill missing `reasoning_content` with a blank.

    LiteLLM does so for Moonshot (1.106, `fill_reasoning_content`).
    """
    return _with_turns(
        request,
        lambda turn: turn if turn.get("reasoning_content") else {**turn, "reasoning_content": " "},
    )


def asks_for_reasoning(request: Request) -> bool:
    """Return whether the request enables reasoning."""
    return any(name in request.own or name in request.extra for name in _ASKS_FOR_REASONING)


def without_signed(request: Request) -> Request:
    """Remove signed reasoning and disable reasoning: Claude needs its own to continue."""
    plain = without_fields("thinking_blocks")(request).having(**dict.fromkeys(_ASKS_FOR_REASONING))
    extra = {n: v for n, v in request.extra.items() if n not in _ASKS_FOR_REASONING}
    return replace(plain, extra=extra)


def lacks_signed(request: Request) -> bool:
    """Return whether reasoning is enabled and a tool call has no signed reasoning."""
    turns = calls(request)
    return any(not turn.get("thinking_blocks") for turn in turns) and asks_for_reasoning(request)


def has_signed(request: Request) -> bool:
    """Return whether an assistant message has signed reasoning."""
    return any(turn.get("thinking_blocks") for turn in calls(request))


def call_ids(request: Request) -> list[str]:
    """Return the ids of all tool calls, in order."""
    return [call["id"] for turn in calls(request) for call in turn["tool_calls"]]


def with_call_ids(request: Request, rename: Callable[[int, str], str]) -> Request:
    """Rename ids of tool calls and of their results; `rename` gets (round, id)."""
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


def distinct(request: Request) -> Request:
    """Append the round's number, or the next free number, to repeated ids."""
    names: dict[tuple[int, str], str] = {}
    taken = set(call_ids(request))

    def renamed(round_: int, call_id: str) -> str:
        if (round_, call_id) not in names:
            numbered = (f"{call_id}_{number}" for number in itertools.count(round_))
            is_first = call_id not in {old for _, old in names}
            names[round_, call_id] = (
                call_id if is_first else next(n for n in numbered if n not in taken)
            )
            taken.add(names[round_, call_id])
        return names[round_, call_id]

    return with_call_ids(request, renamed)


def has_later_system_message(request: Request) -> bool:
    """Return whether a system message is not the first message."""
    messages = request.own.get("messages") or ()
    return any(message["role"] == "system" for message in messages[1:])


def one_system_message(request: Request) -> Request:
    """Join all system messages into one at the start."""
    messages = request.own["messages"]
    texts = [_plain_text(m["content"]) for m in messages if m["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    return request.having(messages=[{"role": "system", "content": "\n\n".join(texts)}, *others])


def _plain_text(content: Json) -> str:
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)


def has_video_file(request: Request) -> bool:
    """Return whether a video is sent as a `file` part."""
    messages = request.own.get("messages") or ()
    return any(_is_video(part) for m in messages for part in _parts_of(m))


def with_video_urls(request: Request) -> Request:
    """Send videos as `video_url`, which OpenAI-compatible servers, Qwen, GLM and Kimi accept."""
    messages = [
        {**m, "content": [_as_video_url(part) if _is_video(part) else part for part in parts]}
        if (parts := _parts_of(m))
        else m
        for m in request.own["messages"]
    ]
    return request.having(messages=messages)


def _parts_of(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    content = message.get("content")
    return content if isinstance(content, list) else ()


def _is_video(part: Mapping[str, Any]) -> bool:
    media_type: str = part["file"].get("format", "") if part["type"] == "file" else ""
    return media_type.startswith("video/")


def _as_video_url(part: Mapping[str, Any]) -> dict[str, Any]:
    file = part["file"]
    return {"type": "video_url", "video_url": {"url": file.get("file_data") or file.get("file_id")}}


def stop_cut_here(request: Request) -> Request:
    """Move the stop words to `unsent`: `translation.answer.stop_words` cuts the text."""
    return request.having(stop=None).keeping(stop=request.own["stop"])


def may_choose_format(request: Request) -> bool:
    """Return whether the plugin chose the format of speech or an image."""
    return bool(request.unsent.get("any_format"))


QUERY_OR_PASSAGE = {"document": "passage", "query": "query"}


def input_type(request: Request) -> str | None:
    """Return whether texts are documents or queries, whether sent or not."""
    value: str | None = request.own.get("input_type") or request.unsent.get("input_type")
    return value


BLANK = " "
_DOT = "."


def has_blank_text(request: Request) -> bool:
    """Return whether a text is a blank, sent for an empty text."""
    return any(text == BLANK for name in ("input", "documents") for text in _list(request, name))


def with_dots_for_blanks(request: Request) -> Request:
    """Replace blanks by full stops, for servers that strip blanks and reject empty texts."""
    changed = {
        name: [_DOT if text == BLANK else text for text in _list(request, name)] or None
        for name in ("input", "documents")
    }
    return request.having(**{n: texts for n, texts in changed.items() if texts})


def _list(request: Request, name: str) -> Sequence[Json]:
    value = request.own.get(name)
    return value if isinstance(value, list) else ()


def new_token_limit(request: Request) -> Request:
    """Send the token limit as `max_completion_tokens`."""
    return request.having(max_tokens=None, max_completion_tokens=request.own["max_tokens"])


def with_allowed(request: Request) -> Request:
    """Make LiteLLM pass `dimensions` on."""
    allowed = request.extra.get("allowed_openai_params")
    others = allowed if isinstance(allowed, list) else []
    return request.having(allowed_openai_params=[*others, "dimensions"])
