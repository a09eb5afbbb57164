"""Collect the reasoning that is sent back to the model with its tool results."""

from collections.abc import Mapping

from litellm_proxy.limits import MAX_REASONING_CHARACTERS
from litellm_proxy.wire.chat import Delta
from litellm_proxy.wire.reading import Json
from translation.answer.held_limit import HeldLimit
from translation.reasoning import Reasoning, ReasoningItem, ThinkingBlock


class KeptReasoning:
    """Collects the reasoning fields of an answer: text, signed blocks, items."""

    def __init__(self, room: HeldLimit) -> None:
        self._room = room
        self._blocks: list[ThinkingBlock] = []
        self._texts: list[list[str]] = []
        """The pieces of text of each block."""
        self._items: dict[str, ReasoningItem] = {}
        self._thoughts: list[str] = []
        self._characters = 0

    def feed(self, delta: Delta, thought: str) -> None:
        """Add a delta's reasoning; raise ProxyProtocolError if it is too large."""
        if thought:
            self._characters += len(thought)
            if self._characters <= MAX_REASONING_CHARACTERS:
                self._thoughts.append(thought)
        for piece in delta.thinking_blocks or ():
            self._room.take(sum(len(value) for value in piece.values() if isinstance(value, str)))
            self._add_block(piece)
        for item in delta.reasoning_items or ():
            # A stream repeats an item while it grows.
            item_id = str(item.get("id"))
            before = self._items.get(item_id)
            self._room.take(len(str(item)) - (len(str(before)) if before else 0))
            self._items[item_id] = item

    def finish(self) -> Reasoning:
        """Return the reasoning; drop text that is too long.

        A block without a signature is dropped, since providers reject it.
        """
        whole = self._characters <= MAX_REASONING_CHARACTERS
        blocks = tuple(
            {**block, "thinking": "".join(texts)} if texts else block
            for block, texts in zip(self._blocks, self._texts, strict=True)
            if block.get("signature") != ""
        )
        text = "".join(self._thoughts) if whole else ""
        return Reasoning(blocks, text, tuple(self._items.values()))

    def _add_block(self, piece: Mapping[str, Json]) -> None:
        """Add a block or a piece of one.

        Text is joined until the signature ends the block.
        """
        last = self._blocks[-1] if self._blocks else None
        kind = piece.get("type")
        if last and kind == last["type"] == "thinking" and not last["signature"]:
            self._texts[-1].append(_text(piece, "thinking"))
            last["signature"] = _text(piece, "signature")
        elif kind == "thinking":
            self._blocks.append({**piece, "signature": _text(piece, "signature")})
            self._texts.append([_text(piece, "thinking")])
        elif kind:
            self._blocks.append(dict(piece))
            self._texts.append([])


def _text(piece: Mapping[str, Json], name: str) -> str:
    """Return a string field, "" if absent or of another type."""
    value = piece.get(name)
    return value if isinstance(value, str) else ""
