"""Reasoning as Dify shows it: blocks in the text, which it brings back with the conversation.

The form is the one that Dify splits off (Dify 1.14).
"""

import re

from translation.reasoning_tags import split_whole_text

THINK_OPEN = "<think>\n"
LATE_THINK_OPEN = "\n\n<think>\n"
THINK_CLOSE = "\n</think>"
AFTER_THINKING = "\n\n"
_THINKING_AT_THE_FRONT = re.compile(
    r"\A\s*<think(?:\s[^<>]*)?>(.*?)(?:</think>\s*|\Z)", re.DOTALL | re.IGNORECASE
)


def without_thinking(text: str) -> str:
    """Return an earlier answer without its reasoning, which is not sent again."""
    text = _THINKING_AT_THE_FRONT.sub("", split_whole_text(text).text)
    kept: list[str] = []
    while (start := text.find(LATE_THINK_OPEN)) >= 0:
        end = text.find(THINK_CLOSE, start)
        if end < 0:
            break
        kept.append(text[:start])
        text = text[end + len(THINK_CLOSE) :].removeprefix(AFTER_THINKING)
    return "".join([*kept, text])


def thinking_at_the_front(text: str) -> str:
    """Return the reasoning of an answer, which Dify brings back as its first think block."""
    block = _THINKING_AT_THE_FRONT.match(text)
    return block[1].strip() if block else ""
