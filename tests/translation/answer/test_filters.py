"""Every filter of an answer: the same result however the answer is cut, and linear in what it reads."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy.wire.chat import Delta, ToolCallDelta
from translation.answer.answer_text import AnswerText
from translation.answer.kept_reasoning import KeptReasoning
from translation.answer.room import Room
from translation.answer.shown_text import ShownText
from translation.answer.stop_words import StopWords
from translation.answer.tagged_reasoning import TaggedReasoning
from translation.answer.tool_calls import ToolCalls
from translation.answer.whole_text import WholeText
from translation.reasoning_tags import (
    CLOSING_TAGS,
    REASONING_TAGS,
    Split,
    split_whole_json,
    split_whole_text,
)

TAGS = (*REASONING_TAGS, *CLOSING_TAGS)
SCRAPS = st.sampled_from(
    ["<", "<th", "ink>", "</th", "[", "THINK]", "{", '"', "`", "```", "\n", " ", "a", "\ud83d", "7"]
)
ANSWERS = st.lists(st.one_of(st.sampled_from(TAGS), SCRAPS, st.text(max_size=3)), max_size=12).map("".join)  # fmt: skip


class TextFilter(Protocol):
    def feed(self, piece: str, /) -> Split: ...
    def finish(self) -> Split: ...


TEXT_FILTERS: dict[str, Callable[[], TextFilter]] = {
    "tags": lambda: TaggedReasoning(Room()),
    "JSON": lambda: WholeText(split_whole_json, Room(), streams_objects=True),
    "blocking": lambda: WholeText(split_whole_text, Room(), streams_objects=False),
    "stop words": lambda: StopWords(["<|end|>", "\n\nUser:", "  "]),
    "text": lambda: AnswerText(Room(), is_json=False, is_whole=False, stop=["User:"]),
    "all": lambda: AnswerText(Room(), is_json=True, is_whole=True, stop=["User:"]),
}


def through(name: str, pieces: list[str]) -> Split:
    text_filter = TEXT_FILTERS[name]()
    splits = [*map(text_filter.feed, pieces), text_filter.finish()]
    return Split("".join(s.reasoning for s in splits), "".join(s.text for s in splits))


@given(ANSWERS, st.lists(st.integers(0, 60), max_size=6))
def test_any_cut_gives_the_same_split(answer: str, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(answer)]
    pieces = [answer[start:end] for start, end in pairwise(places)]
    for name in TEXT_FILTERS:
        assert through(name, pieces) == through(name, [answer]) == through(name, list(answer)), name


def tagged(answer: str) -> Split:
    """Split an answer at the tags at its front, whole."""
    reasoning, text, found = "", answer, False
    while tag := next((tag for tag in TAGS if text.lstrip().startswith(tag)), None):
        found = True
        text = text.lstrip().removeprefix(tag)
        if tag in REASONING_TAGS:
            thought, _, text = text.partition(REASONING_TAGS[tag])
            reasoning += thought
    return Split(reasoning, text.lstrip() if found else text)


@given(ANSWERS)
def test_tags_split_as_a_plain_reading_does(answer: str) -> None:
    told = through("tags", list(answer))
    assert told.reasoning == tagged(answer).reasoning
    assert told.text.lstrip() == tagged(answer).text.lstrip()


@given(ANSWERS)
def test_nothing_but_closing_tags_is_lost_of_an_answer(answer: str) -> None:
    for name in ("JSON", "blocking"):
        split = through(name, list(answer))
        left = split.reasoning + split.text
        assert len(left) == len(answer) or any(tag in answer for tag in CLOSING_TAGS)


def shown(piece: str) -> Callable[[], object]:
    text = ShownText(Room(), show_reasoning=True)
    turns = [Split(piece, ""), Split("", piece)]

    def feed() -> None:
        text.feed(turns[0])
        turns.reverse()

    return feed


def reasoning(piece: str) -> Callable[[], object]:
    kept = KeptReasoning(Room())
    block = {"type": "thinking", "thinking": piece}
    delta = Delta.model_validate({"reasoning_content": piece, "thinking_blocks": [block]})
    return lambda: kept.feed(delta, delta.thought)


def call(piece: str) -> Callable[[], object]:
    calls = ToolCalls()
    delta = ToolCallDelta.model_validate(
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": piece}}
    )
    return lambda: calls.feed([delta])


def text(name: str) -> Callable[[str], Callable[[], object]]:
    def of(piece: str) -> Callable[[], object]:
        text_filter = TEXT_FILTERS[name]()
        return lambda: text_filter.feed(piece)

    return of


READERS: dict[str, Callable[[str], Callable[[], object]]] = {
    **{name: text(name) for name in TEXT_FILTERS},
    "shown text": shown,
    "kept reasoning": reasoning,
    "tool calls": call,
}
PIECES = ["x", "\n", "<", "<th", "[", "{", '"', "\\", "\ud83d", "User"]
FEW, MANY = 8_000, 64_000


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("name", READERS)
def test_eight_times_the_pieces_take_about_eight_times_as_long(name: str, piece: str) -> None:
    def seconds(pieces: int) -> float:
        read = READERS[name](piece)
        begun = time.thread_time()
        for _ in range(pieces):
            read()
        return time.thread_time() - begun

    # Quadratic work takes 64 times as long. The machine may change its speed in between.
    few = min(seconds(FEW) for _ in range(3))
    assert seconds(MANY) < 24 * few + 0.01
