"""Fallbacks: the changed request that replaces one that LiteLLM or a provider rejects.

The policy: a field that the plugin adds by itself is dropped. A field that Dify sets without a
person's choice (the temperature of a new node, the stop words of its ReAct agent, the name of the
token limit, streaming, the order of system messages) is replaced by the closest accepted value. A
value that a person typed into the form, into *Extra Fields*, or into a parameter that only a person
sets, is kept: the error names it.

FALLBACKS is the whole list, in the order of the attempts. Names are stored with forms, so they must
not change. To add a fallback, add a row, and a captured rejection in
tests/litellm_proxy/wire/test_fallbacks.py.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from litellm_proxy.errors import ProxyRejected
from litellm_proxy.wire.call_ids import is_strict_call_id, strict_call_id
from litellm_proxy.wire.rejected_requests import request_changes as change
from litellm_proxy.wire.rejected_requests.rejections import (
    IS_CONDITIONAL,
    NOT_ACCEPTABLE,
    UNSUPPORTED,
    RejectedBy,
    all_of,
    any_of,
    has_class,
    is_permanent,
    names,
    negated,
    says,
    wants_it,
)
from litellm_proxy.wire.request import SESSION_HEADER, Request, end_user_of

type Version = tuple[int, ...]
type Listed = Collection[str]

VIDEOS_AS_FILES = frozenset({"gemini", "hosted_vllm", "bedrock", "bedrock_converse"})
"""Providers for which LiteLLM converts videos in `file` parts (1.106, llms/vertex_ai/gemini,
llms/hosted_vllm, litellm_core_utils/prompt_templates/factory.py), beside Vertex AI's. For others it
passes the parts on unchanged."""


def _never(*_: object) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Fallback:
    """One row: a change of a request, and the rejection that requires it.

    `applies` returns whether a request has the field to change, `rejected_by` whether an error
    rejects it. Three more predicates select a fallback before any rejection: `of_version` by
    LiteLLM's version, `of_listed` by the parameters that LiteLLM lists for the model, `is_provider_error`
    by LiteLLM's name of the provider. `parameter` is the parameter that the panel then hides. A
    fallback that is not `learned` is not stored: each call finds it again.
    """

    name: str
    applies: change.Applies
    rejected_by: RejectedBy
    apply: change.Apply
    of_version: Callable[[Version], bool] = _never
    of_listed: Callable[[Listed], bool] = _never
    is_provider_error: Callable[[str], bool] = _never
    parameter: str | None = None
    learned: bool = True


_RANGE = re.compile(
    r"\b(range|maximum|minimum|between|non-negative|greater|less than|at most|at least|above|below|too (large|small))\b"
    r"|[<>]=?|, got |in [(\[]",
    re.IGNORECASE,
)


def _is_out_of_range(error: ProxyRejected, _: Request) -> bool:
    """Return whether a value is out of range, which a person can correct."""
    return UNSUPPORTED not in error.classes and _RANGE.search(error.message) is not None


def _sampling_number(name: str, *other_names: str) -> Fallback:
    """Return the fallback of a number that Dify writes into new nodes."""
    return Fallback(
        f"no-{name}",
        change.has(name),
        all_of(names(name, *other_names), negated(_is_out_of_range)),
        change.without(name),
        parameter=name,
    )


_OWN_METADATA_IS_SAFE = (1, 83, 0)
"""Before this version, a caller's `litellm_metadata` replaces LiteLLM's own, and the spend of a
call has no key and no tags (litellm_core_utils/core_helpers.py,
get_litellm_metadata_from_kwargs)."""

FALLBACKS: tuple[Fallback, ...] = (
    # Chats.
    Fallback(
        "stream-only",
        lambda request: "messages" in request.own and not request.own.get("stream"),
        says(r"only.{0,20} stream|enable.{0,20} stream|must be set to false for non-streaming|stream.{0,12}must be (true|set)"
             r"|non-?streaming.{0,30}not supported|stream(ing)? is required|stream=false is not|stream\b.{0,10}only supports true"),
        change.streamed,
    ),
    Fallback(
        "no-stream",
        lambda request: bool(request.own.get("stream")),
        any_of(
            says(r"\bstream(ing)?\b.{0,20}not (be )?(supported|allowed|available)|unsupported for streaming"
                 r"|(does not|doesn't) support .{0,20}\bstream(ing)?\b"),
            lambda error, _: error.param == "stream",
        ),
        change.without("stream", "stream_options"),
    ),
    Fallback(
        "no-usage-in-streams", change.has("stream_options"), names("stream_options", "include_usage"),
        change.without_stream_options,
    ),
    Fallback(
        "one-system-message", change.has_later_system_message,
        says(r"system (message|role|prompt)s?.{0,30}(at the (beginning|start)|be the first|come first)"
             r"|only (one|a single|the first).{0,30}system|(multiple|more than one|several) system"
             r"|role .?system.{0,30}(must be first|only)|unexpected role .?system"),
        change.one_system_message,
    ),
    Fallback(
        "stop-cut-here", change.has("stop"), names("stop", "stop_sequences", "stopSequences"), change.stop_cut_here,
        of_listed=lambda listed: "stop" not in listed,
    ),
    Fallback(
        "default-reasoning-effort",
        lambda request: "tools" in request.own and not change.asks_for_reasoning(request)
        and bool(request.unsent.get("reasoning_effort")),
        all_of(names("reasoning_effort"), says(r"\btools?\b")),
        lambda request: request.having(reasoning_effort=request.unsent["reasoning_effort"]),
    ),
    Fallback(
        "max-completion-tokens",
        lambda request: change.has("max_tokens")(request) and "max_completion_tokens" not in request.body(),
        all_of(names("max_tokens"), says("max_completion_tokens")),
        change.new_token_limit,
    ),
    Fallback(
        "temperature-without-top_p",
        lambda request: change.has("temperature")(request) and change.has("top_p")(request),
        all_of(names("top_p"), names("temperature"), says("both|only one|together|simultaneously")),
        change.without("top_p"),
    ),
    _sampling_number("temperature"),
    _sampling_number("top_p", "topP"),
    _sampling_number("presence_penalty", "presencePenalty"),
    _sampling_number("frequency_penalty", "frequencyPenalty"),
    Fallback(
        "no-tools-of-the-history",
        lambda request: bool(request.unsent.get("history_tools")) and "tools" in request.own,
        any_of(names("tools", "tool_choice", "tool use", "tool calling"), says(r"not support tools?\b")),
        change.without("tools"),
    ),
    Fallback("filled-reasoning", change.lacks_reasoning, all_of(names(*change.REASONING), wants_it), change.filled),
    Fallback(
        "no-reasoning-back",
        lambda request: any(turn.get(name) for turn in change.calls(request) for name in change.REASONING),
        any_of(
            says(r"of type '?reasoning|items are not persisted|encrypted content"),
            all_of(names(*change.REASONING), negated(wants_it)),
        ),
        change.without_fields(*change.REASONING),
    ),
    Fallback(
        "no-signed-reasoning", change.has_signed,
        says(r"signature.{0,40}(thinking|block)|thinking.{0,2}blocks?\b|redacted_thinking"),
        change.without_signed, learned=False,
    ),
    Fallback(
        "no-more-reasoning", change.lacks_signed,
        all_of(
            lambda error, _: is_permanent(error),
            says(r"expected .?(redacted_)?thinking|start with a thinking block"
                 r"|(missing|without|required|preced)\w*.{0,60}(signature|thinking block)"
                 r"|(signature|thinking block)s?.{0,60}(missing|required|must)"),
        ),
        change.without_signed, learned=False,
    ),
    Fallback(
        "distinct-call-ids",
        lambda request: len(set(ids := change.call_ids(request))) < len(ids),
        says(r"(duplicate|unique|distinct|repeated|same|multiple)\b.{0,40}\bids?\b"
             r"|\bids?\b.{0,40}(duplicate|unique|distinct|repeated)"),
        change.distinct,
    ),
    Fallback(
        "strict-call-ids",
        lambda request: not all(map(is_strict_call_id, change.call_ids(request))),
        names("tool call id", "tool_call_id", "tool_calls", "invalid_function_call", "tool_use.id", "toolUseId"),
        lambda request: change.with_call_ids(request, lambda _, call_id: strict_call_id(call_id)),
    ),
    Fallback(
        "video-url", change.has_video_file,
        any_of(names("file"), says(r"\bfile\b.{0,40}(not supported|unsupported|unknown|invalid)|(unknown|unsupported|invalid).{0,40}\bfile\b"
                                   r"|\bvideo_url\b")),
        change.with_video_urls,
        is_provider_error=lambda provider: provider not in VIDEOS_AS_FILES and not provider.startswith("vertex_ai"),
    ),
    # Speech and images.
    Fallback(
        "wav",
        lambda request: request.own.get("response_format") == "mp3" and change.may_choose_format(request),
        names("response_format", "response format", "response formats", "audio format", "mp3"),
        lambda request: request.having(response_format="wav"),
    ),
    Fallback(
        "image-url",
        lambda request: "output_format" in request.own and change.may_choose_format(request),
        names("output_format", "output format"),
        lambda request: request.having(output_format=None, response_format="url"),
    ),
    Fallback(
        "any-image",
        lambda request: request.own.get("response_format") == "url" and change.may_choose_format(request),
        names("response_format", "response format"),
        change.without("response_format"),
    ),
    # Embeddings.
    Fallback(
        "dimensions-allowed",
        lambda request: "dimensions" in request.own and "allowed_openai_params" not in request.own,
        all_of(names("dimensions"), says("not supported|does not support")),
        change.with_allowed,
    ),
    Fallback(
        "passage-and-query",
        lambda request: change.input_type(request) in change.QUERY_OR_PASSAGE
        and request.own.get("input_type") != change.QUERY_OR_PASSAGE[str(change.input_type(request))],
        all_of(names("input_type", "inputType"), says(r"passage|required|missing|asymmetric")),
        lambda request: request.having(input_type=change.QUERY_OR_PASSAGE[str(change.input_type(request))]),
    ),
    Fallback(
        "blank-as-dot", change.has_blank_text,
        says(r"\b(empty|blank|whitespace|non-?empty|at least (1|one) character|too short|min_length|minlength)\b|input is invalid"),
        change.with_dots_for_blanks,
    ),
    Fallback(
        "no-input-type", change.has("input_type"), names("input_type", "inputType", "task_type", "taskType"),
        change.without("input_type"),
    ),
    Fallback(
        "no-encoding",
        change.has("encoding_format"),
        # If LiteLLM itself rejects the field, it accepts no other value either.
        lambda error, request: names("encoding_format", "encodingFormat")(error, request)
        and (UNSUPPORTED in error.classes or request.own["encoding_format"] != "base64"),
        change.without("encoding_format"),
        # LiteLLM 1.106 lists chat parameters for some embedding models; a list with an embedding
        # parameter is a list of embedding parameters.
        of_listed=lambda listed: "dimensions" in listed and "encoding_format" not in listed,
    ),
    Fallback(
        "floats",
        lambda request: request.own.get("encoding_format") == "base64",
        names("encoding_format", "encodingFormat", "base64"),
        lambda request: request.having(encoding_format="float"),
    ),
    # The end user, on every endpoint.
    Fallback(
        "end-user-in-metadata",
        lambda request: "litellm_metadata" in request.own,
        _never,
        change.in_metadata,
        of_version=lambda version: version < _OWN_METADATA_IS_SAFE,
    ),
    Fallback(
        "end-user-in-body", lambda request: end_user_of(request) is not None, has_class("UserRequired"),
        change.in_body,
    ),
    Fallback(
        "no-end-user",
        lambda request: end_user_of(request) is not None or "user" in request.own,
        names("litellm_metadata"),
        change.without_end_user,
    ),
    Fallback("no-tag-of-the-app", change.has_app_tag, has_class("TagsRejected"), change.without_app_tag),
    Fallback(
        "no-metadata", lambda request: "metadata" in request.own, names("metadata"), change.tags_in_header
    ),
    Fallback(
        "no-session", lambda request: "litellm_trace_id" in request.own, names("litellm_trace_id"),
        change.without_session,
    ),
    Fallback(
        "session-header",
        lambda request: SESSION_HEADER not in request.headers or len(request.headers[SESSION_HEADER]) < change.MIN_SESSION,
        any_of(says(r"no session.?id|session.?id (is )?(required|missing)|missing session"),
             lambda error, _: error.param == "session_id"),
        change.with_session_header,
    ),
    Fallback(
        "any-type",
        lambda request: request.headers.get("Accept") != "*/*",
        lambda error, _: error.status == NOT_ACCEPTABLE,
        lambda request: request.sending(Accept="*/*"),
    ),
)  # fmt: skip
NAMES = frozenset(fallback.name for fallback in FALLBACKS)
PARAMETERS = {each.name: each.parameter for each in FALLBACKS if each.parameter}
"""Fallback name → the parameter that the panel hides."""


def for_version(version: Version) -> frozenset[str]:
    """Return the names of the fallbacks that a version of LiteLLM needs."""
    return frozenset(each.name for each in FALLBACKS if each.of_version(version))


def for_model(listed: Listed | None, provider: str | None = None) -> frozenset[str]:
    """Return the names of the fallbacks for a model's listed parameters and provider."""
    return frozenset(
        each.name
        for each in FALLBACKS
        if (listed is not None and each.of_listed(listed))
        or (provider is not None and each.is_provider_error(provider))
    )


