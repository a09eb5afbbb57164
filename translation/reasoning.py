"""Reasoning of a turn with tool calls, which is sent back with the tool results.

Anthropic rejects tool results without its signed blocks, other providers without the text; OpenAI's
newer models continue their reasoning if its items are sent back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litellm_proxy.wire.reading import Json

type ThinkingBlock = dict[str, Json]
type ReasoningItem = dict[str, Json]
"""An item of type `reasoning` of OpenAI's Responses API: an id, a summary, perhaps encrypted content."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Reasoning before tool calls: signed blocks, items, or text without either."""

    blocks: Sequence[ThinkingBlock] = ()
    text: str = ""
    items: Sequence[ReasoningItem] = ()

    def __bool__(self) -> bool:
        return bool(self.blocks or self.text or self.items)


type ReasoningByCall = Mapping[str, Reasoning]
