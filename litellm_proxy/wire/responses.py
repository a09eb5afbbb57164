"""`POST /v1/responses` and `GET /v1/responses/{id}`: background runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from litellm_proxy.wire.chat import CompletionTokensDetails, PromptTokensDetails
from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, Parts, WireModel
from litellm_proxy.wire.request import Request

UNDER_WAY = frozenset({"queued", "in_progress"})
COMPLETED = "completed"
INCOMPLETE = "incomplete"
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RunRequest(ProxyRequest):
    """A request for a background run; `items` is the conversation, `parameters` further fields."""

    model: str
    items: Sequence[Json]
    parameters: Mapping[str, Json] = field(default_factory=dict)
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        own: dict[str, Json] = {
            **self.parameters,
            "model": self.model,
            "input": list(self.items),
            "background": True,
            # A run that is not stored cannot be fetched later.
            "store": True,
        }
        return self.options.request("/v1/responses", own)


class RunAnnotation(WireModel):
    """An annotation of a text; only web pages have a `url`."""

    url: Lenient[str] = None
    title: Lenient[str] = None


class RunContent(WireModel):
    """A part of a message: a text or a refusal."""

    text: Lenient[str] = None
    refusal: Lenient[str] = None
    annotations: Lenient[Parts[RunAnnotation]] = None


class RunSummary(WireModel):
    """A part of a summary of reasoning."""

    text: Lenient[str] = None


class RunItem(WireModel):
    """A message or reasoning."""

    type: Lenient[str] = None
    content: Lenient[Parts[RunContent]] = None
    summary: Lenient[Parts[RunSummary]] = None


class RunIncomplete(WireModel):
    """The reason why a run is incomplete."""

    reason: Lenient[str] = None


class RunUsage(WireModel):
    """Token counts and, for models with a known price, the cost in USD."""

    input_tokens: Lenient[int] = None
    output_tokens: Lenient[int] = None
    input_tokens_details: Lenient[PromptTokensDetails] = None
    output_tokens_details: Lenient[CompletionTokensDetails] = None
    cost: Lenient[float] = None


class Run(ResponseWithError):
    """The current state of a run; a failed run may have an `error`."""

    id: Annotated[str, Field(max_length=2000)] = ""
    status: Lenient[str] = None
    output: Lenient[Parts[RunItem]] = None
    incomplete_details: Lenient[RunIncomplete] = None
    usage: Lenient[RunUsage] = None

    @property
    def is_under_way(self) -> bool:
        """Return whether the run has not ended yet."""
        return self.status in UNDER_WAY
