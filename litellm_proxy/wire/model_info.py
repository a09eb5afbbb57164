"""What the proxy tells about its models, on three endpoints of different detail and reach."""

from dataclasses import dataclass

from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, ListModel, Parts, WireModel
from litellm_proxy.wire.request import Request

CHAT_MODE = "chat"
"""LiteLLM's word for a model of the chat endpoint, and for one that it does not know of Ollama."""
COMPLETION_MODE = "completion"
"""LiteLLM's word for a model of the completion endpoint."""
IMAGE_MODES = frozenset({"image_generation", "image_edit"})
"""LiteLLM's words for models that make images."""
RESPONSES_MODE = "responses"
"""LiteLLM's word for a model of OpenAI's Responses API; it translates chats for it."""


@dataclass(frozen=True, slots=True)
class ModelQuestion(ProxyRequest):
    """A question about one model at an endpoint, without the input that the endpoint requires."""

    model: str
    path: str
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request."""
        return self.options.request(self.path, {"model": self.model})


class ListedModel(WireModel):
    """A row of `GET /v1/models`: a name that the key can call; limits in tokens, when known."""

    id: str
    mode: Lenient[str] = None
    max_input_tokens: Lenient[float] = None
    max_output_tokens: Lenient[float] = None


class ModelList(ListModel):
    """The names that the key can call; a wildcard is expanded into many."""

    row = ListedModel
    omits_bad_rows = True
    data: list[ListedModel]


class ModelGroup(WireModel):
    """A row of `GET /model_group/info`: one public name over all its deployments.

    Limits (tokens) are the largest of the deployments and arrive as floats, a capability is true
    if any deployment has it, and a false means "no or unknown". Prices are USD per token.
    """

    model_group: Lenient[str] = None
    providers: Lenient[Parts[str]] = None
    mode: Lenient[str] = None
    max_input_tokens: Lenient[float] = None
    max_output_tokens: Lenient[float] = None
    input_cost_per_token: Lenient[float] = None
    output_cost_per_token: Lenient[float] = None
    supports_vision: Lenient[bool] = None
    supports_function_calling: Lenient[bool] = None
    supports_parallel_function_calling: Lenient[bool] = None
    supports_reasoning: Lenient[bool] = None
    supports_web_search: Lenient[bool] = None
    supported_reasoning_efforts: Lenient[Parts[str]] = None
    supported_openai_params: Lenient[Parts[str]] = None


class ModelGroups(ListModel):
    """At most one group when the question named one."""

    row = ModelGroup
    omits_bad_rows = True
    data: list[ModelGroup]


class DeploymentInfo(WireModel):
    """What LiteLLM knows of one deployment: its catalogue, overridden by the proxy's config.

    Null means unknown. Limits are tokens, prices USD per token, the vector size a count. All rows
    that a wildcard was expanded into have the `id` of its deployment.
    """

    id: Lenient[str] = None
    litellm_provider: Lenient[str] = None
    mode: Lenient[str] = None
    max_input_tokens: Lenient[float] = None
    max_output_tokens: Lenient[float] = None
    output_vector_size: Lenient[float] = None
    input_cost_per_token: Lenient[float] = None
    output_cost_per_token: Lenient[float] = None
    cache_read_input_token_cost: Lenient[float] = None
    cache_creation_input_token_cost: Lenient[float] = None
    output_cost_per_reasoning_token: Lenient[float] = None
    input_cost_per_token_above_200k_tokens: Lenient[float] = None
    output_cost_per_token_above_200k_tokens: Lenient[float] = None
    cache_read_input_token_cost_above_200k_tokens: Lenient[float] = None
    cache_creation_input_token_cost_above_200k_tokens: Lenient[float] = None
    supports_vision: Lenient[bool] = None
    supports_function_calling: Lenient[bool] = None
    supports_parallel_function_calling: Lenient[bool] = None
    supports_response_schema: Lenient[bool] = None
    supports_reasoning: Lenient[bool] = None
    supports_pdf_input: Lenient[bool] = None
    supports_audio_input: Lenient[bool] = None
    supports_audio_output: Lenient[bool] = None
    supports_video_input: Lenient[bool] = None
    supports_prompt_caching: Lenient[bool] = None
    supports_web_search: Lenient[bool] = None
    supports_embedding_image_input: Lenient[bool] = None
    reasoning_effort_levels: Lenient[Parts[str]] = None
    supported_openai_params: Lenient[Parts[str]] = None


class DeploymentParams(WireModel):
    """What LiteLLM calls: the backend's name; of an expanded wildcard the public name again."""

    model: Lenient[str] = None


class Deployment(WireModel):
    """A row of `GET /v1/model/info`: one deployment behind a public name."""

    model_name: str
    litellm_params: Lenient[DeploymentParams] = None
    model_info: DeploymentInfo = DeploymentInfo()

    @property
    def info(self) -> DeploymentInfo:
        """Return what LiteLLM knows of it.

        LiteLLM names no provider of a model that is not in its catalogue; the backend's name begins with it.
        """
        backend = self.litellm_params and self.litellm_params.model
        if self.model_info.litellm_provider or not backend or backend == self.model_name:
            return self.model_info
        provider, slash, _ = backend.partition("/")
        return self.model_info.model_copy(update={"litellm_provider": provider if slash else None})


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
