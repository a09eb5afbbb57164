"""Texts → what the proxy embeds, and the proxy's vectors → Dify's: one per text, in order."""

import binascii
import math
import re
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.errors import ProxyProtocolError, ProxyRejected
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from translation.causes import Cause, cause_of
from translation.line import MAX_LINE_BYTES
from translation.media_type import labelled
from translation.request_error import RequestError
from translation.sentences import sentence
from translation.token_estimate import estimate_tokens

BYTES_A_NUMBER = 25
_FOR_VECTORS = MAX_LINE_BYTES - 10_000
_TOO_MANY = re.compile(
    r"batch|too many|at most|no more than|larger than|instance|array|number of (text|input|item)"
    r"|max\w*\W+(\w+\W+){0,4}(input|text|item|document|sentence|element|request)",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"tokens?\W{0,3}\)? (is|are) too (large|long)|physical batch|too (large|long) to (process|embed)"
    r"|(input|text|sequence|prompt)\w* (is |are )?(too long|too large|exceeds?)|context (length|size)"
    r"|maximum (sequence|context|input) length",
    re.IGNORECASE,
)
_OF_TEXTS = re.compile(
    rf"{_TOO_LONG.pattern}|NaN|unsupported value|failed to (encode|decode|tokeni[sz]e)|invalid (input|text|utf)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])[0-9]{1,5}(?![\w.]*[\w])")
MOST_SHORTENINGS = 3
SHORTENED_TO = 0.6
_CUT_MARGIN = 0.85
"""The estimate of tokens is within 15 %."""


def sendable(texts: Sequence[str], context_size: int | None) -> list[str]:
    """Return the texts as providers take them.

    A text of nothing but blanks becomes one: providers refuse empty texts and line feeds alone (P53),
    and Dify wants a vector for each. With a `context_size` (tokens) longer texts are cut to it; the user chose that.
    """
    kept = [text if text.strip() else " " for text in texts]
    return kept if context_size is None else [_cut(text, context_size) for text in kept]


def multimodal_input(document: MultiModalContent) -> str:
    """Return a text as it is and an image as a data URL, which is how LiteLLM takes images."""
    if document.content_type is MultiModalContentType.TEXT:
        return document.content
    if document.content.startswith(("data:", "http://", "https://")):
        return document.content
    return f"data:{labelled(document.content, 'image/png', 'image')};base64,{document.content}"


def vectors_in_order(answer: EmbeddingsAnswer, count: int) -> list[list[float]]:
    """Return `count` vectors by the index of their text.

    Where none has a number of its own, they are in the order of the texts.

    Raises ProxyProtocolError when one is missing, doubled, empty, of another size or not numbers:
    LiteLLM passes the upstream's order and number on unchecked (litellm-proxy-contract 6).
    """
    rows = answer.data or []
    if len(rows) != count:
        message = f"{count} texts were sent, but {len(rows)} vectors came back"
        raise ProxyProtocolError(message)
    numbers = [row.index for row in rows]
    if len(set(numbers)) == 1:
        # A server that does not number its vectors sends them in the order of the texts (P21).
        numbers = list(range(count))
    by_index = dict(zip(numbers, (row.embedding for row in rows), strict=True))
    if set(by_index) != set(range(count)):
        message = "the model's server numbers its vectors in a way that fits no texts"
        raise ProxyProtocolError(message)
    vectors = [_numbers(by_index[index]) for index in range(count)]
    require_one_size(vectors)
    return vectors


def require_one_size(vectors: Sequence[Sequence[float]]) -> None:
    """Raise ProxyProtocolError for vectors of different sizes.

    They come from deployments of one name that are not the same model, and would spoil a knowledge
    base.
    """
    if len({len(vector) for vector in vectors}) > 1 or not all(vectors):
        message = "the vectors that came back differ in size"
        raise ProxyProtocolError(message)


def require_one_model(model: str, fallbacks: Sequence[str | None]) -> None:
    """Raise RequestError when the batches of one call were answered by different models.

    The vectors of two models cannot be compared; in one knowledge base they are worse than an error.
    """
    answered = sorted({fallback or model for fallback in fallbacks})
    if len(answered) > 1:
        message = (
            "Some texts were embedded by one model and some by another, since LiteLLM fell back in "
            f"between ({', '.join(answered)}): their vectors cannot be compared. Try again, or take the "
            "fallback out of LiteLLM."
        )
        raise RequestError(message)


