"""`GET /v1/models` and `GET /model_group/info`."""

from pydantic import OnErrorOmit

from litellm_proxy.wire.reading import Lenient, WireModel

COMPLETION_MODE = "completion"
"""LiteLLM's word for a model of the completion endpoint."""


class ListedModel(WireModel):
    """A name that the key can call."""

    id: str


class ModelList(WireModel):
    """The names that the key can call; a wildcard is expanded into many."""

    data: list[OnErrorOmit[ListedModel]]


class ModelGroup(WireModel):
    """What the proxy knows of a public model name; limits are tokens and arrive as floats.

    A `supports_*` of false means "no or unknown"; prices are USD per token.
    """

    model_group: Lenient[str] = None
    mode: Lenient[str] = None
    max_input_tokens: Lenient[float] = None
    max_output_tokens: Lenient[float] = None
    input_cost_per_token: Lenient[float] = None
    output_cost_per_token: Lenient[float] = None
    supports_vision: Lenient[bool] = None
    supports_function_calling: Lenient[bool] = None
    supports_parallel_function_calling: Lenient[bool] = None
    supports_reasoning: Lenient[bool] = None
    supported_openai_params: Lenient[list[str]] = None


class ModelGroups(WireModel):
    """At most one group when the question named one."""

    data: list[OnErrorOmit[ModelGroup]]
