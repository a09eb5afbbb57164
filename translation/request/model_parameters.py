"""Convert an app's parameters to fields of the request body."""

from collections.abc import Mapping

from litellm_proxy.wire.reading import Json
from translation.facts.parameter_rules import (
    LONG_RUNS,
    OF_THE_APP,
    REASONING_SUMMARY,
    SEARCH_CONTEXT,
    THINKING_BUDGET,
    VOICE,
    WEB_SEARCH,
)
from translation.request import response_format

_EFFORT = "reasoning_effort"
_CONVERTED = frozenset(
    {
        LONG_RUNS,
        WEB_SEARCH,
        SEARCH_CONTEXT,
        REASONING_SUMMARY,
        THINKING_BUDGET,
        VOICE,
    }
)
_NOT_COPIED = response_format.PARAMETERS | OF_THE_APP | _CONVERTED


def body_fields(parameters: Mapping[str, Json], *, stream: bool) -> dict[str, Json]:
    """Return the fields for all set parameters.

    Dify sends "" for an unset option. `response_format.py` handles the response format. OpenAI
    streams speech only as raw samples (pcm16).
    """
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    fields = {name: value for name, value in given.items() if name not in _NOT_COPIED}
    if given.get(WEB_SEARCH) is True:
        size = given.get(SEARCH_CONTEXT)
        fields["web_search_options"] = {"search_context_size": size} if size else {}
    if summary := given.get(REASONING_SUMMARY):
        effort = {"effort": fields[_EFFORT]} if _EFFORT in fields else {}
        # LiteLLM 1.106 sends this object as `reasoning` of the Responses API
        # (litellm_responses_transformation `map_reasoning_effort`).
        fields[_EFFORT] = {**effort, "summary": summary}
    if budget := given.get(THINKING_BUDGET):
        # LiteLLM converts an effort to a budget, which would replace this one.
        fields.pop(_EFFORT, None)
        fields["thinking"] = {"type": "enabled", "budget_tokens": budget}
    if voice := given.get(VOICE):
        fields["modalities"] = ["text", "audio"]
        fields["audio"] = {"voice": voice, "format": "pcm16" if stream else "mp3"}
    return fields
