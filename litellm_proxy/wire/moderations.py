"""`POST /v1/moderations`."""

from dataclasses import dataclass

from litellm_proxy.wire.error_body import FallibleAnswer
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Parts, WireModel


@dataclass(frozen=True, slots=True)
class ModerationRequest(ProxyRequest):
    """A text to be judged."""

    model: str
    text: str
    options: RequestOptions = NO_OPTIONS

    def to_json(self) -> bytes:
        """Return the request body."""
        return self.options.to_json(model=self.model, input=self.text)


class Judgement(WireModel):
    """What was found in one text. Categories are not read: LiteLLM sends them in two spellings."""

    flagged: bool


class ModerationAnswer(FallibleAnswer):
    """One judgement per text."""

    results: Parts[Judgement] | None = None
