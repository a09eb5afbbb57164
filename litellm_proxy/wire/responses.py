"""`POST /v1/responses` and `GET /v1/responses/{id}`: runs in the background."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from litellm_proxy.wire.chat import CompletionTokensDetails, PromptTokensDetails
from litellm_proxy.wire.error_body import FallibleAnswer
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, Parts, WireModel
from litellm_proxy.wire.request import Request

UNDER_WAY = frozenset({"queued", "in_progress"})
COMPLETED = "completed"
INCOMPLETE = "incomplete"
CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RunRequest(ProxyRequest):
    """What a run in the background is asked; `items` is the conversation, `parameters` further fields."""

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
            # What is not stored cannot be asked for later.
            "store": True,
        }
        return self.options.request("/v1/responses", own)


class RunAnnotation(WireModel):
    """A note on a text; only web pages have a `url`."""

    url: Lenient[str] = None
    title: Lenient[str] = None


class RunContent(WireModel):
    """A part of a message: a text, or the words of a refusal."""

    text: Lenient[str] = None
    refusal: Lenient[str] = None
    annotations: Lenient[Parts[RunAnnotation]] = None


class RunSummary(WireModel):
    """A part of what was thought, summed up."""

    text: Lenient[str] = None


class RunItem(WireModel):
    """A message, or reasoning."""

    type: Lenient[str] = None
    content: Lenient[Parts[RunContent]] = None
    summary: Lenient[Parts[RunSummary]] = None


class RunIncomplete(WireModel):
    """Why a run ended before its answer was whole."""

    reason: Lenient[str] = None


class RunUsage(WireModel):
    """Token counts and, for models with a known price, the cost in USD."""

    input_tokens: Lenient[int] = None
    output_tokens: Lenient[int] = None
    input_tokens_details: Lenient[PromptTokensDetails] = None
    output_tokens_details: Lenient[CompletionTokensDetails] = None
    cost: Lenient[float] = None


class Run(FallibleAnswer):
    """A run as it is now; one that failed may have an `error`."""

    id: Annotated[str, Field(max_length=2000)] = ""
    status: Lenient[str] = None
    output: Lenient[Parts[RunItem]] = None
    incomplete_details: Lenient[RunIncomplete] = None
    usage: Lenient[RunUsage] = None

    @property
    def is_under_way(self) -> bool:
        """Return whether it has not ended yet."""
        return self.status in UNDER_WAY
