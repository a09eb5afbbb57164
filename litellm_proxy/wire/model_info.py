"""Model information from the proxy's endpoints, which differ in detail and in coverage."""

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import AliasPath, Field, PlainValidator, model_validator

from litellm_proxy.wire.model_facts import NOTHING_KNOWN, ModelFacts
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, ListModel, Parts, WireModel
from litellm_proxy.wire.request import Request

CHAT_MODE = "chat"
"""LiteLLM's mode of chat models, and of Ollama models that it does not know."""
COMPLETION_MODE = "completion"
"""LiteLLM's mode of models of the completion endpoint."""
IMAGE_MODES = frozenset({"image_generation", "image_edit"})
"""LiteLLM's modes of models that generate images."""
RESPONSES_MODE = "responses"
"""LiteLLM's mode of models of OpenAI's Responses API; it translates chat requests for them."""


@dataclass(frozen=True, slots=True)
class ProbeRequest(ProxyRequest):
    """A request that names a model but omits the input that the endpoint requires."""

    model: str
    path: str
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        return self.options.request(self.path, {"model": self.model})


type Facts = Annotated[ModelFacts, PlainValidator(ModelFacts.from_row)]


class _FactsRow(WireModel):
    """A row whose own keys are the facts."""

    facts: Facts = NOTHING_KNOWN

    @model_validator(mode="before")
    @classmethod
    def _with_facts(cls, row: object) -> object:
        return {**row, "facts": row} if isinstance(row, dict) else row


class ListedModel(_FactsRow):
    """A row of `GET /v1/models`: a name that the key can call, with mode and limits where known."""

    id: str


class ModelList(ListModel):
    """The names that the key can call; a wildcard is expanded into many."""

    row = ListedModel
    omits_bad_rows = True
    data: list[ListedModel]


class ModelGroup(_FactsRow):
    """A row of `GET /model_group/info`: one public name over all its deployments.

    Limits are the largest of the deployments, a capability is true if any deployment has it.
    """

    model_group: Lenient[str] = None
    providers: Lenient[Parts[str]] = None


class ModelGroups(ListModel):
    """At most one group when the question named one."""

    row = ModelGroup
    omits_bad_rows = True
    data: list[ModelGroup]


class DeploymentParams(WireModel):
    """What LiteLLM calls: the backend's name; of an expanded wildcard the public name again."""

    model: Lenient[str] = None


class Deployment(WireModel):
    """A row of `GET /v1/model/info`: one deployment behind a public name.

    `model_info` is LiteLLM's catalogue, overridden by the proxy's config. All rows that a wildcard was
    expanded into have the `id` of its deployment.
    """

    model_name: str
    litellm_params: Lenient[DeploymentParams] = None
    id: Lenient[str] = Field(None, validation_alias=AliasPath("model_info", "id"))
    model_info: Facts = NOTHING_KNOWN

    @property
    def facts(self) -> ModelFacts:
        """Return the facts, with the provider from the backend's name where LiteLLM names none.

        It names none of a model that is not in its catalogue.
        """
        backend = self.litellm_params and self.litellm_params.model
        if self.model_info.provider or not backend or backend == self.model_name:
            return self.model_info
        provider, slash, _ = backend.partition("/")
        return replace(self.model_info, provider=provider) if slash else self.model_info


class Deployments(ListModel):
    """All deployments that the key can reach, several of one name where it is load-balanced."""

    row = Deployment
    omits_bad_rows = True
    data: list[Deployment]


class TokenCount(WireModel):
    """The answer of `POST /utils/token_counter`, which resolves a name as a call would.

    `model_used` is the backend's name; for a name that the proxy does not know it is the name
    itself. Hidden aliases are resolved too, which no list shows. `original_response` is there since names
    are resolved.
    """

    model_used: Lenient[str] = None
    original_response: Json = None