def applied(request: Request, names: Collection[str]) -> Request:
    """Apply the named fallbacks to a request, where they apply."""
    for fallback in FALLBACKS:
        if fallback.name in names and fallback.applies(request):
            request = fallback.apply(request)
    return request


def fallbacks_for(
    error: ProxyRejected, request: Request, tried: Collection[str]
) -> tuple[Sequence[Fallback], Request]:
    """Return the fallbacks for a rejection (maybe none), and the changed request.

    A provider names one rejected field at a time, so one fallback is returned. LiteLLM's own check
    of parameters names all rejected fields.
    """
    meant: list[Fallback] = []
    for each in FALLBACKS:
        if each.name in tried or not each.applies(request) or not each.rejected_by(error, request):
            continue
        meant.append(each)
        request = each.apply(request)
        if UNSUPPORTED not in error.classes:
            break
    return meant, request


def is_learned(fallback: Fallback, error: ProxyRejected) -> bool:
    """Return whether to store a fallback if the changed request succeeds.

    A conditional rejection of a parameter, such as "while the model reasons", is not stored.
    """
    first_sentence = error.message.partition(". ")[0]
    is_conditional = (
        fallback.parameter is not None and IS_CONDITIONAL.search(first_sentence) is not None
    )
    return fallback.learned and is_permanent(error) and not is_conditional
