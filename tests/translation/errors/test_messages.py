"""The messages that people read: what they say, and how long they are."""

import itertools

import pytest

from litellm_proxy.errors import (
    AnswerEnd,
    Failure,
    Origin,
    ProxyAnswerEmpty,
    ProxyAnswerEndedEarly,
    ProxyError,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from litellm_proxy.wire.error_text import first_sentence
from translation.errors.causes import Cause
from translation.errors.explanations import EXPLANATIONS
from translation.errors.messages import (
    MAX_CHARACTERS,
    app_message,
    form_message,
    short_quote,
)

CONTAINER = "host.docker.internal"
RUNS = "Check Base URL, and that LiteLLM runs."
ADVICE = {
    Failure.NAME: RUNS,
    Failure.REFUSED: RUNS,
    Failure.CONNECT: RUNS,
    Failure.CONNECT_TIMEOUT: RUNS,
    Failure.FORWARD_PROXY: "Check HTTPS_PROXY and NO_PROXY of the plugin daemon.",
    Failure.CERTIFICATE: "Put its CA into CA Certificate.",
    Failure.CERTIFICATE_EXPIRED: "Renew it, and check the clock of Dify's host.",
    Failure.CERTIFICATE_NAME: "Use the host name of the certificate in Base URL.",
    Failure.CERTIFICATE_FILE: "Check SSL_CERT_FILE of the plugin daemon.",
    Failure.TLS: "Without TLS, Base URL begins with http://.",
    Failure.READ_TIMEOUT: "Try again, or raise Timeout.",
    Failure.TOO_LONG: "Try again, or raise Timeout.",
    Failure.BROKEN: "Check Base URL, and the logs of LiteLLM and of servers in front.",
    Failure.UNANSWERED: "Check Base URL, and the logs of LiteLLM and of servers in front.",
}
NO_CONNECTION = (Failure.NAME, Failure.REFUSED, Failure.CONNECT, Failure.CONNECT_TIMEOUT)
WORD = "unbelievable "
REASONS = ["", "No.", "A sentence. Another one. " * 20, "one-long-word" * 30, WORD * 60]
REJECTIONS: dict[Cause, dict[str, object]] = {
    # How each cause is recognised.
    Cause.KEY: {"status": 401},
    Cause.KEY_EXPIRED: {"status": 400, "error_type": "expired_key"},
    Cause.NO_DATABASE: {"status": 400, "error_type": "no_db_connection"},
    Cause.BUDGET: {"status": 429, "error_type": "budget_exceeded"},
    Cause.MODEL_ACCESS: {"status": 401, "error_type": "key_model_access_denied"},
    Cause.ROUTE_ACCESS: {"status": 403},
    Cause.UNKNOWN_MODEL: {"status": 400, "classes": ("ModelUnknown",)},
    Cause.COOLDOWN: {"status": 429, "error_type": "all_deployments_in_cooldown"},
    Cause.RATE_LIMIT: {"status": 429},
    Cause.CONTEXT_TOO_LONG: {"status": 400, "classes": ("ContextWindowExceededError",)},
    Cause.CONTENT_POLICY: {"status": 400, "classes": ("ContentPolicyViolationError",)},
    Cause.UNSUPPORTED_PARAMETER: {"status": 400, "classes": ("UnsupportedParamsError",)},
    Cause.BANNED_FIELD: {"status": 400, "classes": ("RejectedRequest",)},
    Cause.USER_REQUIRED: {"status": 400, "classes": ("UserRequired",)},
    Cause.TAGS_REJECTED: {"status": 400, "classes": ("TagsRejected",)},
    Cause.GUARDRAIL: {"status": 400, "guardrail": "g" * 100},
    Cause.UPSTREAM_KEY: {"status": 401, "is_provider_error": True},
    Cause.UPSTREAM_CREDIT: {"status": 402},
    Cause.TIMEOUT: {"status": 408},
    Cause.NOT_LITELLM: {"status": 404, "origin": Origin.TEXT},
    Cause.GATEWAY_KEY: {"status": 401, "origin": Origin.PAGE},
    Cause.GATEWAY_DOWN: {"status": 502, "origin": Origin.PAGE},
    Cause.TOO_LARGE: {"status": 413, "origin": Origin.PAGE, "sent_bytes": 123_456_789},
    Cause.PROVIDER: {"status": None},
    Cause.REQUEST: {"status": 400},
}


def rejected(message: str, **fields: object) -> ProxyRejected:
    return ProxyRejected(**{"status": 400, "message": message, **fields})  # type: ignore[arg-type]


def test_every_cause_has_its_row() -> None:
    assert set(EXPLANATIONS) == set(Cause) == set(REJECTIONS)
    for row in EXPLANATIONS.values():
        assert len(row.in_app) <= 90
        assert len(row.in_form) <= 100


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("reason", REASONS, ids=["none", "short", "sentences", "word", "words"])
@pytest.mark.parametrize("retry_after", [None, 86_399.5])
def test_no_rejection_is_longer_than_people_can_read(
    cause: Cause, reason: str, retry_after: float | None
) -> None:
    call_id = "97bd2e63-1c9e-4a7e-9d1e-0a1b2c3d4e5f"
    error = rejected(
        first_sentence(reason), **REJECTIONS[cause], call_id=call_id, retry_after=retry_after
    )
    in_app, in_form = app_message(error), form_message(error)
    assert in_app.startswith(EXPLANATIONS[cause].in_app.partition("{")[0].partition("try again")[0])
    assert len(in_app.removesuffix(f" (call id {call_id})")) <= MAX_CHARACTERS
    assert len(in_form) <= MAX_CHARACTERS
    assert in_app.endswith(f" (call id {call_id})")
    assert call_id not in in_form
    if reason and cause is not Cause.BUDGET:
        # A part of the reason is always there.
        assert reason[:2] in in_app
        assert reason[:2] in in_form


@pytest.mark.parametrize("holder", ["End User", "model access group", "TeamMember", "Organization"])
def test_whose_budget_is_used_up(holder: str) -> None:
    error = rejected(f"Budget has been exceeded! {holder}=x: 5.0", error_type="budget_exceeded")
    name = holder.lower().replace("teammember", "team member")
    assert app_message(error).startswith(f"The {name}'s budget is used up;")
    assert "5.0" not in app_message(error)
    assert "5.0" in form_message(error)
    assert len(app_message(error)) <= MAX_CHARACTERS


def test_no_other_message_is_longer_either() -> None:
    long = WORD * 60
    errors: list[ProxyError] = [
        *(ProxyAnswerEndedEarly(end) for end in AnswerEnd),
        ProxyAnswerEndedEarly(AnswerEnd.REFUSED, long),
        ProxyAnswerEmpty(long),
        ProxyAnswerEmpty("stop", long),
        ProxyProtocolError(long),
        *(ProxyUnreachable(failure, "http://h", long) for failure in Failure),
    ]
    for error in errors:
        told = app_message(error).removesuffix(f" (call id {error.call_id})")
        assert len(told) <= MAX_CHARACTERS


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("via", ["", "http://squid.example.com:3128"])
@pytest.mark.parametrize("url", ["http://localhost:4000", "https://llm.example.com/" + "x" * 200])
def test_an_address_does_not_make_a_message_long(failure: Failure, via: str, url: str) -> None:
    told = form_message(ProxyUnreachable(failure, url, WORD * 20, via))
    via_is_named = len(f" through the HTTP proxy {via}") if via else 0
    # What the TLS library and an HTTP proxy say is never left out.
    is_quoted = failure in {Failure.CERTIFICATE, Failure.CERTIFICATE_FILE, Failure.FORWARD_PROXY}
    assert len(told) <= MAX_CHARACTERS + via_is_named + (40 if is_quoted else 15)
    assert url[:39] in told


def test_every_failure_has_its_advice() -> None:
    assert set(ADVICE) == set(Failure)


@pytest.mark.parametrize("failure", Failure)
def test_the_advice_of_a_failure_when_saving(failure: Failure) -> None:
    told = form_message(ProxyUnreachable(failure, "https://llm.example.com", "why"))
    what = "Nothing answers" if failure in NO_CONNECTION else "No connection"
    assert told.startswith(f"{what} at https://llm.example.com ({failure.value}")
    assert told.endswith(f". {ADVICE[failure]}")


@pytest.mark.parametrize("failure", NO_CONNECTION)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "LOCALHOST"])
def test_localhost_inside_a_container(failure: Failure, host: str) -> None:
    assert CONTAINER in form_message(ProxyUnreachable(failure, f"http://{host}:4000"))
    assert CONTAINER in form_message(ProxyUnreachable(failure, f"http://{host}"))


