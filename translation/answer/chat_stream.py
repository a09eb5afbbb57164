"""Chunks of one answer → what to show, and at the end tool calls, usage and finish reason.

Blocking answers take the same path as one chunk.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from litellm_proxy.errors import (
    AnswerEnd,
    ProxyAnswerEmpty,
    ProxyAnswerEndedEarly,
    ProxyProtocolError,
)
from litellm_proxy.event_loop import give_way
from litellm_proxy.limits import (
    MAX_HELD_CHARACTERS,
    MAX_REASONING_CHARACTERS,
    MAX_SOURCES,
    MAX_TITLE_CHARACTERS,
    MAX_URL_CHARACTERS,
)
from litellm_proxy.wire.chat import Choice, Delta, OutputImage, ToolCallDelta, Usage
from litellm_proxy.wire.chat_events import ChatEvent
from translation.answer.inline_thinking import InlineThinking
from translation.answer.prose_before_json import ProseBeforeJson
from translation.answer.shown_text import ShownText
from translation.answer.speech_file import SpeechFile, SpeechPieces
from translation.answer.stop_words import StopWords
from translation.answer.thinking_blocks import ThinkingBlocks, characters_of
from translation.answer.tool_calls import FoldedToolCall, ToolCalls
from translation.reasoning import Reasoning, ReasoningItem

AUDIO_NOTE = "[The model answered with audio, which cannot be shown here.]"
_CALLS_OF_OLD_BACKENDS = "function_call"
_CUT = "length"
_STOP = "stop"
_CHUNKS_BETWEEN_PAUSES = 50
_ENDED_BY_A_FILTER = {"content_filter": AnswerEnd.FILTERED, "refusal": AnswerEnd.REFUSED}


@dataclass(frozen=True, slots=True)
class Source:
    """A web page that the answer rests on."""

    url: str
    title: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known of an answer once it is complete.

    `closing_text` is still to be shown, `text_bytes` is the size of all text in UTF-8.
    `reasoning` belongs to the tool calls and is to be sent back with them; `nameless_calls` is how
    many calls named no tool and were left out. With `ended_early` the answer is an error after its
    text.
    """

    closing_text: str
    tool_calls: Sequence[FoldedToolCall]
    finish_reason: str
    usage: Usage | None
    text_bytes: int
    reasoning: Reasoning
    nameless_calls: int
    sources: Sequence[Source]
    ended_early: ProxyAnswerEndedEarly | None = None
    speech: SpeechFile | None = None


