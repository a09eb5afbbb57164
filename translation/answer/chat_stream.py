"""Convert the chunks of one answer to text and images, then to tool calls, usage and finish reason.

Filters with `feed` and `finish` do the work; a blocking answer is one chunk.
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
from litellm_proxy.wire.chat import Delta, OutputImage, ToolCallDelta, Usage
from litellm_proxy.wire.chat_events import ChatEvent
from translation.answer.answer_text import AnswerText
from translation.answer.choices import Choices
from translation.answer.held_limit import HeldLimit
from translation.answer.kept_reasoning import KeptReasoning
from translation.answer.sources import Source, Sources
from translation.answer.speech_file import Speech, SpeechFile
from translation.answer.text_with_reasoning import TextWithReasoning
from translation.answer.tool_calls import CompleteToolCall, ToolCalls
from translation.reasoning import Reasoning
from translation.reasoning_tags import Split

AUDIO_NOTE = "[The model answered with audio, which cannot be shown here.]"
_CALLS_OF_OLD_BACKENDS = "function_call"
_CUT = "length"
_STOP = "stop"
_CHUNKS_BETWEEN_PAUSES = 50
_ENDED_BY_A_FILTER = {"content_filter": AnswerEnd.FILTERED, "refusal": AnswerEnd.REFUSED}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a complete answer.

    `closing_text` is the text that is still to be shown, `text_bytes` the size of all text in
    UTF-8. `reasoning` is sent back with the results of the tool calls; `nameless_calls` is how many
    calls without a name were dropped. `ended_early` is an error to raise after the text.
    """

    closing_text: str
    tool_calls: Sequence[CompleteToolCall]
    finish_reason: str
    usage: Usage | None
    text_bytes: int
    reasoning: Reasoning
    nameless_calls: int
    sources: Sequence[Source]
    ended_early: ProxyAnswerEndedEarly | None = None
    speech: SpeechFile | None = None


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """How to show an answer.

    Without `show_reasoning` the text has no reasoning, but the next turn still does. `takes_files`:
    return speech as a file with its transcript. `is_json`: the request is for JSON. `is_blocking`:
    the caller gets the answer as a whole. `stop`: stop words at which the plugin cuts the text,
    since the model does not support them.
    """

    show_reasoning: bool = True
    takes_files: bool = False
    is_json: bool = False
    is_blocking: bool = False
    stop: Sequence[str] = ()


STREAMED_TEXT = AnswerOptions()


class ChatStream:
    """Merges the chunks of one answer."""

    def __init__(
        self, taken_call_ids: Collection[str] = (), form: AnswerOptions = STREAMED_TEXT
    ) -> None:
        """`taken_call_ids`: ids of the conversation, which new calls must not have."""
        self._room = HeldLimit()
        self._choices = Choices()
        self._text = AnswerText(
            self._room, is_json=form.is_json, is_blocking=form.is_blocking, stop=form.stop
        )
        self._shown = TextWithReasoning(self._room, show_reasoning=form.show_reasoning)
        self._calls = ToolCalls(taken_call_ids)
        self._reasoning = KeptReasoning(self._room)
        self._sources = Sources()
        self._speech = Speech(takes_files=form.takes_files)
        self._refusal: list[str] = []
        self._usage: Usage | None = None

    def feed(self, chunk: ChatEvent) -> list[str | OutputImage]:
        """Return the texts and images that a chunk adds, in order.

        Raises ProxyProtocolError if the answer is too large.
        """
        if isinstance(chunk, str):
            text = self._shown.feed(self._text.feed(chunk)) if self._choices.feed_text() else ""
            return [text] if text else []
        self._usage = chunk.usage or self._usage
        for url in chunk.citations or ():
            self._sources.feed(url)
        shown: list[str | OutputImage] = []
        for choice in chunk.choices or ():
            shown += self._piece(self._choices.feed(choice))
        return shown

    def feed_all(self, chunks: Iterable[ChatEvent]) -> Iterator[str | OutputImage]:
        """Feed chunks that arrived together; join consecutive texts.

        Raises as `feed` does, after yielding the earlier chunks.
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
        """Return the result of the answer.

        Raises ProxyProtocolError for an answer without finish reason, which was cut off, and
        ProxyAnswerEmpty for an answer without content: LiteLLM returns a provider's refusal and an
        empty body both as a success without content.
        """
        finish_reason = self._choices.finish()
        if finish_reason is None:
            message = "the answer broke off before its end"
            raise ProxyProtocolError(message)
        text = self._shown.feed(self._text.finish())
        speech = self._speech.finish()
        if speech:
            text += self._shown.before_a_file()
        elif self._speech.has_come and not self._shown.has_content:
            text += self._shown.feed(Split("", AUDIO_NOTE))
        if self._text.is_cut:
            finish_reason = _STOP
        ended_early = self._ended_early(finish_reason)
        text += self._shown.finish()
        calls = [] if ended_early else self._calls.finish()
        if not (calls or self._shown.is_visible or ended_early):
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
            text_bytes=self._shown.size,
            reasoning=self._reasoning.finish() if calls else Reasoning(),
            nameless_calls=self._calls.nameless,
            sources=self._sources.finish(),
            ended_early=ended_early,
            speech=speech,
        )

    def _ended_early(self, finish_reason: str) -> ProxyAnswerEndedEarly | None:
        """Return why an answer is incomplete, None if it looks complete.

        A provider's stream that LiteLLM ends with a finish reason of its own looks complete.
        """
        if self._refusal and self._shown.is_visible:
            return ProxyAnswerEndedEarly(AnswerEnd.REFUSED, "".join(self._refusal))
        if finish_reason in _ENDED_BY_A_FILTER and (self._shown.is_visible or self._calls):
            return ProxyAnswerEndedEarly(_ENDED_BY_A_FILTER[finish_reason])
        if finish_reason != _CUT:
            return None
        if self._calls:
            return ProxyAnswerEndedEarly(AnswerEnd.CUT_TOOL_CALL)
        if self._shown.has_reasoning and not self._shown.has_content:
            return ProxyAnswerEndedEarly(AnswerEnd.ONLY_REASONING)
        return None

    def _piece(self, piece: Delta) -> list[str | OutputImage]:
        thought, content = piece.thought, piece.text
        self._reasoning.feed(piece, thought)
        text = self._shown.feed(Split(thought, "")) if thought else ""
        if content:
            text += self._shown.feed(self._text.feed(content))
        if calls := piece.tool_calls:
            self._calls.feed(calls)
        elif piece.function_call:
            self._calls.feed([ToolCallDelta(index=0, function=piece.function_call)])
        if refusal := piece.refused:
            self._room.take(len(refusal))
            self._refusal.append(refusal)
        for annotation in piece.annotations or ():
            if cited := annotation.url_citation:
                self._sources.feed(cited.url, cited.title or "")
        if piece.audio:
            text += self._shown.feed(Split("", self._speech.feed(piece.audio)))
        images = piece.images or []
        if images:
            text += self._shown.feed(self._text.finish()) + self._shown.before_a_file()
        return [text, *images] if text else [*images]


def _joined(texts: list[str]) -> Iterator[str]:
    if texts:
        yield "".join(texts)
        texts.clear()
