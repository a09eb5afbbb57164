"""What a person reads when LiteLLM cannot be reached, by the step at which it failed."""

import pytest

from litellm_proxy.errors import (
    AnswerEnd,
    Failure,
    Origin,
    ProxyAnswerEmpty,
    ProxyAnswerEndedEarly,
    ProxyProtocolError,
    ProxyRejected,
    ProxyUnreachable,
)
from translation.errors.sentences import quoted, sentence, sentence_when_saving

CONTAINER = "host.docker.internal"
RUNS = "check Base URL, and that LiteLLM runs and can be reached from the plugin daemon"
ADVICE = {
    Failure.NAME: RUNS,
    Failure.REFUSED: RUNS,
    Failure.CONNECT: RUNS,
    Failure.CONNECT_TIMEOUT: RUNS,
    Failure.FORWARD_PROXY: "NO_PROXY lists hosts reached directly",
    Failure.CERTIFICATE: "put the CA of its certificate into CA Certificate",
    Failure.CERTIFICATE_EXPIRED: "renew its certificate, and check the clock of Dify's host",
    Failure.CERTIFICATE_NAME: "use the host name that its certificate is for in Base URL",
    Failure.CERTIFICATE_FILE: "check SSL_CERT_FILE and SSL_CERT_DIR of the plugin daemon",
    Failure.TLS: "if LiteLLM has no TLS there, Base URL begins with http://",
    Failure.READ_TIMEOUT: "try again, or raise Time-out",
    Failure.TOO_LONG: "try again, or raise Time-out",
    Failure.BROKEN: "look at the log of LiteLLM and of what is in front of it",
}
_TO_CONNECT = (Failure.NAME, Failure.REFUSED, Failure.CONNECT, Failure.CONNECT_TIMEOUT)


def test_every_failure_has_its_advice() -> None:
    assert set(ADVICE) == set(Failure)


@pytest.mark.parametrize("failure", Failure)
def test_the_advice_of_a_failure_when_saving(failure: Failure) -> None:
    told = sentence_when_saving(ProxyUnreachable(failure, "https://llm.example.com", "words"))
    assert told == (
        f"LiteLLM cannot be reached: {told.partition(': ')[2].partition('. https')[0]}. "
        f"https://llm.example.com: {failure.value} (words)."
    )
    assert told.partition(". https")[0].endswith(ADVICE[failure])


@pytest.mark.parametrize("failure", _TO_CONNECT)
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "LOCALHOST"])
def test_localhost_inside_a_container(failure: Failure, host: str) -> None:
    assert CONTAINER in sentence_when_saving(ProxyUnreachable(failure, f"http://{host}:4000"))
    assert CONTAINER in sentence_when_saving(ProxyUnreachable(failure, f"http://{host}"))


@pytest.mark.parametrize("host", ["localhost.example.com", "mylocalhost", "128.0.0.1"])
def test_what_only_looks_like_localhost(host: str) -> None:
    told = sentence_when_saving(ProxyUnreachable(Failure.REFUSED, f"http://{host}:4000"))
    assert CONTAINER not in told


@pytest.mark.parametrize("failure", _TO_CONNECT)
def test_an_http_proxy_on_the_way_is_named(failure: Failure) -> None:
    told = sentence_when_saving(
        ProxyUnreachable(failure, "http://localhost:4000", "", "http://squid:3128")
    )
    assert "NO_PROXY" in told
    assert CONTAINER not in told
    assert told.endswith(
        f"http://localhost:4000 through the HTTP proxy http://squid:3128: {failure.value}."
    )


def test_http_to_a_server_of_tls() -> None:
    told = sentence_when_saving(ProxyUnreachable(Failure.BROKEN, "http://llm:4000"))
    assert "with TLS there, Base URL begins with https://" in told


