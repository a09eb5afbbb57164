"""`POST /v1/embeddings`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import FiniteFloat

from litellm_proxy.wire.chat import Usage
from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.error_body import FallibleAnswer
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Lenient, ListModel, WireModel


class Encoding(StrEnum):
    """How vectors are written: as base64 of little-endian 32-bit floats, or as numbers."""

    BASE64 = "base64"
    FLOAT = "float"


@dataclass(frozen=True, slots=True)
class EmbeddingsRequest(ProxyRequest):
    """Texts to embed; `dimensions` and `input_type` (document, query) are sent only when set.

    Vectors come back as base64, a quarter of the bytes of numbers, or as the concessions say.
    """

    model: str
    texts: Sequence[str]
    dimensions: int | None = None
    input_type: str | None = None
    options: RequestOptions = NO_OPTIONS

    def to_json(self) -> bytes:
        """Return the request body."""
        conceded = self.options.concessions
        return self.options.to_json(
            model=self.model,
            input=list(self.texts),
            encoding_format=self._encoding(),
            dimensions=self.dimensions,
            input_type=None if Concession.NO_INPUT_TYPE in conceded else self.input_type,
        )

    def open_concessions(self) -> Iterator[Concession]:
        """Yield what could still be given up of this request."""
        yield from self.options.open_concessions()
        conceded = self.options.concessions
        if self.input_type and Concession.NO_INPUT_TYPE not in conceded:
            yield Concession.NO_INPUT_TYPE
        if Concession.NO_ENCODING not in conceded and "encoding_format" not in self.options.extra:
            if Concession.FLOATS not in conceded:
                yield Concession.FLOATS
            yield Concession.NO_ENCODING

    def _encoding(self) -> str | None:
        conceded = self.options.concessions
        if Concession.NO_ENCODING in conceded or "encoding_format" in self.options.extra:
            return None
        return (Encoding.FLOAT if Concession.FLOATS in conceded else Encoding.BASE64).value


class EmbeddingRow(WireModel):
    """One vector; `index` is the position of its text in the request, None where nobody told it.

    Upstreams answer in the other encoding than they were asked for, too.
    """

    index: Lenient[int] = None
    embedding: str | list[FiniteFloat]


class EmbeddingsAnswer(ListModel, FallibleAnswer):
    """Vectors in the upstream's order, which need not be the request's."""

    row = EmbeddingRow
    data: list[EmbeddingRow] | None = None
    usage: Lenient[Usage] = None
