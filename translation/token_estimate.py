"""How many tokens a text is, offline: an estimate for Dify's planning, never for billing."""

import re
from collections.abc import Iterable

from dify_plugin.entities.model.message import PromptMessage, PromptMessageTool

_WORDS_AND_MARKS = re.compile(
    r"[A-Za-z]+|[0-9]{1,3}|[\u0080-\u2fff]+|[\u3000-\U0010ffff]|[^\sA-Za-z0-9]"
)
_LETTERS_PER_TOKEN = 6
_ACCENTED_LETTERS_PER_TOKEN = 3
_TOKENS_PER_MESSAGE = 4


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a modern BPE vocabulary makes of `text`; linear in length."""
    return sum(map(_tokens, _WORDS_AND_MARKS.findall(text)))


def _tokens(piece: str) -> int:
    if piece.isascii():
        return -(-len(piece) // _LETTERS_PER_TOKEN)
    return -(-len(piece) // _ACCENTED_LETTERS_PER_TOKEN)


def estimate_prompt_tokens(
    messages: Iterable[PromptMessage], tools: Iterable[PromptMessageTool]
) -> int:
    """Return about how many tokens a prompt is, with a few per message for its role."""
    texts = [message.get_text_content() for message in messages]
    declarations = [tool.model_dump_json() for tool in tools]
    return (
        _TOKENS_PER_MESSAGE * len(texts)
        + sum(map(estimate_tokens, texts))
        + sum(map(estimate_tokens, declarations))
    )
