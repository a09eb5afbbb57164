"""OpenAI's chat completions, and those of servers that speak it with words of their own.

https://platform.openai.com/docs/api-reference/chat/object, https://api-docs.deepseek.com (reasoning_content),
https://openrouter.ai/docs/use-cases/reasoning-tokens (reasoning).
"""

import json
from collections.abc import Sequence
from typing import Any

from harness.upstream import Cut, Pause, Reply, json_reply
from tests.support import openai_format as openai
from tests.support.providers.scenario import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    End,
    Scenario,
)

FINISH = {
    End.STOP: "stop",
    End.LENGTH: "length",
    End.TOOLS: "tool_calls",
    End.FILTER: "content_filter",
}
USAGE = {
    "prompt_tokens": PROMPT_TOKENS,
    "completion_tokens": COMPLETION_TOKENS,
    "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
}


class ChatFormat:
    """`reasoning` is the field in which the server writes its thinking, "" for none."""

    def __init__(self, reasoning: str = "") -> None:
        self._reasoning = reasoning

    def stream(self, scenario: Scenario) -> Reply:
        end = openai.delta(finish_reason=FINISH[scenario.end])
        return openai.stream(*self._deltas(scenario), end, openai.usage_chunk(**USAGE))

    def broken(self, scenario: Scenario, last: Sequence[Cut | Pause | bytes]) -> Reply:
        return openai.stream(*self._deltas(scenario), *last, done=False)

    def whole(self, scenario: Scenario) -> Reply:
        message: dict[str, Any] = {"content": "".join(scenario.texts) or None}
        if self._reasoning and scenario.thinking:
            message[self._reasoning] = scenario.thinking
        if scenario.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(call.arguments)},
                }
                for call in scenario.calls
            ]
        return openai.completion(FINISH[scenario.end], **message)

    def error(self, status: int, words: str) -> Reply:
        detail = {"message": words, "type": "provider_error", "param": None, "code": None}
        return json_reply({"error": detail}, status)

    def midway(self, words: str) -> bytes:
        return openai.event({"error": {"message": words, "type": "server_error", "code": 500}})

    def _deltas(self, scenario: Scenario) -> list[dict[str, Any]]:
        deltas = [openai.delta(role="assistant", content="")]
        if self._reasoning and scenario.thinking:
            half = len(scenario.thinking) // 2
            halves = (scenario.thinking[:half], scenario.thinking[half:])
            deltas += [openai.delta(**{self._reasoning: piece}) for piece in halves]
        deltas += [openai.delta(content=text) for text in scenario.texts]
        for index, call in enumerate(scenario.calls):
            text = json.dumps(call.arguments)
            deltas.append(openai.tool_delta(index, id=call.id, name=call.name))
            deltas += [openai.tool_delta(index, arguments=text[:4])]
            deltas += [openai.tool_delta(index, arguments=text[4:])]
        return deltas