@pytest.mark.parametrize("host", ["localhost.example.com", "mylocalhost", "128.0.0.1"])
def test_what_only_looks_like_localhost(host: str) -> None:
    told = form_message(ProxyUnreachable(Failure.REFUSED, f"http://{host}:4000"))
    assert CONTAINER not in told


@pytest.mark.parametrize("failure", NO_CONNECTION)
def test_an_http_proxy_on_the_way_is_named(failure: Failure) -> None:
    told = form_message(ProxyUnreachable(failure, "http://localhost:4000", "", "http://squid:3128"))
    assert "NO_PROXY" in told
    assert CONTAINER not in told
    assert "at http://localhost:4000 through the HTTP proxy http://squid:3128 (" in told


@pytest.mark.parametrize("failure", [Failure.BROKEN, Failure.UNANSWERED])
def test_http_to_a_server_of_tls(failure: Failure) -> None:
    told = form_message(ProxyUnreachable(failure, "http://llm:4000"))
    assert "with TLS, it begins with https://" in told


@pytest.mark.parametrize("failure", Failure)
def test_people_who_use_an_app_read_no_address(failure: Failure) -> None:
    error = ProxyUnreachable(failure, "http://llm.internal:4000", "10.0.0.3")
    told = app_message(error)
    slow = failure in {Failure.READ_TIMEOUT, Failure.TOO_LONG}
    what = "No complete answer" if slow else "LiteLLM cannot be reached"
    assert told.startswith(f"{what} ({failure.value}); try again")
    assert told.endswith(f". (call id {error.call_id})")
    assert ("raise Timeout" in told) is slow
    assert "llm.internal" not in told
    assert "10.0.0.3" not in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ProxyAnswerEmpty("stop"), "is empty or was blocked (finish reason stop)"),
        (ProxyAnswerEmpty("stop", "I cannot"), 'The model refused to answer: "I cannot".'),
        (ProxyAnswerEndedEarly(AnswerEnd.REFUSED, "No."), 'The model refused to answer: "No".'),
        (ProxyAnswerEndedEarly(AnswerEnd.REFUSED), "The model refused to continue its answer."),
        (ProxyAnswerEndedEarly(AnswerEnd.FILTERED), "The provider's filter stopped the answer"),
        (ProxyAnswerEndedEarly(AnswerEnd.ONLY_REASONING), "raise Max Tokens in the app"),
        (ProxyAnswerEndedEarly(AnswerEnd.CUT_TOOL_CALL), "Max Tokens cut a tool call"),
        (ProxyProtocolError("it broke"), "LiteLLM's answer cannot be used: it broke."),
        (ValueError("as it is"), "as it is"),
    ],
)  # fmt: skip
def test_ends_of_answers(error: Exception, told: str) -> None:
    assert told in app_message(error)
    assert told in form_message(error)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": 400}, 'The request was rejected. LiteLLM 400: "Not so" (call id c-1)'),
        ({"status": None}, 'try again. LiteLLM: "Not so" (call id c-1)'),
        ({"status": 502, "origin": Origin.PAGE},
         'check that it runs. Server in front 502: "Not so" (call id c-1)'),
        ({"status": 400, "message": ""}, "The request was rejected. LiteLLM 400 (call id c-1)"),
        ({"status": 400, "call_id": None}, 'The request was rejected. LiteLLM 400: "Not so"'),
    ],
)  # fmt: skip
def test_who_rejected_and_why(fields: dict[str, object], told: str) -> None:
    error = rejected(**{"message": "Not so.", "call_id": "c-1", **fields})  # type: ignore[arg-type]
    assert app_message(error).endswith(told)


