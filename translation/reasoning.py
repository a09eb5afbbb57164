"""Reasoning of a tool turn, which goes back with the tool's result.

Anthropic refuses the result of a tool without its signed blocks (F27), others without its text (P12);
OpenAI's newer models think on from where they were if their items come back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    SystemPromptMessage,
    UserPromptMessage,
)

from litellm_proxy.wire.reading import Json

_PLACEHOLDERS = frozenset({"[image]", "[file]", "[document]", "[audio]", "[video]"})

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

    @property
    def characters(self) -> int:
        """Return about how much room it takes."""
        return len(self.text) + sum(len(str(part)) for part in (*self.blocks, *self.items))


type ReasoningByCall = Mapping[str, Reasoning]


@dataclass(frozen=True, slots=True)
class ToolTurn:
    """The tool calls of one turn, by their ids, and a digest of what was asked before them."""

    question: str
    call_ids: Sequence[str]


def tool_turns(messages: Sequence[PromptMessage]) -> Iterator[ToolTurn]:
    """Yield the turns of a conversation in which tools were called."""
    question = ""
    for place, message in enumerate(messages):
        match message:
            case SystemPromptMessage() | UserPromptMessage():
                question = ""
            case AssistantPromptMessage(tool_calls=[_, *_] as calls):
                question = question or question_of(messages[:place])
                yield ToolTurn(question, [call.id for call in calls])
            case _:
                pass


def question_of(messages: Sequence[PromptMessage]) -> str:
    """Return a digest of the instructions and the last question: ids alone tell no conversations apart.

    Kimi numbers its calls anew in each (P47). In an agent's later turns Dify shortens the history, and puts
    "[image]" in the place of pictures; what counts here stays as it is.
    """
    instructions = [m for m in messages if isinstance(m, SystemPromptMessage)]
    questions = [m for m in messages if isinstance(m, UserPromptMessage)]
    texts = (m.get_text_content() for m in (*instructions, *questions[-1:]))
    words = [word for text in texts for word in text.split() if word not in _PLACEHOLDERS]
    return sha256("\0".join(words).encode(errors="replace")).hexdigest()
