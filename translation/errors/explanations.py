"""Dify's error, the message in an app and the message in a form, for each cause of a rejected request."""

from dataclasses import dataclass

from dify_plugin.errors.model import (
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)

from translation.errors.causes import Cause


@dataclass(frozen=True, slots=True)
class Explanation:
    """The messages and the error for one cause.

    A message has at most 90 characters for an app, 100 for a form. `in_app` is for people who use
    an app, `in_form` for the administrator who saves the form. Placeholders: `{holder}` is the
    owner of the budget, `{guardrail}` the guardrail, `{size}` the size of the request, `{upstream}`
    LiteLLM or the provider, whichever failed.
    """

    in_app: str
    in_form: str
    error: type[InvokeError] = InvokeBadRequestError


EXPLANATIONS = {
    # Not InvokeAuthorizationError, because Dify replaces its text. Dify's load balancing suspends a key for
    # both errors (Dify 1.14, core/model_manager.py).
    Cause.KEY: Explanation(
        "The API key was rejected; an administrator must check it.",
        "API key was rejected: check it.",
        InvokeConnectionError,
    ),
    Cause.KEY_EXPIRED: Explanation(
        "The API key has expired; an administrator must replace it.",
        "API key has expired: enter another one.",
        InvokeConnectionError,
    ),
    Cause.NO_DATABASE: Explanation(
        "LiteLLM has no database for its keys, or is starting; try again or use the master key.",
        "API key was not accepted: LiteLLM is starting, or has no database and takes its master key alone.",
        InvokeConnectionError,
    ),
    Cause.BUDGET: Explanation(
        "The {holder}'s budget is used up; raise it in LiteLLM or use another key.",
        "The {holder}'s budget is used up: raise it in LiteLLM.",
        InvokeRateLimitError,
    ),
    Cause.MODEL_ACCESS: Explanation(
        "The API key may not use this model; allow it in LiteLLM or choose another.",
        "API key may not use this model: allow it in LiteLLM.",
    ),
    Cause.ROUTE_ACCESS: Explanation(
        "The API key may not call this route; allow it in LiteLLM.",
        "API key may not call this endpoint: allow the route in LiteLLM.",
    ),
    Cause.UNKNOWN_MODEL: Explanation(
        "LiteLLM does not know this model any more; choose another one.",
        "LiteLLM does not know this model: check its name.",
    ),
    Cause.COOLDOWN: Explanation(
        "LiteLLM pauses this model after errors; try again later.",
        "LiteLLM pauses this model after errors: look for the first one in its log.",
        InvokeRateLimitError,
    ),
    Cause.RATE_LIMIT: Explanation(
        "A rate limit is reached; try again later.",
        "A rate limit is reached: try again later.",
        InvokeRateLimitError,
    ),
    Cause.CONTEXT_TOO_LONG: Explanation(
        "The prompt is too long; shorten it or choose a model with a larger context.",
        "The test request is too long for this model.",
    ),
    Cause.CONTENT_POLICY: Explanation(
        "The provider's content filter blocked it; change the content.",
        "The provider's content filter blocked the test request.",
    ),
    Cause.UNSUPPORTED_PARAMETER: Explanation(
        "Turn this parameter off, or set Unsupported Parameters to Drop.",
        "The model does not take one of the Extra Fields: change it.",
    ),
    Cause.BANNED_FIELD: Explanation(
        "Remove this field from Extra Fields, or allow it in LiteLLM.",
        "LiteLLM does not allow one of the Extra Fields: remove it.",
    ),
    Cause.USER_REQUIRED: Explanation(
        "LiteLLM requires an end user; set End User in the form or User for LiteLLM in the app.",
        "LiteLLM requires an end user: change End User.",
    ),
    Cause.TAGS_REJECTED: Explanation(
        "LiteLLM rejects this model with these tags; change Tags in the form or the app.",
        "LiteLLM rejects this model with these tags: change Tags.",
    ),
    Cause.GUARDRAIL: Explanation(
        "{guardrail} blocked the request; change its content.",
        "{guardrail} blocked the test request: look at its rules.",
    ),
    Cause.UPSTREAM_KEY: Explanation(
        "The provider rejected the key inside LiteLLM; LiteLLM's administrator must check it.",
        "The provider rejected the key inside LiteLLM: set it there.",
    ),
    Cause.UPSTREAM_CREDIT: Explanation(
        "The account at the provider has no credit left; its owner must add some.",
        "The account at the provider has no credit left: its owner must add some.",
        InvokeRateLimitError,
    ),
    Cause.TIMEOUT: Explanation(
        "The model took too long; try again, or raise the timeouts.",
        "The model took too long: try again, or raise Timeout.",
        InvokeConnectionError,
    ),
    Cause.NOT_LITELLM: Explanation(
        "The base URL does not seem to lead to LiteLLM; an administrator must check it.",
        "Base URL does not look like a LiteLLM proxy: check it.",
    ),
    Cause.GATEWAY_KEY: Explanation(
        "A server in front of LiteLLM wants a key; put it into Extra Headers.",
        "A server in front of LiteLLM wants a key of its own: put it into Extra Headers.",
    ),
    Cause.GATEWAY_DOWN: Explanation(
        "LiteLLM does not answer behind its gateway; check that it runs.",
        "LiteLLM does not answer behind this address: check that it runs.",
        InvokeServerUnavailableError,
    ),
    Cause.TOO_LARGE: Explanation(
        "{size} is too large for a server on the way; send less, or raise its limit.",
        "{size} is too large for a server on the way: raise its limit.",
    ),
    Cause.PROVIDER: Explanation(
        "{upstream} failed; try again.",
        "{upstream} failed: try again, or look at LiteLLM's log.",
        InvokeServerUnavailableError,
    ),
    Cause.REQUEST: Explanation("The request was rejected.", "LiteLLM rejected the test request."),
}
"""Rows without an error are InvokeBadRequestError, whose text Dify shows."""