def test_what_belongs_to_a_rejection_is_there() -> None:
    slow = rejected("Slow down", status=429, error_type="throttling_error", retry_after=2.5)
    assert app_message(slow).startswith("A rate limit is reached; try again in 2.5 s. ")
    busy = rejected("Busy", status=503, retry_after=5)
    assert app_message(busy).startswith("LiteLLM failed; try again in 5 s. ")
    passed_on = rejected("Busy", status=503, classes=("ServiceUnavailableError",))
    assert app_message(passed_on).startswith("The model's provider failed; try again. ")
    large = rejected("Too large", status=413, origin=Origin.PAGE, sent_bytes=2_340_000)
    assert app_message(large).startswith(
        "The request of 2.3 MB is too large for a server on the way; send less"
    )
    sized = rejected("No such field", sent_bytes=9_000_000)
    assert "MB" not in app_message(sized)
    moved = rejected("redirected to http://inside:1", status=307, origin=Origin.TEXT)
    assert "redirected to another address" in app_message(moved)
    assert "inside" not in app_message(moved)


def test_a_guardrail_is_named() -> None:
    error = rejected("No secrets", guardrail="no-secrets", classes=("GuardrailRaisedException",))
    assert app_message(error).startswith('Guardrail "no-secrets" blocked the request; change')
    nameless = rejected("No secrets", guardrail=" ")
    assert "blocked the request" in app_message(nameless)


