import pytest
from dify_plugin.errors.model import (
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)

from litellm_proxy.errors import (
    Failure,
    ProxyAnswerEmpty,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from litellm_proxy.wire.error_body import classes_at_the_head
from tests.support.captured import client_answered_with
from translation.errors.to_dify import form_error_message, to_invoke_error


def refusal(status: int, error_type: str | None = None, message: str = "No.") -> ProxyRejected:
    return ProxyRejected(
        status=status,
        error_type=error_type,
        message=message,
        classes=classes_at_the_head(message),
    )


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (refusal(401, "auth_error"), InvokeConnectionError),
        (refusal(401, "token_not_found_in_db"), InvokeConnectionError),
        (refusal(401, "expired_key"), InvokeConnectionError),
        (refusal(400, "no_db_connection"), InvokeConnectionError),
        (
            refusal(401, None, "litellm.BadRequestError: OpenAIException - no"),
            InvokeBadRequestError,
        ),
        (
            refusal(401, "auth_error", "See litellm.AuthenticationError: x"),
            InvokeConnectionError,
        ),
        (refusal(401, None, "litellm.AuthenticationError: no"), InvokeBadRequestError),
        (refusal(403), InvokeBadRequestError),
        (refusal(403, "key_model_access_denied"), InvokeBadRequestError),
        (refusal(401, "team_model_access_denied"), InvokeBadRequestError),
        (refusal(422, "budget_exceeded"), InvokeRateLimitError),
        (refusal(429, "budget_exceeded"), InvokeRateLimitError),
        (refusal(400, "budget_exceeded"), InvokeRateLimitError),
        (refusal(429, "throttling_error"), InvokeRateLimitError),
        (refusal(429, "all_deployments_in_cooldown"), InvokeRateLimitError),
        (refusal(400, "invalid_request_error"), InvokeBadRequestError),
        (refusal(404, None, "litellm.NotFoundError: no"), InvokeBadRequestError),
        (refusal(408, None, "litellm.Timeout: late"), InvokeConnectionError),
        (refusal(413), InvokeBadRequestError),
        (refusal(500), InvokeServerUnavailableError),
        (refusal(503, "internal_server_error"), InvokeServerUnavailableError),
        (refusal(307), InvokeBadRequestError),
        (ProxyRejected(status=None, message="?"), InvokeServerUnavailableError),
        (ProxyUnreachable(Failure.REFUSED, "http://h"), InvokeConnectionError),
        (ProxyProtocolError("garbage"), InvokeServerUnavailableError),
        (ProxyAnswerEmpty("content_filter"), InvokeBadRequestError),
        (ZeroDivisionError("hidden"), InvokeBadRequestError),
    ],
)
def test_f63_each_error_has_its_kind(error: Exception, kind: type[InvokeError]) -> None:
    assert type(to_invoke_error(error)) is kind


def test_f65_what_dify_knows_already_passes_unchanged() -> None:
    error = InvokeRateLimitError("mine")
    assert to_invoke_error(error) is error


@pytest.mark.parametrize(
    ("file", "kind", "words", "advice"),
    [
        ("error_upstream_401.json", InvokeBadRequestError, "Incorrect API key", "administrator"),
        ("error_upstream_429.json", InvokeRateLimitError, "Rate limit reached", "later"),
        (
            "error_context.json",
            InvokeBadRequestError,
            "maximum context length",
            "shorten it or choose a model with a larger context",
        ),
        (
            "error_wrong_key.json",
            InvokeConnectionError,
            "No connected db",
            "no database for its keys, or is starting; try again or use the master key",
        ),
        (
            "error_unknown_key.json",
            InvokeConnectionError,
            "Invalid proxy server token",
            "API key",
        ),
        ("error_expired_key.json", InvokeConnectionError, "Expired Key", "API key"),
        (
            "error_budget.json",
            InvokeRateLimitError,
            "The key's budget is used up",
            "raise it in LiteLLM",
        ),
        (
            "error_model_access.json",
            InvokeBadRequestError,
            "'described' is not",
            "allow it in LiteLLM",
        ),
        ("error_route.json", InvokeBadRequestError, "not allowed to call", "allow it in LiteLLM"),
        ("error_not_found.json", InvokeBadRequestError, "Not Found", "base URL"),
    ],
)
def test_f64_the_proxys_words_are_quoted_with_advice(
    file: str, kind: type[InvokeError], words: str, advice: str
) -> None:
    with pytest.raises(ProxyRejected) as caught:
        client_answered_with(file).models()
    error = to_invoke_error(caught.value)
    assert type(error) is kind
    assert words in str(error)
    assert advice in str(error)
    assert "\n" not in str(error)


def test_call_id_and_retry_after_are_shown() -> None:
    error = ProxyRejected(status=429, message="Slow down.", call_id="c-1", retry_after=60)
    assert str(to_invoke_error(error)) == (
        'A rate limit is reached; try again in 60 s. LiteLLM 429: "Slow down" (call id c-1)'
    )


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_f03_a_refused_loopback_names_the_way_out_of_a_container(host: str) -> None:
    error = ProxyUnreachable(Failure.REFUSED, f"http://{host}:4000")
    assert "host.docker.internal" in form_error_message(error)
    # A form that is in use has worked: whoever chats in the app can do nothing about containers.
    assert "host.docker.internal" not in str(to_invoke_error(error))


def test_other_hosts_get_other_advice() -> None:
    error = ProxyUnreachable(Failure.REFUSED, "http://localhost.example")
    assert "host.docker.internal" not in form_error_message(error)
    tls = ProxyUnreachable(Failure.TLS, "https://h", "self-signed certificate")
    assert "self-signed certificate" in form_error_message(tls)


def test_an_unforeseen_error_does_not_show_its_text() -> None:
    assert "hidden" not in str(to_invoke_error(ZeroDivisionError("hidden")))
