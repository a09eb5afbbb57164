import pytest

from translation.answer.held_limit import HeldLimit
from translation.answer.tagged_reasoning import TaggedReasoning


def split(*pieces: str) -> tuple[str, str]:
    inline = TaggedReasoning(HeldLimit())
    parts = [inline.feed(piece) for piece in pieces] + [inline.finish()]
    return "".join(reasoning for reasoning, _ in parts), "".join(text for _, text in parts)


@pytest.mark.parametrize(
    ("content", "reasoning", "text"),
    [
        ("<think>\nhm\n</think>\n\n42", "\nhm\n", "42"),
        ("\n <think>hm</think>42", "hm", "42"),
        ("no tags", "", "no tags"),
        ("later <think>x</think>", "", "later <think>x</think>"),
        ("<thinking>x</thinking>", "x", ""),
        ("<thinking>x</think>y</thinking>\n\n42", "x</think>y", "42"),
        ("<budget:thinking>x</budget:thinking>42", "x", "42"),
        ("</thinking>42", "", "42"),
        ("<thinker>x</thinker>", "", "<thinker>x</thinker>"),
        ("<think >x</think >", "", "<think >x</think >"),
        ("<think>never closed", "never closed", ""),
        ("<think>a < b </thin> c</think>d", "a < b </thin> c", "d"),
        ("<think></think>42", "", "42"),
        ("<thi", "", "<thi"),
        ("<think>a</think>b<think>c</think>", "a", "b<think>c</think>"),
        ("", "", ""),
        ("  ", "", "  "),
    ],
)
def test_any_cut_gives_the_same_split(content: str, reasoning: str, text: str) -> None:
    for size in range(1, len(content) + 2):
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        assert split(*pieces) == (reasoning, text), pieces


def test_text_without_tags_is_not_held_back() -> None:
    inline = TaggedReasoning(HeldLimit())
    assert inline.feed("Hello") == ("", "Hello")
    assert inline.feed("<th") == ("", "<th")
