"""JSON that was asked for, and what a model thought before it."""

import pytest

from litellm_proxy.limits import MAX_PROSE_CHARACTERS
from litellm_proxy.wire.chat import ChatChunk
from translation.answer.chat_stream import ChatStream
from translation.answer.prose_before_json import ProseBeforeJson


def split(content: str, size: int) -> tuple[str, str]:
    prose = ProseBeforeJson()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    parts = [*map(prose.feed, pieces), ("", prose.finish())]
    return "".join(thought for thought, _ in parts), "".join(text for _, text in parts)


@pytest.mark.parametrize(
    ("content", "reasoning", "text"),
    [
        ('hm {"a":0}\n</think>\n\n{"a":1}', 'hm {"a":0}\n', '\n\n{"a":1}'),
        ("hm</thinking>[1]", "hm", "[1]"),
        ("hm</budget:thinking>7", "hm", "7"),
        ("hm</think>a</think>b", "hm", "a</think>b"),
        ('{"a": "</think>"}', "", '{"a": "</think>"}'),
        (' \n[1, "</think>"]', "", ' \n[1, "</think>"]'),
        ("```json\n{}\n```</think>", "", "```json\n{}\n```</think>"),
        ('Here it is: {"a":1}', "", 'Here it is: {"a":1}'),
        ("7", "", "7"),
        ("  ", "", "  "),
        ("", "", ""),
        ("hm</thin", "", "hm</thin"),
    ],
)
def test_any_cut_gives_the_same_split(content: str, reasoning: str, text: str) -> None:
    for size in range(1, len(content) + 2):
        assert split(content, size) == (reasoning, text), size


def test_json_is_not_held_back_and_prose_not_without_end() -> None:
    prose = ProseBeforeJson()
    assert prose.feed(" ") == ("", "")
    assert prose.feed('{"a') == ("", ' {"a')
    assert prose.feed("b</think>") == ("", "b</think>")
    endless = ProseBeforeJson()
    assert endless.feed("x" * MAX_PROSE_CHARACTERS) == ("", "")
    assert endless.feed("y")[1].endswith("xy")
    assert endless.feed("z") == ("", "z")


@pytest.mark.parametrize(("is_json", "shown"), [(True, "[1]"), (False, "hm\n</think>\n\n[1]")])
def test_only_where_json_was_asked_for(is_json: bool, shown: str) -> None:  # noqa: FBT001
    stream = ChatStream(show_reasoning=not is_json, is_json=is_json)
    text = ""
    for piece in ("hm\n</th", "ink>\n", "\n[1]"):
        text += "".join(map(str, stream.feed(piece)))
    stream.feed(ChatChunk.model_validate({"choices": [{"finish_reason": "stop"}]}))
    assert text + stream.finish().closing_text == shown
