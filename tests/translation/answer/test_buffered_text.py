"""Text that waits for its end: JSON that was asked for, and blocking answers."""

import json

import pytest

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.limits import MAX_HELD_CHARACTERS
from litellm_proxy.wire.chat import ChatChunk
from translation.answer.answer_text import AnswerText
from translation.answer.buffered_text import BufferedText
from translation.answer.chat_stream import AnswerOptions, ChatStream
from translation.answer.held_limit import HeldLimit
from translation.reasoning_tags import REASONING_TAGS, split_whole_json

ANSWER = '{"b": 2}'


def text_of(content: str, size: int, **form: bool) -> str:
    options = {"is_json": False, "is_blocking": False, **form}
    answer = AnswerText(HeldLimit(), **options, stop=())
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return "".join(split.text for split in [*map(answer.feed, pieces), answer.finish()])


@pytest.mark.parametrize(
    "content",
    [
        '[Plan] maybe {"a": 1}. </think>{"b": 2}',
        '"Plan" maybe {"a": 1}.\n</think>\n{"b": 2}',
        '`a` {"a": 1}</think>{"b": 2}',
        " " * 17 + 'hm {"a": 1}</think>{"b": 2}',
        '{draft} {"a": 1}</think>{"b": 2}',
        '[1, 2]</think>{"b": 2}',
        '7</think>{"b": 2}',
        'a </think> b {"a": 1}</think>{"b": 2}',
        'Sure: <think>{"a": 1}</think>{"b": 2}',
        '<|channel|>analysis<|message|>{"a": 1}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{"b": 2}',
        '<|channel|>final <|constrain|>json<|message|>{"b": 2}',
        *(f'{opening}{{"a": 1}}{closing}{{"b": 2}}' for opening, closing in REASONING_TAGS.items()),
        *(f'hm {{"a": 1}}{closing}{{"b": 2}}' for closing in REASONING_TAGS.values()),
    ],
)
def test_json_stands_without_the_reasoning_before_it(content: str) -> None:
    for size in (1, 2, 3, 7, len(content)):
        for is_blocking in (True, False):
            text = text_of(content, size, is_json=True, is_blocking=is_blocking)
            assert json.loads(text) == json.loads(ANSWER), size


@pytest.mark.parametrize(
    "content",
    [
        '{"a": "</think>"}', ' \n{ "a": "</think>"}', "{}", '[1, "</think>"]', '"</think>"', "7",
        '```json\n{"a": "</think>"}\n```', 'Here it is: {"a": 1}', "  ", "", "hm</thin", "hm</think>",
        "{", "I cannot do that.",
    ],
)  # fmt: skip
def test_what_is_json_or_has_no_tag_stays(content: str) -> None:
    for size in range(1, len(content) + 2):
        for is_blocking in (True, False):
            assert text_of(content, size, is_json=True, is_blocking=is_blocking) == content


def test_what_follows_a_closing_tag_and_is_not_json_follows_the_last_one() -> None:
    split = split_whole_json('a</think>b</think>c {"a": 1}')
    assert split == ("a</think>b", 'c {"a": 1}')


def test_an_object_is_passed_on_as_it_arrives_and_everything_else_waits() -> None:
    text = BufferedText(split_whole_json, HeldLimit(), streams_objects=True)
    assert text.feed(" {").text == ""
    assert text.feed('\n"a').text == ' {\n"a'
    assert text.feed('": 1}').text == '": 1}'
    waiting = BufferedText(split_whole_json, HeldLimit(), streams_objects=True)
    assert waiting.feed("[").text == waiting.feed("1]").text == ""
    assert waiting.finish().text == "[1]"


def test_what_waits_has_a_size() -> None:
    waiting = BufferedText(split_whole_json, HeldLimit(), streams_objects=False)
    waiting.feed("x" * MAX_HELD_CHARACTERS)
    with pytest.raises(ProxyProtocolError, match="more than can be kept"):
        waiting.feed("x")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("I think hard.\n</think>\n\nAnswer.", "Answer."),
        ("hm</think>Answer.", "Answer."),
        ("hm\n[/THINK]\nAnswer.", "Answer."),
        ("hm</think></think>\nAnswer.", "Answer."),
        ("```\nx\n```\nhm</think>Answer.", "Answer."),
        ("Raw, without ``` around it.\n</think>\n\ndef main():", "def main():"),
        ("<think>hm</think>Answer.", "Answer."),
        ('So the title is "Blue Harbor"</think>Blue Harbor', "Blue Harbor"),
        ('The user wants a quote.</think>"To be"', '"To be"'),
        ("The user wants code.</think>```python\nprint(1)\n```", "```python\nprint(1)\n```"),
        ("I answer with ```python.</think>```python\nprint(1)\n```", "```python\nprint(1)\n```"),
        ("Close it with `</think>`, please.", "Close it with `</think>`, please."),
        ('Write "</think>" there.', 'Write "</think>" there.'),
        ("```\nhm</think>x\n```\nso.", "```\nhm</think>x\n```\nso."),
        ("Use <think> and </think> so.", "Use <think> and </think> so."),
        ("All of it.</think>", "All of it.</think>"),
        ("Plain.", "Plain."),
    ],
)
def test_a_blocking_answer_has_no_reasoning_whose_opening_tag_is_missing(
    content: str, text: str
) -> None:
    for size in (1, 4, len(content)):
        assert text_of(content, size, is_blocking=True) == text


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (AnswerOptions(is_json=True, show_reasoning=False), "[1]"),
        (AnswerOptions(), "hm\n</think>\n\n[1]"),
        (AnswerOptions(is_blocking=True, show_reasoning=False), "[1]"),
    ],
)
def test_a_stream_of_text_is_not_held_back(form: AnswerOptions, shown: str) -> None:
    stream = ChatStream(form=form)
    text = ""
    for piece in ("hm\n</th", "ink>\n", "\n[1]"):
        text += "".join(map(str, stream.feed(piece)))
    stream.feed(ChatChunk.model_validate({"choices": [{"finish_reason": "stop"}]}))
    assert (text + stream.finish().closing_text).strip() == shown
