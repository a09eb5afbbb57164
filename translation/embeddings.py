"""The proxy's vectors → Dify's: in the order of the texts, one for each."""

from collections.abc import Sequence

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.embeddings import EmbeddingsAnswer
from translation.history import RequestError

MAX_LINE_BYTES = 5 * 1024 * 1024 - 10_000
BYTES_A_NUMBER = 25


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


def vectors_in_order(answer: EmbeddingsAnswer, count: int) -> list[list[float]]:
    """Return `count` vectors by the index of their text.

    Raises ProxyProtocolError when one is missing, doubled, empty or of another size: LiteLLM passes
    the upstream's order and number on unchecked (litellm-proxy-contract 6).
    """
    by_index = {row.index: row.embedding for row in answer.data or ()}
    if sorted(by_index) != list(range(count)) or len(answer.data or ()) != count:
        message = f"{count} texts were sent, but {len(answer.data or ())} vectors came back"
        raise ProxyProtocolError(message)
    vectors = [by_index[index] for index in range(count)]
    if len({len(vector) for vector in vectors}) > 1 or not all(vectors):
        message = "the vectors that came back differ in size"
        raise ProxyProtocolError(message)
    return vectors
