"""Extend the swept proxy: keys with few models, responses without a network.

LiteLLM's own `mock_response` answers chats and embeddings, after its parameter check. For the other
modes the function that would send the request is replaced, which is also called after that check.
"""

import json
import os
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import litellm
from fastapi import Request
from litellm import main as litellm_main
from litellm.endpoints.speech.speech_to_completion_bridge.handler import (
    speech_to_completion_bridge_handler as bridge,
)
from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth
from litellm.types.llms.openai import HttpxBinaryResponseContent
from litellm.types.rerank import RerankResponse
from litellm.types.utils import TranscriptionResponse
from openai.resources.moderations import AsyncModerations
from openai.types import ModerationCreateResponse

GROUPS: dict[str, list[str]] = json.loads(Path(os.environ["SWEEP_GROUPS"]).read_text())


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:  # noqa: ARG001
    """Return a key that may use the models of its group."""
    return UserAPIKeyAuth(
        api_key=api_key,
        token=api_key,
        user_id="sweep",
        user_role=LitellmUserRoles.INTERNAL_USER,
        models=GROUPS[api_key],
    )


def _answering(answer: Any, is_async: str) -> Any:
    """Return a function that returns `answer(arguments)`, as a coroutine if `is_async` is set."""

    def call(*_: Any, **arguments: Any) -> Any:
        if not arguments.get(is_async):
            return answer(arguments)

        async def later() -> Any:
            return answer(arguments)

        return later()

    return call


def _ranked(arguments: dict[str, Any]) -> RerankResponse:
    documents = arguments.get("documents") or arguments["optional_rerank_params"]["documents"]
    asked = (arguments.get("optional_rerank_params") or arguments).get("top_n")
    if asked and asked > len(documents):
        message = "Cannot provide numberOfResults value that exceeds the number of sources."
        raise ValueError(message)
    results = [{"index": n, "relevance_score": 0.5} for n in range(asked or len(documents))]
    return RerankResponse(id="1", results=results, meta={})  # type: ignore[typeddict-item]


def _spoken(_: dict[str, Any]) -> HttpxBinaryResponseContent:
    return HttpxBinaryResponseContent(httpx.Response(200, content=b"RIFF" + b"\0" * 44))


def _written(_: dict[str, Any]) -> TranscriptionResponse:
    return TranscriptionResponse(text="Hello")


def _replace(holder: str, attribute: str, answer: Any, is_async: str) -> None:
    """Replace a method of a LiteLLM object, if this version has it."""
    for module in (litellm_main, litellm.rerank_api.main):
        handler = getattr(module, holder, None)
        if handler is not None and hasattr(handler, attribute):
            original = getattr(handler, attribute)
            setattr(handler, attribute, wraps(original)(_answering(answer, is_async)))


for _holder in ("base_llm_http_handler", "together_rerank", "bedrock_rerank"):
    _replace(_holder, "rerank", _ranked, "_is_async")
for _holder in (
    "base_llm_http_handler",
    "openai_audio_transcriptions",
    "azure_audio_transcriptions",
    "nvidia_riva_audio_transcriptions",
):
    _replace(_holder, "audio_transcriptions", _written, "atranscription")
for _holder, _name in (
    ("openai_chat_completions", "audio_speech"),
    ("azure_chat_completions", "audio_speech"),
    ("vertex_text_to_speech", "audio_speech"),
    ("base_llm_http_handler", "text_to_speech_handler"),
):
    _replace(_holder, _name, _spoken, "aspeech" if _name == "audio_speech" else "_is_async")


def _bridged(**arguments: Any) -> HttpxBinaryResponseContent:
    """Answer a speech request for a chat model, after LiteLLM's parameter check."""
    bridge.transformation_handler.transform_request(
        litellm_logging_obj=arguments.pop("logging_obj"), **arguments
    )
    return _spoken(arguments)


async def _judged(*_: Any, **__: Any) -> ModerationCreateResponse:
    result = {
        "flagged": False,
        "categories": {},
        "category_scores": {},
        "category_applied_input_types": {},
    }
    return ModerationCreateResponse.model_construct(id="1", model="m", results=[result])  # type: ignore[list-item]


bridge.speech = _bridged  # type: ignore[method-assign]
AsyncModerations.create = _judged  # type: ignore[method-assign]