def require_one_line(vectors: Sequence[Sequence[float]], texts: int) -> None:
    """Raise RequestError when the vectors of `texts` texts would not fit into one line of Dify.

    `vectors` are those that are there already; the daemon ends a plugin that writes more than 5 MiB
    in a line, and a number takes up to 25 bytes (dify-plugin-contract 8).
    """
    size = len(vectors[0]) if vectors else 0
    if texts * size * BYTES_A_NUMBER > _FOR_VECTORS:
        most = max(1, _FOR_VECTORS // (size * BYTES_A_NUMBER))
        message = (
            f"{texts} vectors of {size} numbers are more than Dify takes from a plugin at once; set "
            f"Texts per Request to {most} or less."
        )
        raise RequestError(message)


@dataclass(frozen=True, slots=True)
class Batch:
    """The texts of one request; `first` is the position of the first among all `of` texts."""

    texts: Sequence[str]
    first: int
    of: int
    shortenings: int = 0
    """How often its longest texts were made shorter."""

    def shortened(self, error: ProxyRejected) -> "Batch | None":
        """Return the batch with its longest texts shorter, if that may help; else None.

        The estimate of tokens can be far off for tables, numbers and rare scripts.
        """
        too_long = cause_of(error) is Cause.CONTEXT_TOO_LONG or _TOO_LONG.search(error.text)
        if self.shortenings == MOST_SHORTENINGS or not too_long:
            return None
        counts = [estimate_tokens(text) for text in self.texts]
        kept = [
            text[: max(1, int(len(text) * SHORTENED_TO))] if count > max(counts) / 2 else text
            for text, count in zip(self.texts, counts, strict=True)
        ]
        return Batch(kept, self.first, self.of, self.shortenings + 1)

    def in_parts_of(self, size: int) -> "Iterator[Batch]":
        """Yield the batch in smaller ones."""
        for start in range(0, len(self.texts), size):
            part = self.texts[start : start + size]
            yield Batch(part, self.first + start, self.of, self.shortenings)


def smaller_batch(error: ProxyRejected, texts: int) -> int | None:
    """Return how many texts to send instead, if there were too many for the provider; else None.

    LiteLLM does not know such limits. The refusal may tell it: a number below that of the texts.
    """
    if texts == 1 or cause_of(error) not in {Cause.REQUEST, Cause.TOO_LARGE}:
        return None
    if not _TOO_MANY.search(error.text) or _TOO_LONG.search(error.text):
        return None
    told = [int(number) for number in _NUMBER.findall(error.text)]
    return max((number for number in told if 0 < number < texts), default=texts // 2)


def speaks_of_texts(error: ProxyRejected) -> bool:
    """Return whether a fault is about what was sent, so that sending it again cannot help (P20)."""
    return _OF_TEXTS.search(error.text) is not None


def explained_refusal(
    error: ProxyRejected, batch: Batch, context_size: int, *, cut: bool
) -> RequestError | None:
    """Return an error that names the text which the provider could not embed, if it was a text.

    The longest one of a batch, where its length was the reason; positions are told from 1. Images
    have no length that could be told in tokens.
    """
    if any(text.startswith("data:") for text in batch.texts):
        return None
    counts = [estimate_tokens(text) for text in batch.texts]
    place = max(range(len(counts)), key=counts.__getitem__)
    cause = cause_of(error)
    longest = f"{len(batch.texts[place])} characters, about {counts[place]} tokens"
    name = f"Text {batch.first + place + 1} of {batch.of}"
    if cause is Cause.CONTEXT_TOO_LONG or (cause is Cause.REQUEST and counts[place] > context_size):
        return RequestError(
            f"{name} is too long: {longest}, where the model takes {context_size}. {_remedy(cut=cut)} "
            f"{sentence(error)}"
        )
    if cause in {Cause.REQUEST, Cause.PROVIDER} and _TOO_LONG.search(error.text):
        return RequestError(
            f"{name} is too long for the model's server, which takes less than the model: {longest}. "
            f"{_remedy(cut=cut)} Or raise the server's limit. {sentence(error)}"
        )
    if cause is Cause.PROVIDER and speaks_of_texts(error):
        which = (
            name
            if len(counts) == 1
            else (f"One of texts {batch.first + 1} to {batch.first + len(counts)} of {batch.of}")
        )
        return RequestError(f"{which} cannot be embedded by the model's server. {sentence(error)}")
    return None


def _remedy(*, cut: bool) -> str:
    if cut:
        return "Split it into shorter chunks, or set a smaller Context Length in the model's form."
    return "Split it into shorter chunks, or set Long Texts to Cut in the model's form."


def _numbers(embedding: str | list[float]) -> list[float]:
    if isinstance(embedding, list):
        return embedding
    numbers = array("f")
    try:
        numbers.frombytes(binascii.a2b_base64(embedding, strict_mode=True))
    except ValueError:
        message = "a vector is not base64 of 32-bit numbers"
        raise ProxyProtocolError(message) from None
    if sys.byteorder == "big":
        numbers.byteswap()
    # The sum of a list is twice as fast as that of an array.
    vector = numbers.tolist()
    if not math.isfinite(sum(vector)):
        message = "a vector holds what is not a number"
        raise ProxyProtocolError(message)
    return vector


def _cut(text: str, context_size: int) -> str:
    tokens = estimate_tokens(text)
    if tokens <= context_size * _CUT_MARGIN:
        return text
    kept = text
    while tokens > context_size * _CUT_MARGIN and kept:
        share = context_size * _CUT_MARGIN / tokens
        kept = kept[: min(len(kept) - 1, int(len(kept) * share))]
        tokens = estimate_tokens(kept)
    return kept or text[:1]
