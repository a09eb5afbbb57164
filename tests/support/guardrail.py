"""A guardrail that blocks what holds a word, as LiteLLM's own guardrails do; loaded by its config."""

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import HTTPException
from litellm.integrations.custom_guardrail import CustomGuardrail

FORBIDDEN = "forbidden-word"


def _blocked() -> HTTPException:
    detail = {"error": "Violated guardrail policy", "guardrail": "no-secrets"}
    return HTTPException(status_code=400, detail=detail)


class WordGuardrail(CustomGuardrail):  # type: ignore[misc]
    """Looks at questions before the model is asked, and at answers as they stream by."""

    async def async_pre_call_hook(self, user_api_key_dict: Any, cache: Any, data: dict[str, Any],
                                  call_type: Any) -> dict[str, Any]:  # fmt: skip
        if FORBIDDEN in str(data.get("messages")):
            raise _blocked()
        return data

    async def async_post_call_streaming_iterator_hook(
        self, user_api_key_dict: Any, response: Any, request_data: dict[str, Any]
    ) -> AsyncGenerator[Any]:
        async for chunk in response:
            if FORBIDDEN in str(chunk):
                raise _blocked()
            yield chunk
