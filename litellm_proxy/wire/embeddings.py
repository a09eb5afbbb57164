"""`POST /v1/embeddings`."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import FiniteFloat

from litellm_proxy.wire.chat import Usage
from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, ListModel, WireModel
from litellm_proxy.wire.request import Request


class Encoding(StrEnum):
    """The encoding of vectors: base64 of little-endian 32-bit floats, or numbers."""

    BASE64 = "base64"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class EmbeddingsRequest(ProxyRequest):
    """Texts to embed; `dimensions` are sent only if set.

    `input_type` (document, query) is sent if `sends_input_type`. Vectors are requested as base64, a
    quarter of the bytes of numbers.
    """

    model: str
    texts: Sequence[str]
    dimensions: int | None = None
    input_type: str | None = None
    sends_input_type: bool = False
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        encoding = None if "encoding_format" in self.options.extra else Encoding.BASE64.value
        own: dict[str, Json] = {
            "model": self.model,
            "input": list(self.texts),
            "encoding_format": encoding,
            "dimensions": self.dimensions,
            "input_type": self.input_type if self.sends_input_type else None,
        }
        return self.options.request("/v1/embeddings", own, unsent={"input_type": self.input_type})


class EmbeddingRow(WireModel):
    """One vector.

    `index` is the position of its text in the request, None if it is missing. Some upstreams use
    the other encoding than the requested one. `embedding` is None for other types.
    """

    index: Lenient[int] = None
    embedding: Lenient[str | list[FiniteFloat]] = None


class EmbeddingsAnswer(ListModel, ResponseWithError):
    """Vectors in the order of the response, which may differ from the request."""

    row = EmbeddingRow
    data: list[EmbeddingRow] | None = None
    usage: Lenient[Usage] = None
