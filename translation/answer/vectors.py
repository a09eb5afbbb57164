"""Check the proxy's vectors: one per text, in order, of one model and one size."""

import binascii
import math
import sys
from array import array
from collections.abc import Sequence

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from translation.errors.messages import short_name
from translation.errors.request_error import RequestError
from translation.line_limit import MAX_LINE_BYTES

BYTES_A_NUMBER = 25
_FOR_VECTORS = MAX_LINE_BYTES - 10_000


def vectors_in_order(answer: EmbeddingsAnswer, count: int, first: int = 0) -> list[list[float]]:
    """Return `count` vectors in the order of their texts.

    `first` is the position of the first text in its call. If all vectors have the same index, they
    are in the order of the texts. Raises ProxyProtocolError if a vector is missing, duplicate,
    empty, of another size or not numbers: LiteLLM 1.106 does not check the upstream's order and
    number of vectors.
    """
    rows = answer.data or []
    if len(rows) != count:
        message = f"{count} texts were sent, but {len(rows)} vectors came back"
        raise ProxyProtocolError(message)
    numbers = [row.index for row in rows]
    if len(set(numbers)) == 1:
        # A server that sends no indexes sends the vectors in the order of the texts.
        numbers = list(range(count))
    by_index = dict(zip(numbers, (row.embedding for row in rows), strict=True))
    if set(by_index) != set(range(count)):
        message = "the model's server numbers its vectors in a way that fits no texts"
        raise ProxyProtocolError(message)
    vectors = [_numbers(by_index[index], first + index + 1) for index in range(count)]
    require_one_size(vectors)
    return vectors


def require_one_size(vectors: Sequence[Sequence[float]]) -> None:
    """Raise ProxyProtocolError for vectors of different sizes.

    They come from deployments with one name but different models, and would make a knowledge base
    useless.
    """
    if len({len(vector) for vector in vectors}) > 1 or not all(vectors):
        message = "the vectors that came back differ in size"
        raise ProxyProtocolError(message)


def require_one_model(model: str, fallbacks: Sequence[str | None]) -> None:
    """Raise RequestError if different models embedded the batches of one call.

    Vectors of two models cannot be compared; in one knowledge base they are worse than an error.
    """
    answered = sorted({fallback or model for fallback in fallbacks})
    if len(answered) > 1:
        message = (
            f"LiteLLM fell back to another model ({', '.join(map(short_name, answered[:2]))}), whose "
            "vectors cannot be compared; try again."
        )
        raise RequestError(message)


def require_one_line(vectors: Sequence[Sequence[float]], texts: int) -> None:
    """Raise RequestError if `texts` vectors do not fit into one line.

    `vectors` are the vectors received so far. The daemon ends a plugin that writes more than 5 MiB
    in a line, and a number has up to 25 bytes (dify-plugin 0.10).
    """
    size = len(vectors[0]) if vectors else 0
    if texts * size * BYTES_A_NUMBER > _FOR_VECTORS:
        most = max(1, _FOR_VECTORS // (size * BYTES_A_NUMBER))
        message = f"{texts} vectors of {size} numbers are too many for Dify; set Texts per Request to {most} or less."
        raise RequestError(message)


def _numbers(embedding: str | list[float] | None, place: int) -> list[float]:
    """Parse the vector of a text; `place` is its position from 1."""
    if isinstance(embedding, list):
        if not embedding:
            raise _no_numbers(place)
        return embedding
    numbers = array("f")
    try:
        numbers.frombytes(binascii.a2b_base64(embedding or "=", strict_mode=True))
    except ValueError:
        raise _no_numbers(place) from None
    if sys.byteorder == "big":
        numbers.byteswap()
    # The sum of a list is twice as fast as the sum of an array.
    vector = numbers.tolist()
    if not math.isfinite(sum(vector)):
        raise _no_numbers(place)
    return vector


def _no_numbers(place: int) -> ProxyProtocolError:
    return ProxyProtocolError(f"the model's server returned no vector of numbers for text {place}")
