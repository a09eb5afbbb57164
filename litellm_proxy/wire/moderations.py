"""`POST /v1/moderations`."""

from dataclasses import dataclass

from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Parts, WireModel
from litellm_proxy.wire.request import Request


@dataclass(frozen=True, slots=True)
class ModerationRequest(ProxyRequest):
    """A text to moderate."""

    model: str
    text: str
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        return self.options.request("/v1/moderations", {"model": self.model, "input": self.text})


class Judgement(WireModel):
    """The result for one text.

    Categories are not parsed: LiteLLM sends them in two spellings.
    """

    flagged: bool


class ModerationAnswer(ResponseWithError):
    """One result per text."""

    results: Parts[Judgement] | None = None
