"""What a request has, and the same request changed: pure functions for the table of fallbacks."""

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
"""Characters that LiteLLM requires of a session id (proxy/litellm_pre_call_utils.py, 1.106)."""
type Applies = Callable[[Request], bool]
type Apply = Callable[[Request], Request]


def has(*names: str) -> Applies:
    """Return whether the plugin sets one of these fields, and no person does."""
    return lambda request: any(name in request.own and name not in request.extra for name in names)


def without(*names: str) -> Apply:
    """Remove these fields."""
    return lambda request: request.having(**dict.fromkeys(names))


def in_body(request: Request) -> Request:
    """Name the end user in `user`, the only place that counts under `enforce_user_param`."""
    return without_end_user(request).having(user=end_user_of(request))


def in_metadata(request: Request) -> Request:
    """Name the end user in `metadata.user_id`, which every LiteLLM reads and passes on to Anthropic alone."""
    metadata = {"user_id": end_user_of(request), **(request.own.get("metadata") or {})}
    return request.having(litellm_metadata=None, metadata=metadata)


def without_end_user(request: Request) -> Request:
    """Remove the end user."""
    metadata = {n: v for n, v in (request.own.get("metadata") or {}).items() if n != "user_id"}
    return request.having(litellm_metadata=None, user=None, metadata=metadata or None)


def has_app_tag(request: Request) -> bool:
    """Return whether the tag of Dify's app is among the tags."""
    return f"{APP_TAG}{request.unsent.get('app')}" in (request.own.get("metadata") or {}).get(
        "tags", ()
    )


def without_app_tag(request: Request) -> Request:
    """Name the app in `spend_logs_metadata`, where LiteLLM's routing by tags does not look."""
    app = request.unsent["app"]
    metadata = dict(request.own["metadata"])
    tags = [tag for tag in metadata.pop("tags") if tag != f"{APP_TAG}{app}"]
    told = {"tags": tags} if tags else {}
    return request.having(metadata={**metadata, **told, "spend_logs_metadata": {"dify_app": app}})


def tags_in_header(request: Request) -> Request:
    """Move the tags into a header, which takes ASCII only."""
    changed = request.having(metadata=None)
    tags = header_tags(request)
    return changed.sending(**{TAGS_HEADER: tags}) if tags else changed


def without_session(request: Request) -> Request:
    """Remove the session from body and headers."""
    headers = {name: value for name, value in request.headers.items() if name != SESSION_HEADER}
    return replace(request.having(litellm_trace_id=None), headers=headers)


def with_session_header(request: Request) -> Request:
    """Name the session in a form that LiteLLM accepts: 8 or more of `[A-Za-z0-9_-]`."""
    session = request.own.get("litellm_trace_id")
    told = (
        sha256(str(session).encode(errors="replace")).hexdigest()[:32]
        if session
        else uuid.uuid4().hex
    )
    return request.sending(**{SESSION_HEADER: told})


def without_stream_options(request: Request) -> Request:
    """Leave them out, and let LiteLLM do so: it adds them to each stream by itself (1.106)."""
    dropped = request.extra.get("additional_drop_params")
    others = dropped if isinstance(dropped, list) else []
    return request.having(stream_options=None, additional_drop_params=[*others, "stream_options"])


def streamed(request: Request) -> Request:
    """Ask for a stream."""
    return request.having(stream=True, stream_options={"include_usage": True})


def calls(request: Request) -> list[Mapping[str, Any]]:
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


REASONING = ("reasoning_content", "reasoning_items")
_ASKS_FOR_REASONING = ("reasoning_effort", "thinking", "reasoning")


def lacks_reasoning(request: Request) -> bool:
    """Return whether a turn with tool calls has no reasoning beside it."""
    return any(not any(turn.get(name) for name in REASONING) for turn in calls(request))


def without_fields(*names: str) -> Apply:
    """Remove these fields from turns with tool calls."""

    def changed(turn: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in turn.items() if name not in names}

    return lambda request: _with_turns(request, changed)


