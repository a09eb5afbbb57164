"""The proxy's vectors → Dify's: in the order of the texts, one for each."""

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.embeddings import EmbeddingsAnswer


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
