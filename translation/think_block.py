"""Think blocks: reasoning in the text of an answer, which Dify sends again with the conversation.

Dify recognises blocks of this form (Dify 1.14).
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
    """Remove the reasoning from an earlier answer: it is not resent."""
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
    """Return the reasoning in an answer's first think block, or ""."""
    block = _THINKING_AT_THE_FRONT.match(text)
    return block[1].strip() if block else ""
