"""Reasoning of a tool turn, which goes back with the tool's result.

Anthropic refuses the result of a tool without its signed blocks (F27), others without its text (P12).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from litellm_proxy.wire.reading import Json

type ThinkingBlock = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thought before it called tools: signed blocks, or text where there are none."""

    blocks: Sequence[ThinkingBlock] = ()
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.blocks or self.text)

    @property
    def characters(self) -> int:
        """Return about how much room it takes."""
        return len(self.text) + sum(len(str(block)) for block in self.blocks)


type ReasoningByCall = Mapping[str, Reasoning]
