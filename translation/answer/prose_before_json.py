"""What stands before JSON that was asked for: a model's thoughts, if a closing tag ends them.

Templates of some models open the tag in the prompt, so that its end alone arrives (P25). Dify takes the
first JSON of a text (dify-plugin-contract 14), which would be one that the model only thought of.
"""

from litellm_proxy.limits import MAX_PROSE_CHARACTERS
from translation.answer.inline_thinking import CLOSING_TAGS

_BEGINS_JSON = ("{", "[", '"', "`")
_TAIL = max(map(len, CLOSING_TAGS)) - 1


class ProseBeforeJson:
    """Holds text back until it is known to be the answer; JSON goes through at once."""

    def __init__(self) -> None:
        self._held: list[str] = []
        self._characters = 0
        self._tail = ""
        self._is_over = False

    def feed(self, text: str) -> tuple[str, str]:
        """Return the reasoning and the text that a piece of content brings, in this order."""
        if self._is_over or not text:
            return "", text
        begins = not self._tail.strip()
        self._held.append(text)
        self._characters += len(text)
        searched = self._tail + text
        self._tail = searched[-_TAIL:]
        if begins and searched.lstrip().startswith(_BEGINS_JSON):
            return "", self.finish()
        if any(tag in searched for tag in CLOSING_TAGS):
            whole = self.finish()
            end, tag = min((whole.find(tag), tag) for tag in CLOSING_TAGS if tag in whole)
            return whole[:end], whole[end + len(tag) :]
        return ("", self.finish()) if self._characters > MAX_PROSE_CHARACTERS else ("", "")

    def finish(self) -> str:
        """Return what was held back, and hold nothing any more."""
        held, self._held = "".join(self._held), []
        self._is_over = True
        return held
