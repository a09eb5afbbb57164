"""Every filter of an answer: the same result however the answer is cut, and linear in what it reads."""

import time
from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litellm_proxy.wire.chat import Choice, Delta, ToolCallDelta
from translation.answer.answer_text import AnswerText
from translation.answer.buffered_text import BufferedText
from translation.answer.choices import Choices
from translation.answer.held_limit import HeldLimit
from translation.answer.kept_reasoning import KeptReasoning
from translation.answer.stop_words import StopWords
from translation.answer.tagged_reasoning import TaggedReasoning
from translation.answer.text_with_reasoning import TextWithReasoning
from translation.answer.tool_calls import ToolCalls
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
    "tags": lambda: TaggedReasoning(HeldLimit()),
    "JSON": lambda: BufferedText(split_whole_json, HeldLimit(), streams_objects=True),
    "blocking": lambda: BufferedText(split_whole_text, HeldLimit(), streams_objects=False),
    "stop words": lambda: StopWords(["<|end|>", "\n\nUser:", "  "]),
    "text": lambda: AnswerText(HeldLimit(), is_json=False, is_blocking=False, stop=["User:"]),
    "all": lambda: AnswerText(HeldLimit(), is_json=True, is_blocking=True, stop=["User:"]),
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
    text = TextWithReasoning(HeldLimit(), show_reasoning=True)
    turns = [Split(piece, ""), Split("", piece)]

    def feed() -> None:
        text.feed(turns[0])
        turns.reverse()

    return feed


def reasoning(piece: str) -> Callable[[], object]:
    kept = KeptReasoning(HeldLimit())
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


TURNS = st.lists(
    st.tuples(st.booleans(), st.text("ab \n", min_size=1, max_size=5)), max_size=6
)  # fmt: skip


def shown_text(turns: list[tuple[bool, str]], *, show_reasoning: bool, whole: bool) -> str:
    """Return what reasoning (True) and text (False) in turns come to, whole or letter by letter."""
    text = TextWithReasoning(HeldLimit(), show_reasoning=show_reasoning)
    out = ""
    for is_reasoning, content in turns:
        for piece in [content] if whole else content:
            out += text.feed(Split(piece, "") if is_reasoning else Split("", piece))
    return out + text.finish()


@given(TURNS)
def test_shown_text_is_the_same_however_it_is_cut_and_its_blocks_are_closed(
    turns: list[tuple[bool, str]],
) -> None:
    joined = [
        (kind, "".join(content for _, content in group))
        for kind, group in groupby(turns, key=lambda turn: turn[0])
    ]
    for show in (True, False):
        expected = shown_text(joined, show_reasoning=show, whole=True)
        assert shown_text(joined, show_reasoning=show, whole=False) == expected
        assert expected.count("<think>") == expected.count("</think>")
        letters = "".join(c for kind, content in turns if show or not kind for c in content.split())
        plain = expected.replace("<think>", "").replace("</think>", "")
        assert "".join(plain.split()) == letters


@given(st.lists(st.text(max_size=4), max_size=6), st.integers(1, 3))
def test_kept_reasoning_is_what_was_sent_however_it_is_cut(texts: list[str], size: int) -> None:
    kept = KeptReasoning(HeldLimit())
    for whole in texts:
        pieces = [whole[n : n + size] for n in range(0, len(whole), size)] or [""]
        for piece in pieces:
            block = {"type": "thinking", "thinking": piece, "signature": ""}
            kept.feed(Delta.model_validate({"thinking_blocks": [block]}), piece)
        signature = {"type": "thinking", "thinking": "", "signature": "S"}
        kept.feed(Delta.model_validate({"thinking_blocks": [signature]}), "")
    reasoning = kept.finish()
    assert [block["thinking"] for block in reasoning.blocks] == texts
    assert reasoning.text == "".join(texts)


CONTENTS = {"text": {"content": "x"}, "reasoning": {"reasoning": "x"}, "calls": {"tool_calls": [{"index": 0}]}}  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(sorted(CONTENTS))), max_size=10))
def test_of_each_content_the_first_choice_that_brings_it_counts(
    conversation: list[tuple[int, str]],
) -> None:
    choices = Choices()
    first: dict[str, int] = {}
    for index, content in conversation:
        choice = Choice.model_validate({"index": index, "delta": CONTENTS[content]})
        piece = choices.feed(choice)
        is_first = first.setdefault(content, index) == index
        assert bool(piece.content or piece.reasoning or piece.tool_calls) is is_first