class ChatStream:
    """Folds the chunks of one answer: its text, images, tool calls, reasoning, usage and end."""

    def __init__(
        self,
        taken_call_ids: Collection[str] = (),
        *,
        show_reasoning: bool = True,
        takes_files: bool = False,
        is_json: bool = False,
        stop: Sequence[str] = (),
    ) -> None:
        """`taken_call_ids` are those of the conversation so far, which no new call may have.

        Without `show_reasoning` what the model thinks is no part of the text; it is kept all the same.
        `takes_files`: speech is a file beside its transcript. `is_json`: JSON was asked for.
        `stop` are words at which the text is cut here, since the model does not take them.
        """
        self._taken_call_ids = taken_call_ids
        self._show_reasoning = show_reasoning
        self._text = ShownText(show_reasoning=show_reasoning)
        self._inline = InlineThinking()
        self._prose = ProseBeforeJson() if is_json else None
        self._stop = StopWords(stop)
        self._refusal: list[str] = []
        self._takes_files = takes_files
        self._has_audio = False
        self._speech = SpeechPieces()
        self._thinking_blocks = ThinkingBlocks()
        self._reasoning_items: dict[str, ReasoningItem] = {}
        self._thoughts: list[str] = []
        self._thought_characters = 0
        self._calls = ToolCalls()
        self._sources: dict[str, Source] = {}
        self._finish_reason: str | None = None
        self._choice: int | None = None
        self._usage: Usage | None = None
        self._text_bytes = 0
        self._held_characters = 0

    def feed(self, chunk: ChatEvent) -> list[str | OutputImage]:
        """Take one chunk; return what it adds to the answer, in order: texts and images.

        Raises ProxyProtocolError when the answer holds more than can be passed on.
        """
        if isinstance(chunk, str):
            return self._shown(self._content(chunk), [])
        self._usage = chunk.usage or self._usage
        for url in chunk.citations or ():
            self._add_source(url, "")
        shown: list[str | OutputImage] = []
        for choice in chunk.choices or ():
            if self._is_the_answer(choice):
                self._finish_reason = choice.finish_reason or self._finish_reason
                shown += self._piece(choice.piece)
        return shown

    def feed_all(self, chunks: Iterable[ChatEvent]) -> Iterator[str | OutputImage]:
        """Take chunks that arrived together; yield what they add, texts in a row as one.

        Raises as `feed` does, after what came before.
        """
        texts: list[str] = []
        failure = None
        try:
            for number, chunk in enumerate(chunks, 1):
                if number % _CHUNKS_BETWEEN_PAUSES == 0:
                    give_way()
                for shown in self.feed(chunk):
                    if isinstance(shown, str):
                        texts.append(shown)
                    else:
                        yield from _joined(texts)
                        yield shown
        except ProxyProtocolError as error:
            failure = error
        yield from _joined(texts)
        if failure:
            raise failure

    def finish(self) -> Outcome:
        """Return what the answer amounts to.

        Raises ProxyProtocolError for an end without finish reason, which is a cut, and
        ProxyAnswerEmpty for an answer without content: LiteLLM reports a refusal by the provider
        and an empty body from it both as a success without content (litellm-proxy-contract 4).
        """
        if self._finish_reason is None:
            message = "the answer broke off before its end"
            raise ProxyProtocolError(message)
        text = self._held_back()
        speech = self._speech.file()
        if speech:
            text += self._text.before_a_file()
        elif self._has_audio and not self._text.has_content:
            text += self._text.content(AUDIO_NOTE)
        has_content = self._text.has_content
        text += self._text.end()
        self._text_bytes += len(text.encode(errors="replace"))
        finish_reason = _STOP if self._stop.has_cut else self._finish_reason
        ended_early = self._ended_early(finish_reason, has_content=has_content)
        calls = [] if ended_early else self._calls.folded(self._taken_call_ids)
        if not (calls or self._text.is_visible or ended_early):
            if self._calls.nameless:
                message = "the model called a tool without naming it"
                raise ProxyProtocolError(message)
            raise ProxyAnswerEmpty(finish_reason, "".join(self._refusal))
        return Outcome(
            closing_text=text,
            tool_calls=calls,
            finish_reason="tool_calls"
            if finish_reason == _CALLS_OF_OLD_BACKENDS
            else finish_reason,
            usage=self._usage,
            text_bytes=self._text_bytes,
            reasoning=self._kept_reasoning() if calls else Reasoning(),
            nameless_calls=self._calls.nameless,
            sources=tuple(self._sources.values()),
            ended_early=ended_early,
            speech=speech,
        )

    def _is_the_answer(self, choice: Choice) -> bool:
        """Return whether a choice is the one that Dify shows: the first to come, where `n` asks for several."""
        if self._choice is None:
            self._choice = choice.index
        return choice.index in {None, self._choice}

    def _ended_early(
        self, finish_reason: str, *, has_content: bool
    ) -> ProxyAnswerEndedEarly | None:
        """Return why an answer that had begun is not whole, None if it is as far as anybody can tell.

        A provider's stream that LiteLLM closes with a finish reason of its own looks whole.
        """
        if self._refusal and self._text.is_visible:
            return ProxyAnswerEndedEarly(AnswerEnd.REFUSED, "".join(self._refusal))
        if finish_reason in _ENDED_BY_A_FILTER and (self._text.is_visible or self._calls):
            return ProxyAnswerEndedEarly(_ENDED_BY_A_FILTER[finish_reason])
        if finish_reason != _CUT:
            return None
        if self._calls:
            return ProxyAnswerEndedEarly(AnswerEnd.CUT_TOOL_CALL)
        if self._text.has_reasoning and not has_content:
            return ProxyAnswerEndedEarly(AnswerEnd.ALL_THOUGHT)
        return None

    def _kept_reasoning(self) -> Reasoning:
        """Return what is to be sent back; of a text that is too long nothing, rather than a part."""
        whole = self._thought_characters <= MAX_REASONING_CHARACTERS
        return Reasoning(
            tuple(self._thinking_blocks.folded()),
            "".join(self._thoughts) if whole else "",
            tuple(self._reasoning_items.values()),
        )

    def _piece(self, piece: Delta) -> list[str | OutputImage]:
        thought = piece.thought
        if thought and self._thought_characters <= MAX_REASONING_CHARACTERS:
            self._thoughts.append(thought)
            self._thought_characters += len(thought)
        text = self._reasoning(thought)
        if piece.content:
            text += self._content(piece.content)
        if piece.tool_calls:
            self._calls.add(piece.tool_calls)
        text += self._rarities(piece)
        images = piece.images or []
        if images:
            text += self._held_back() + self._text.before_a_file()
        return self._shown(text, images)

    def _content(self, piece: str) -> str:
        """Return content as it is to be shown; what stands in think tags is reasoning."""
        if piece.isspace():
            self._hold(len(piece))
        reasoning, content = self._inline.feed(piece)
        if self._prose:
            thought, content = self._prose.feed(content)
            reasoning += thought
        return self._reasoning(reasoning) + self._text.content(self._stop.feed(content))

    def _held_back(self) -> str:
        """Return the text that waited for the rest of a tag."""
        reasoning, content = self._inline.finish()
        if self._prose:
            thought, content = self._prose.feed(content)
            reasoning, content = reasoning + thought, content + self._prose.finish()
        content = self._stop.feed(content) + self._stop.finish()
        return self._reasoning(reasoning) + self._text.content(content)

    def _shown(self, text: str, images: Sequence[OutputImage]) -> list[str | OutputImage]:
        self._text_bytes += len(text.encode(errors="replace"))
        return [text, *images] if text else [*images]

    def _rarities(self, piece: Delta) -> str:
        """Take what few models send; return the text that it brings."""
        if piece.function_call and not piece.tool_calls:
            self._calls.add([ToolCallDelta(index=0, function=piece.function_call)])
        if piece.thinking_blocks:
            self._hold(characters_of(piece.thinking_blocks))
            self._thinking_blocks.add(piece.thinking_blocks)
        for item in piece.reasoning_items or ():
            # A stream brings an item again as it grows.
            item_id = str(item.get("id"))
            before = self._reasoning_items.get(item_id)
            self._hold(len(str(item)) - (len(str(before)) if before else 0))
            self._reasoning_items[item_id] = item
        fields = piece.provider_specific_fields
        refusal = piece.refusal or (fields and fields.refusal)
        if refusal:
            self._hold(len(refusal))
            self._refusal.append(refusal)
        for annotation in piece.annotations or ():
            if annotation.url_citation:
                self._add_source(annotation.url_citation.url, annotation.url_citation.title or "")
        if not piece.audio:
            return ""
        self._has_audio = True
        if piece.audio.data and self._takes_files:
            self._speech.add(piece.audio.data)
        return self._text.content(piece.audio.transcript or "")

    def _add_source(self, url: str, title: str) -> None:
        if len(self._sources) < MAX_SOURCES and len(url) <= MAX_URL_CHARACTERS:
            self._sources.setdefault(url, Source(url, title[:MAX_TITLE_CHARACTERS]))

    def _hold(self, characters: int) -> None:
        """Count what an answer makes us keep; raise ProxyProtocolError when it is too much."""
        self._held_characters += characters
        if self._held_characters > MAX_HELD_CHARACTERS:
            message = "the answer holds more than can be kept for it"
            raise ProxyProtocolError(message)

    def _reasoning(self, piece: str) -> str:
        """Return reasoning as it is to be shown; all of it is part of the answer's size."""
        if not piece:
            return ""
        if piece.isspace():
            self._hold(len(piece))
        if not self._show_reasoning:
            self._text_bytes += len(piece.encode(errors="replace"))
        return self._text.reasoning(piece)


def _joined(texts: list[str]) -> Iterator[str]:
    if texts:
        yield "".join(texts)
        texts.clear()