def test_the_form_names_status_and_reason() -> None:
    error = rejected("No such field", error_type="invalid_request_error")
    assert form_message(error) == "LiteLLM rejected the test request. (LiteLLM 400: No such field)"


@pytest.mark.parametrize(
    "before",
    [
        "litellm.InternalServerError: InternalServerError: OpenAIException - ",
        "litellm.BadRequestError: OpenAIException - ",
        "litellm.BadRequestError: VertexAIException BadRequestError - ",
        "litellm.Timeout: APITimeoutError - ",
        "litellm.RateLimitError: RateLimitError: AnthropicException - ",
        "litellm.APIError: XException - Error code: 429 - ",
        "Authentication Error, ",
    ],
)
def test_litellms_class_names_are_left_out(before: str) -> None:
    error = rejected(first_sentence(f"{before}The server is tired."), status=500)
    for told in (app_message(error), form_message(error)):
        assert "The server is tired" in told
        assert not any(part in told for part in before.split())


def test_what_litellm_says_of_a_key_is_left_out() -> None:
    words = (
        "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...wxyz, Key Hash "
        "(Token) =***. Unable to find token in cache or `LiteLLM_VerificationTokenTable`"
    )
    error = rejected(first_sentence(words), status=401)
    assert form_message(error) == (
        "API key was rejected: check it. (LiteLLM 401: Invalid proxy server token passed)"
    )


@pytest.mark.parametrize(
    ("text", "room", "short"),
    [
        ("All of it.", 30, "All of it"),
        ("First one. Second one.", 15, "First one"),
        ("A. Then a long sentence", 20, "A. Then a long…"),
        ("word word word", 9, "word…"),
        ("x" * 30, 10, "x" * 9 + "…"),
        ("Is it? No. It is not", 12, "Is it? No"),
    ],
)
def test_a_quote_ends_with_a_sentence_or_a_word(text: str, room: int, short: str) -> None:
    assert short_quote(text, room) == short
    assert len(short) <= room


def test_no_quote_is_longer_than_its_room() -> None:
    for reason, room in itertools.product(REASONS, range(5, 130)):
        assert len(short_quote(reason, room)) <= room


def test_the_proxys_own_address_is_left_out_wherever_it_lies() -> None:
    error = rejected("llm.example.com is away", status=500, base_url="https://llm.example.com")
    assert "llm.example.com" not in app_message(error)
