"""Texts as embedding models take them."""

import pytest

from translation.request.embeddings import prepare_texts
from translation.token_estimate import estimate_tokens


def test_empty_texts_are_sent_as_blanks_and_nothing_is_cut_unless_asked() -> None:
    long = "word " * 1000
    assert prepare_texts(["", "a", long], None) == [" ", "a", long]


@pytest.mark.parametrize("text", ["word " * 5000, "語" * 5000, "a" * 5000, "😀" * 5000])
def test_long_texts_are_cut_below_the_context(text: str) -> None:
    (kept,) = prepare_texts([text], 100)
    assert text.startswith(kept)
    assert 40 <= estimate_tokens(kept) <= 85