def filled(request: Request) -> Request:
    """Put a blank where reasoning is missing, as LiteLLM does for Moonshot (1.106, `fill_reasoning_content`)."""
    return _with_turns(
        request,
        lambda turn: turn if turn.get("reasoning_content") else {**turn, "reasoning_content": " "},
    )


def asks_for_reasoning(request: Request) -> bool:
    """Return whether the model is asked to reason."""
    return any(name in request.own or name in request.extra for name in _ASKS_FOR_REASONING)


def without_signed(request: Request) -> Request:
    """Leave signed reasoning out, and do not ask for more: Claude thinks on only after its own."""
    plain = without_fields("thinking_blocks")(request).having(**dict.fromkeys(_ASKS_FOR_REASONING))
    extra = {n: v for n, v in request.extra.items() if n not in _ASKS_FOR_REASONING}
    return replace(plain, extra=extra)


def lacks_signed(request: Request) -> bool:
    """Return whether a reasoning model gets a tool call without its signed reasoning."""
    turns = calls(request)
    return any(not turn.get("thinking_blocks") for turn in turns) and asks_for_reasoning(request)


def has_signed(request: Request) -> bool:
    """Return whether a turn has signed reasoning."""
    return any(turn.get("thinking_blocks") for turn in calls(request))


def call_ids(request: Request) -> list[str]:
    """Return the ids of all tool calls, in order."""
    return [call["id"] for turn in calls(request) for call in turn["tool_calls"]]


def with_call_ids(request: Request, rename: Callable[[int, str], str]) -> Request:
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


def distinct(request: Request) -> Request:
    """Give ids of later rounds the number of their round, or a later number that is free."""
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
    """Join all system messages to the first."""
    messages = request.own["messages"]
    texts = [_plain_text(m["content"]) for m in messages if m["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    return request.having(messages=[{"role": "system", "content": "\n\n".join(texts)}, *others])


def _plain_text(content: Json) -> str:
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content)


def has_video_file(request: Request) -> bool:
    """Return whether a video goes out as a file."""
    messages = request.own.get("messages") or ()
    return any(_is_video(part) for m in messages for part in _parts_of(m))


def with_video_urls(request: Request) -> Request:
    """Send videos as `video_url`, which OpenAI-compatible servers, Qwen, GLM and Kimi take."""
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
    """Remove the stop words, and keep them: the text is cut here (`translation.answer.stop_words`)."""
    return request.having(stop=None).keeping(stop=request.own["stop"])


def may_choose_format(request: Request) -> bool:
    """Return whether the plugin chose the format of speech or an image, not a person."""
    return bool(request.unsent.get("any_format"))


QUERY_OR_PASSAGE = {"document": "passage", "query": "query"}


def input_type(request: Request) -> str | None:
    """Return whether texts are documents or queries, sent or not."""
    value: str | None = request.own.get("input_type") or request.unsent.get("input_type")
    return value


BLANK = " "
_DOT = "."


def has_blank_text(request: Request) -> bool:
    """Return whether a text to embed or a document to rank is a blank, as the plugin sends blank texts."""
    return any(text == BLANK for name in ("input", "documents") for text in _list(request, name))


def with_dots_for_blanks(request: Request) -> Request:
    """Send a full stop for each blank text, where a server strips blanks and rejects what is left."""
    changed = {
        name: [_DOT if text == BLANK else text for text in _list(request, name)] or None
        for name in ("input", "documents")
    }
    return request.having(**{n: texts for n, texts in changed.items() if texts})


def _list(request: Request, name: str) -> Sequence[Json]:
    value = request.own.get(name)
    return value if isinstance(value, list) else ()


def new_token_limit(request: Request) -> Request:
    """Send the token limit under its newer name."""
    return request.having(max_tokens=None, max_completion_tokens=request.own["max_tokens"])


def with_allowed(request: Request) -> Request:
    """Tell LiteLLM to pass `dimensions` on."""
    allowed = request.extra.get("allowed_openai_params")
    others = allowed if isinstance(allowed, list) else []
    return request.having(allowed_openai_params=[*others, "dimensions"])
