"""Streamed pieces of signed reasoning → its blocks, whole, so that they can be sent back."""

from collections.abc import Mapping, Sequence

from litellm_proxy.wire.reading import Json
from translation.reasoning import ThinkingBlock


class ThinkingBlocks:
    """Folds streamed pieces: text is joined until the signature closes a block."""

    def __init__(self) -> None:
        self._blocks: list[ThinkingBlock] = []
        self._texts: list[list[str]] = []
        """The pieces of text of each block."""

    def add(self, pieces: Sequence[Mapping[str, Json]]) -> None:
        """Take the blocks, or pieces of blocks, of one chunk."""
        for piece in pieces:
            last = self._blocks[-1] if self._blocks else None
            if last and piece.get("type") == last["type"] == "thinking" and not last["signature"]:
                self._texts[-1].append(_text(piece, "thinking"))
                last["signature"] = _text(piece, "signature")
            elif piece.get("type") == "thinking":
                self._blocks.append({**piece, "signature": _text(piece, "signature")})
                self._texts.append([_text(piece, "thinking")])
            elif piece.get("type"):
                self._blocks.append(dict(piece))
                self._texts.append([])

    def folded(self) -> list[ThinkingBlock]:
        """Return the complete blocks in order; one without a signature would be refused."""
        return [
            {**block, "thinking": "".join(texts)} if texts else block
            for block, texts in zip(self._blocks, self._texts, strict=True)
            if block.get("signature") != ""
        ]


def characters_of(pieces: Sequence[Mapping[str, Json]]) -> int:
    """Return how much room the texts of some pieces take."""
    return sum(len(value) for piece in pieces for value in piece.values() if isinstance(value, str))


def _text(piece: Mapping[str, Json], name: str) -> str:
    """Return a text of a piece; what is none counts as absent."""
    value = piece.get(name)
    return value if isinstance(value, str) else ""