@pytest.mark.parametrize("failure", Failure)
def test_who_uses_an_app_reads_no_address(failure: Failure) -> None:
    error = ProxyUnreachable(failure, "http://llm.internal:4000", "10.0.0.3")
    told = sentence(error)
    slow = failure in {Failure.READ_TIMEOUT, Failure.TOO_LONG}
    what = "LiteLLM did not answer in full" if slow else "LiteLLM cannot be reached just now"
    assert told.startswith(f"{what}: {failure.value}. Try again")
    assert told.endswith(f". (call id {error.call_id})")
    assert ("raise Time-out" in told) is slow
    assert ("plugin daemon's log" in told) is not slow
    assert "llm.internal" not in told
    assert "10.0.0.3" not in told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ProxyAnswerEmpty("stop"), "finish reason stop and no content"),
        (ProxyAnswerEmpty("stop", "I cannot"), 'The model refused to answer: "I cannot".'),
        (ProxyAnswerEndedEarly(AnswerEnd.REFUSED, "No."), 'The model refused to answer: "No.".'),
        (ProxyAnswerEndedEarly(AnswerEnd.REFUSED), "The model refused to go on with its answer."),
        (ProxyAnswerEndedEarly(AnswerEnd.FILTERED), "The provider's filter ended the answer"),
        (ProxyAnswerEndedEarly(AnswerEnd.ALL_THOUGHT), "raise Max Tokens in the app's model settings"),
        (ProxyAnswerEndedEarly(AnswerEnd.CUT_TOOL_CALL), "cut within a tool call"),
        (ProxyProtocolError("it broke"), "The answer from LiteLLM cannot be used: it broke."),
        (ValueError("as it is"), "as it is"),
    ],
)  # fmt: skip
def test_ends_of_answers(error: Exception, told: str) -> None:
    assert told in sentence(error)
    assert told in sentence_when_saving(error)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": 400}, 'LiteLLM answered 400: "Not so". (call id c-1)'),
        ({"status": None}, 'LiteLLM reported an error: "Not so". (call id c-1)'),
        ({"status": 502, "origin": Origin.PAGE},
         'A server in front of LiteLLM answered 502: "Not so". (call id c-1)'),
        ({"status": 400, "message": ""}, "LiteLLM answered 400. (call id c-1)"),
        ({"status": 400, "call_id": None}, 'LiteLLM answered 400: "Not so".'),
    ],
)  # fmt: skip
def test_who_refused_in_what_words(fields: dict[str, object], told: str) -> None:
    error = ProxyRejected(**{"message": "Not so.", "call_id": "c-1", **fields})  # type: ignore[arg-type]
    assert quoted(error) == told


def test_what_belongs_to_a_refusal_is_told() -> None:
    slow = ProxyRejected(
        status=429, message="Slow down", error_type="throttling_error", retry_after=2.5
    )
    assert sentence(slow).endswith("Retry after 2.5 s.")
    large = ProxyRejected(status=413, message="Too large", origin=Origin.PAGE, sent_bytes=2_340_000)
    assert "The request has 2.3 MB. Something in front of LiteLLM" in sentence(large)
    moved = ProxyRejected(status=307, message="redirected to http://inside:1", origin=Origin.TEXT)
    assert "redirected to another address" in sentence(moved)
    assert "inside" not in sentence(moved)


def test_a_guardrail_is_named() -> None:
    error = ProxyRejected(
        status=400, message="No secrets", guardrail="no-secrets", error_type="None",
        classes=("GuardrailRaisedException",),
    )  # fmt: skip
    told = sentence(error)
    assert 'The guardrail "no-secrets" in LiteLLM blocked it; change the content' in told
    assert "A guardrail" not in told


def test_a_refusal_that_says_nothing_more_is_only_quoted() -> None:
    plain = ProxyRejected(status=400, message="No such field", error_type="invalid_request_error")
    assert sentence(plain) == 'LiteLLM answered 400: "No such field".'
    assert sentence_when_saving(plain) == (
        'LiteLLM refused the question of this form. LiteLLM answered 400: "No such field".'
    )
    sized = ProxyRejected(status=400, message="No such field", sent_bytes=9_000_000)
    assert "MB" not in sentence(sized)


def test_the_proxys_own_address_is_left_out_wherever_it_lies() -> None:
    error = ProxyRejected(
        status=500, message="llm.example.com is away", base_url="https://llm.example.com"
    )
    assert "llm.example.com" not in sentence(error)
