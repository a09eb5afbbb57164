"""Tags around reasoning in a model's text, and functions that split complete answers at them.

To add a tag, add a row to REASONING_TAGS.
"""

import json
import re
from typing import NamedTuple

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.event_loop import give_way
from litellm_proxy.wire.reading import require_bounded

REASONING_TAGS = {
    # LiteLLM removes these three from blocking answers, not from streams (1.106,
    # litellm_core_utils/prompt_templates/common_utils.py).
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<budget:thinking>": "</budget:thinking>",
    "<thought>": "</thought>",
    # Seed-OSS, Magistral, Gemma 4 and MedGemma, Kimi-VL, LongCat, Command A Reasoning, OpenThinker, gpt-oss:
    # tags of their chat templates, which a server without a parser for them leaves in the text.
    "<seed:think>": "</seed:think>",
    "[THINK]": "[/THINK]",
    "<|channel>thought": "<channel|>",
    "<unused94>thought": "<unused95>",
    "◁think▷": "◁/think▷",
    "<longcat_think>": "</longcat_think>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|channel|>analysis<|message|>": "<|channel|>final",
}
"""The closing tag of each opening tag."""
CLOSING_TAGS = tuple(REASONING_TAGS.values())

FORMAT_MARKS = ("<|message|>", "<|constrain|>json<|message|>", "<|constrain|>JSON<|message|>")
"""Marks of gpt-oss between the name of a channel and its text."""

_CLOSING = re.compile(
    rf"(?:{'|'.join(map(re.escape, CLOSING_TAGS))})(?:\s?(?:{'|'.join(map(re.escape, FORMAT_MARKS))}))?"
)
_OPENING = re.compile("|".join(map(re.escape, REASONING_TAGS)))
_QUOTES = frozenset("`'\"")
_CODE_MARK = "```"
_IN_CODE_BLOCK = re.compile(r"```\w{0,20}\s(.*)```", re.DOTALL)
_VISIBLE = re.compile(r"\S")
_MAX_TRIED = 20
"""How many closing tags are tried; each try may parse the whole text as JSON."""


class Split(NamedTuple):
    """Reasoning, and the text that follows it."""

    reasoning: str
    text: str


def split_whole_text(text: str) -> Split:
    """Split an answer at a closing tag without an opening tag.

    The opening tag was in the prompt. A tag in code or in quotation marks within a line is text,
    and so is a tag with nothing after it.
    """
    opening = _OPENING.search(text)
    place = code_marks = 0
    all_marks = text.count(_CODE_MARK)
    for closing in _CLOSING.finditer(text, 0, opening.start() if opening else len(text)):
        start, end = closing.span()
        code_marks += text.count(_CODE_MARK, place, start)
        place = end
        around = text[max(0, start - 1) : start] + text[end : end + 1]
        # Reasoning may mention ``` without a code block; a tag on its own line is not code.
        is_in_code = code_marks % 2 and (all_marks - code_marks) % 2
        is_quoted = len(around) == 2 and around[0] == around[1] and around[0] in _QUOTES  # noqa: PLR2004
        is_text = is_in_code or is_quoted
        if around == "\n\n" or not is_text:
            rest = _without_closing_tags(text[end:])
            return Split(text[:start], rest) if rest else Split("", text)
    return Split("", text)


def split_whole_json(text: str) -> Split:
    """Split an answer at the first closing tag followed only by JSON.

    Without such a tag, split at the last closing tag that has text after it.
    """
    end = len(text.rstrip())
    tags = [(0, 0), *(tag.span() for tag in _CLOSING.finditer(text) if tag.end() < end)]
    first = next((tag for tag in tags[:_MAX_TRIED] if _is_json(text[tag[1] :])), tags[-1])
    return Split(text[: first[0]], text[first[1] :])


def _without_closing_tags(text: str) -> str:
    place = 0
    while visible := _VISIBLE.search(text, place):
        place = visible.start()
        closing = _CLOSING.match(text, place)
        if not closing:
            return text[place:]
        place = closing.end()
    return ""


def _is_json(text: str) -> bool:
    """Return whether a text is only JSON, perhaps in a code block."""
    give_way()
    code = _IN_CODE_BLOCK.fullmatch(text.strip())
    try:
        require_bounded(text)
        json.loads(code[1] if code else text)
    except (ValueError, RecursionError, ProxyProtocolError):
        return False
    return True
