"""Text is cut at the stop word that is complete first, however it is split."""

from hypothesis import given
from hypothesis import strategies as st

from translation.answer.stop_words import StopWords

WORDS = st.lists(st.text("abc", min_size=1, max_size=4), max_size=3)


def reference(text: str, words: list[str]) -> str:
    """Write one character after the other, and stop where a word is complete."""
    for end in range(1, len(text) + 1):
        complete = [word for word in words if text[:end].endswith(word)]
        if complete:
            return text[: end - len(max(complete, key=len))]
    return text


def cut(pieces: list[str], words: list[str]) -> tuple[str, bool]:
    stop = StopWords(words)
    told = [*map(stop.feed, pieces), stop.finish()]
    return "".join(split.text for split in told), stop.has_cut


@given(st.lists(st.text("abcd", max_size=4), max_size=8), WORDS)
def test_pieces_give_what_the_whole_text_does(pieces: list[str], words: list[str]) -> None:
    text = "".join(pieces)
    shown, has_cut = cut(pieces, words)
    assert shown == cut([text], words)[0] == reference(text, words)
    assert has_cut == any(word in text for word in words)
