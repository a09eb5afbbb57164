"""Reasoning of a tool turn, which goes back with the tool's result.

Anthropic refuses the result of a tool without its signed blocks, others without its text;
OpenAI's newer models think on from where they were if their items come back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litellm_proxy.wire.reading import Json

type ThinkingBlock = dict[str, Json]
type ReasoningItem = dict[str, Json]
"""An item of type `reasoning` of OpenAI's Responses API: an id, a summary, perhaps encrypted content."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thought before it called tools: signed blocks, items, or text where there are none."""

    blocks: Sequence[ThinkingBlock] = ()
    text: str = ""
    items: Sequence[ReasoningItem] = ()

    def __bool__(self) -> bool:
        return bool(self.blocks or self.text or self.items)


type ReasoningByCall = Mapping[str, Reasoning]
