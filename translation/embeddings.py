"""Texts → what the proxy embeds, and the proxy's vectors → Dify's: one per text, in order."""

import binascii
import math
import sys
from array import array
from collections.abc import Sequence

from dify_plugin.entities.model.text_embedding import MultiModalContent, MultiModalContentType

from litellm_proxy.errors import ProxyProtocolError, ProxyRejected
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from translation.errors import Cause, cause_of, sentence
from translation.history import RequestError
from translation.token_estimate import estimate_tokens

MAX_LINE_BYTES = 5 * 1024 * 1024 - 10_000
BYTES_A_NUMBER = 25
_IMAGE_STARTS = (("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"))
"""The first bytes of these image formats, as base64 writes them."""
_CUT_MARGIN = 0.85
"""The estimate of tokens is within 15 %."""


def sendable(texts: Sequence[str], context_size: int | None) -> list[str]:
    """Return the texts as providers take them.

    An empty text becomes a blank, since providers refuse it and Dify wants a vector for it. With a
    `context_size` (tokens) longer texts are cut to it; the user chose that.
    """
    kept = [text or " " for text in texts]
    return kept if context_size is None else [_cut(text, context_size) for text in kept]


def multimodal_input(document: MultiModalContent) -> str:
    """Return a text as it is and an image as a data URL, which is how LiteLLM takes images."""
    if document.content_type is MultiModalContentType.TEXT:
        return document.content
    if document.content.startswith(("data:", "http://", "https://")):
        return document.content
    head = document.content[:16]
    mime_type = next((mime for start, mime in _IMAGE_STARTS if head.startswith(start)), "image/png")
    return f"data:{mime_type};base64,{document.content}"


def vectors_in_order(answer: EmbeddingsAnswer, count: int) -> list[list[float]]:
    """Return `count` vectors by the index of their text.

    Raises ProxyProtocolError when one is missing, doubled, empty, of another size or not numbers:
    LiteLLM passes the upstream's order and number on unchecked (litellm-proxy-contract 6).
    """
    rows = answer.data or []
    by_index = {row.index: row.embedding for row in rows}
    if sorted(by_index) != list(range(count)) or len(rows) != count:
        message = f"{count} texts were sent, but {len(rows)} vectors came back"
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


def require_one_line(vectors: Sequence[Sequence[float]], texts: int) -> None:
    """Raise RequestError when the vectors of `texts` texts would not fit into one line of Dify.

    `vectors` are those that are there already; the daemon ends a plugin that writes more than 5 MiB
    in a line, and a number takes up to 25 bytes (dify-plugin-contract 8).
    """
    size = len(vectors[0]) if vectors else 0
    if texts * size * BYTES_A_NUMBER > MAX_LINE_BYTES:
        most = max(1, MAX_LINE_BYTES // (size * BYTES_A_NUMBER))
        message = (
            f"{texts} vectors of {size} numbers are more than Dify takes from a plugin at once; set "
            f"Texts per Request (max_chunks) to {most} or less."
        )
        raise RequestError(message)


def too_long(
    error: ProxyRejected, texts: Sequence[str], first: int, of: int, context_size: int
) -> RequestError | None:
    """Return the error that names the longest text of a refused batch, if length was the reason.

    Images have no length that could be told in tokens.

    `first` is the position of the batch among all `of` texts; positions are told from 1.
    """
    if any(text.startswith("data:") for text in texts):
        return None
    counts = [estimate_tokens(text) for text in texts]
    place = max(range(len(texts)), key=counts.__getitem__)
    by_class = cause_of(error) is Cause.CONTEXT_TOO_LONG
    by_count = cause_of(error) is Cause.REQUEST and counts[place] > context_size
    if not (by_class or by_count):
        return None
    return RequestError(
        f"Text {first + place + 1} of {of} is too long: {len(texts[place])} characters, about "
        f"{counts[place]} tokens, where the model takes {context_size}. Split it into shorter "
        f"chunks, or set Long Texts to Cut in the model's settings. {sentence(error)}"
    )


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
