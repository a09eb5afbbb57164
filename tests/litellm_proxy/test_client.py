import json
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from harness.child import free_port
from harness.upstream import Pause, Upstream
from litellm_proxy.client import ProxyClient
from litellm_proxy.errors import Failure, ProxyProtocolError, ProxyRejected, ProxyUnreachable
from litellm_proxy.plugin_version import USER_AGENT
from litellm_proxy.settings import ProxySettings
from litellm_proxy.wire.chat import ChatRequest
from litellm_proxy.wire.embeddings import EmbeddingsRequest
from litellm_proxy.wire.model_info import ProbeRequest
from tests.support import openai_format as openai
from tests.support.captured import (
    SETTINGS,
    chunks_of,
    client_answered_with,
    client_answered_with_bytes,
)
from tests.support.raw_server import RawServer

REQUEST = ChatRequest("m", [{"role": "user", "content": "Hi"}], stream=True)


def test_outgoing_request_is_exact(upstream: Upstream) -> None:
    upstream.on("m", openai.text_stream("Hi"))
    settings = ProxySettings(upstream.url, "sk-1", (("x-team", "search"),))
    list(chunks_of(ProxyClient(settings).chat(REQUEST)))
    asked = upstream.asked[0]
    assert asked.path == "/v1/chat/completions"
    assert asked.body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert asked.headers["Authorization"] == "Bearer sk-1"
    assert asked.headers["x-team"] == "search"
    assert asked.headers["User-Agent"] == USER_AGENT


def test_f08_without_key_there_is_no_authorization_header(upstream: Upstream) -> None:
    upstream.on("m", openai.text_stream("Hi"))
    list(chunks_of(ProxyClient(ProxySettings(upstream.url)).chat(REQUEST)))
    assert "Authorization" not in upstream.asked[0].headers


def test_f51_embedding_request_has_no_nulls(upstream: Upstream) -> None:
    upstream.on("m", openai.embeddings([[1.0]]))
    ProxyClient(ProxySettings(upstream.url)).embed(EmbeddingsRequest("m", ["a"]))
    assert upstream.asked[0].body == {"model": "m", "input": ["a"], "encoding_format": "base64"}


def test_f68_cookies_are_not_kept(upstream: Upstream) -> None:
    upstream.on("m", replace(openai.text_stream("Hi"), headers={"set-cookie": "a=b"}))
    for key in ("sk-1", "sk-2"):
        list(chunks_of(ProxyClient(ProxySettings(upstream.url, key)).chat(REQUEST)))
    assert "Cookie" not in upstream.asked[1].headers


def test_f68_f69_one_connection_serves_many_requests(upstream: Upstream) -> None:
    upstream.on("m", openai.text_stream("Hi"))
    for _ in range(20):
        list(chunks_of(ProxyClient(ProxySettings(upstream.url)).chat(REQUEST)))
    assert upstream.connections == 1


def test_f23_closing_the_answer_closes_the_connection(upstream: Upstream) -> None:
    upstream.on("m", openai.stream(*[openai.delta(content="x"), Pause(0.05)] * 400))
    chunks = ProxyClient(ProxySettings(upstream.url)).chat(REQUEST).content
    next(chunks)
    chunks.close()
    upstream.on("m", openai.text_stream("again"))
    list(chunks_of(ProxyClient(ProxySettings(upstream.url)).chat(REQUEST)))
    assert upstream.connections == 2


def test_chunks_come_in_order_and_done_ends_them() -> None:
    chunks = list(chunks_of(client_answered_with("chat_text.sse").chat(REQUEST)))
    contents = [choice.piece.text for chunk in chunks for choice in chunk.choices or ()]
    assert "".join(filter(None, contents)) == "Grüße, 世界\u2028!"
    assert chunks[-1].usage
    assert chunks[-1].usage.prompt_tokens == 11


def test_an_error_inside_a_stream_comes_after_what_was_received() -> None:
    chunks = chunks_of(client_answered_with("chat_broken.sse").chat(REQUEST))
    assert [next(chunks).choices[0].piece.content for _ in range(2)] == ["Half an ", "answer"]  # type: ignore[index]
    with pytest.raises(ProxyRejected) as caught:
        next(chunks)
    assert caught.value.status == 500
    assert caught.value.message.startswith("litellm.APIConnectionError")


@pytest.mark.parametrize(
    "data", [b"data: {oops}\n\n", b'data: {"choices": 5}\n\n', b'data: "\xff"\n\n']
)
def test_undecodable_data_is_an_error(data: bytes) -> None:
    with pytest.raises(ProxyProtocolError):
        list(chunks_of(client_answered_with_bytes(data).chat(REQUEST)))


@pytest.mark.parametrize(
    "oddity",
    [
        b'{"choices": []}',
        b'{"choices": null}',
        b'{"choices": [{"index": 0, "delta": null}]}',
        b'{"choices": [{"index": 0}]}',
        b'{"choices": [{"delta": {"content": null, "surprise": [1]}}], "new_key": {}}',
        b'{"choices": [{"delta": {}}], "usage": "none", "model": 7}',
    ],
)
def test_f15_f22_odd_chunks_are_tolerated(oddity: bytes) -> None:
    chunks = list(chunks_of(client_answered_with_bytes(b"data: " + oddity + b"\n\n").chat(REQUEST)))
    assert len(chunks) == 1
    assert not any(choice.piece.content for choice in chunks[0].choices or ())


@pytest.mark.parametrize(
    ("file", "status", "error_type", "says"),
    [
        ("error_upstream_401.json", 401, "authentication_error", "Incorrect API key provided"),
        ("error_upstream_429.json", 429, "throttling_error", "Rate limit reached"),
        ("error_wrong_key.json", 400, "no_db_connection", "No connected db."),
        (
            "error_unknown_key.json",
            401,
            "token_not_found_in_db",
            "Invalid proxy server token passed",
        ),
        ("error_expired_key.json", 401, "expired_key", "Expired Key"),
        ("error_budget.json", 422, "budget_exceeded", "Budget has been exceeded"),
        ("error_model_access.json", 403, "key_model_access_denied", "not available for this"),
        ("error_route.json", 403, None, "not allowed to call this route"),
        ("error_no_file.json", 422, None, "Field required: file"),
        ("error_not_found.json", 404, None, "Not Found"),
        ("error_context.json", 400, "invalid_request_error", "maximum context length"),
    ],
)
def test_every_error_shape_is_read(
    file: str, status: int, error_type: str | None, says: str
) -> None:
    with pytest.raises(ProxyRejected) as caught:
        client_answered_with(file).models()
    assert caught.value.status == status
    assert caught.value.error_type == error_type
    assert says in caught.value.message
    assert "\n" not in caught.value.message
    assert "model group" not in caught.value.message
    assert "Received API Key" not in caught.value.message


def test_html_and_plain_text_errors_are_readable() -> None:
    html = b"<html><head><style>b{}</style></head><body><h1>502 Bad Gateway</h1></body></html>"
    with pytest.raises(ProxyRejected, match="502: 502 Bad Gateway"):
        client_answered_with_bytes(html, "text/html", 502).models()


def test_secrets_in_the_proxys_words_are_replaced() -> None:
    words = f"key {SETTINGS.api_key} with hash {'0a' * 32} is wrong"
    body = json.dumps({"error": {"message": words}}).encode()
    with pytest.raises(ProxyRejected, match=r"key \*\*\* with hash \*\*\* is wrong"):
        client_answered_with_bytes(body, "application/json", 401).models()


def test_repr_of_settings_shows_no_secret() -> None:
    settings = ProxySettings("http://h", "sk-1", (("x-key", "hidden"),))
    assert "sk-1" not in repr(settings)
    assert "hidden" not in repr(settings)


def test_a_redirect_is_not_followed_but_named() -> None:
    answer = httpx.Response(307, headers={"location": "https://gw/v1/models"})
    client = ProxyClient(SETTINGS, httpx.MockTransport(lambda _: answer))
    with pytest.raises(ProxyRejected, match="redirected to https://gw/v1/models"):
        client.models()


def test_a_refused_connection_and_an_unknown_host_on_real_sockets() -> None:
    with pytest.raises(ProxyUnreachable) as refused:
        ProxyClient(ProxySettings(f"http://127.0.0.1:{free_port()}")).models()
    assert refused.value.failure is Failure.REFUSED
    with pytest.raises(ProxyUnreachable) as unknown:
        ProxyClient(ProxySettings("http://no-such-host.invalid")).models()
    assert unknown.value.failure is Failure.NAME


def test_f66_silence_ends_after_the_time_out(upstream: Upstream) -> None:
    upstream.on("m", openai.stream(openai.delta(content="x"), Pause(5), openai.delta(content="y")))
    chunks = chunks_of(ProxyClient(ProxySettings(upstream.url, timeout=0.3)).chat(REQUEST))
    next(chunks)
    with pytest.raises(ProxyUnreachable) as caught:
        next(chunks)
    assert caught.value.failure is Failure.READ_TIMEOUT


def test_the_probe_accepts_the_missing_input_and_nothing_else() -> None:
    client_answered_with("error_no_messages.json").probe(ProbeRequest("m", "/v1/chat/completions"))
    with pytest.raises(ProxyRejected):
        client_answered_with("error_unknown_model.json").probe(
            ProbeRequest("m", "/v1/chat/completions")
        )


HTTP_OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("answer", [HTTP_OK + b"no colon\r\n\r\n", b"garbage\r\n\r\n"])
def test_what_had_begun_to_be_answered_is_not_sent_again(answer: bytes) -> None:
    with RawServer(answer) as server:
        with pytest.raises(ProxyUnreachable) as caught:
            list(chunks_of(ProxyClient(ProxySettings(server.url)).chat(REQUEST)))
        assert caught.value.failure is Failure.BROKEN
        assert server.requests == 1


def test_a_new_connection_closed_without_a_byte_is_not_tried_again() -> None:
    with RawServer() as server:
        with pytest.raises(ProxyUnreachable):
            list(chunks_of(ProxyClient(ProxySettings(server.url)).chat(REQUEST)))
        assert server.requests == 1


def test_a_certificate_of_an_unknown_ca_is_named_on_a_real_socket() -> None:
    folder = Path(__file__).parent.parent / "support" / "tls"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.txt", folder / "key.txt")
    with RawServer(HTTP_OK + b"\r\n", tls=context) as server:
        with pytest.raises(ProxyUnreachable) as caught:
            ProxyClient(ProxySettings(f"https://localhost:{server.port}")).models()
        assert caught.value.failure is Failure.CERTIFICATE
        assert "self-signed" in caught.value.detail
        assert server.requests == 0


@pytest.mark.parametrize("host", ["a..b", "x" * 64, ".", "a b", "xn--a"])
def test_a_host_that_cannot_be_one_is_unreachable_and_nothing_else(host: str) -> None:
    with pytest.raises(ProxyUnreachable):
        ProxyClient(ProxySettings(f"http://{host}:4000"), tries=1).models()


def test_a_model_name_with_half_a_character_raises_nothing_of_its_own() -> None:
    with pytest.raises(ProxyRejected):
        client_answered_with("error_not_found.json").model_group("m\ud800")


def refusal_with(message: str, settings: ProxySettings, **headers: str) -> ProxyRejected:
    body = json.dumps({"error": {"message": message}}).encode()
    answer = httpx.Response(400, headers=headers, content=body)
    with pytest.raises(ProxyRejected) as caught:
        ProxyClient(settings, httpx.MockTransport(lambda _: answer)).models()
    return caught.value


def test_secrets_are_replaced_before_anything_is_cut() -> None:
    key = "sk-" + "k" * 40
    settings = ProxySettings("http://h", key)
    for before in range(440, 510):
        assert "sk-k" not in refusal_with("x" * before + key, settings).message
    answer = httpx.Response(200, content=b"y" * 180 + key.encode())
    with pytest.raises(ProxyProtocolError) as caught:
        ProxyClient(settings, httpx.MockTransport(lambda _: answer)).models()
    assert "sk-k" not in str(caught.value)


def test_secrets_are_replaced_however_they_are_written() -> None:
    secret = 'pa"ss\\word/1'
    settings = ProxySettings("http://h", None, (("x-secret", secret),))
    for written in (secret, json.dumps(secret), quote(secret, safe=""), "0A" * 32):
        message = refusal_with(f"got {written}", settings).message
        assert "word" not in message
        assert "0A0A" not in message
    settings = ProxySettings("http://h", "sk-secret-key")
    refused = refusal_with("no", settings, **{"x-litellm-call-id": "call-sk-secret-key"})
    assert "sk-secret" not in str(refused.call_id)
    echoed = {
        "x-litellm-call-id": "call-sk-secret-key",
        "x-litellm-attempted-fallbacks": "1",
        "x-litellm-model-group": "m-sk-secret-key",
    }
    answer = httpx.Response(200, headers=echoed, json={"choices": []})
    client = ProxyClient(settings, httpx.MockTransport(lambda _: answer))
    report = client.chat(replace(REQUEST, stream=False)).report
    assert (report.call_id, report.fallback) == ("call-***", "m-***")


def test_short_header_values_do_not_garble_sentences_nor_change_their_kind() -> None:
    settings = ProxySettings("http://h", None, (("x-team", "litellm"), ("x-n", "a")))
    refused = refusal_with("litellm.AuthenticationError: a bad key", settings)
    assert refused.classes == ("AuthenticationError",)
    assert "a bad key" in refused.message


def test_in_stream_errors_are_cut_to_one_sentence_in_every_shape() -> None:
    long = "litellm.APIError: first\nsecond\n\nLiteLLM: model group 'x' failed"
    for error in ({"message": long, "code": "500"}, long):
        body = f"data: {json.dumps({'error': error})}\n\n".encode()
        with pytest.raises(ProxyRejected) as caught:
            list(chunks_of(client_answered_with_bytes(body).chat(REQUEST)))
        assert caught.value.message == "litellm.APIError: first"


def test_what_is_compressed_twice_is_not_unpacked() -> None:
    headers = {"content-encoding": "gzip, gzip"}
    answer = httpx.Response(200, headers=headers, stream=httpx.ByteStream(b""))
    with pytest.raises(ProxyProtocolError, match="compressed as 'gzip, gzip'"):
        ProxyClient(SETTINGS, httpx.MockTransport(lambda _: answer)).models()


def test_f43_usage_is_always_asked_for_and_the_content_type_may_be_capital(
    upstream: Upstream,
) -> None:
    upstream.on("m", replace(openai.text_stream("Hi"), content_type="Text/Event-Stream"))
    chunks = list(chunks_of(ProxyClient(ProxySettings(upstream.url)).chat(REQUEST)))
    assert chunks[-1].usage
    assert upstream.asked[0].body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("60", 60),
        ("5.5", 5.5),
        ("9" * 400, None),
        ("soon", None),
        ("", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
    ],
)
def test_retry_after_is_a_sensible_number_or_nothing(value: str, seconds: float | None) -> None:
    assert refusal_with("no", SETTINGS, **{"retry-after": value}).retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    """RFC 9110, 10.2.3."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    told = refusal_with("no", SETTINGS, **{"retry-after": date}).retry_after
    assert told
    assert 30 < told <= 60


def test_f13_the_key_can_go_into_another_header_and_headers_are_never_doubled(
    upstream: Upstream,
) -> None:
    upstream.on("m", openai.text_stream("Hi"))
    headers = (("authorization", "Bearer mine"), ("x-litellm-api-key", "sk-2"))
    list(chunks_of(ProxyClient(ProxySettings(upstream.url, "sk-1", headers)).chat(REQUEST)))
    sent = httpx.Headers(dict(upstream.asked[0].headers))
    assert sent["authorization"] == "Bearer mine"
    assert sent["x-litellm-api-key"] == "sk-2"


@pytest.mark.parametrize(
    "key",
    ["sk-proj-abcdefghijkl", "gsk_PROVIDER1234567", "sk-ant-api03-" + "x" * 90, "AIza" + "Sy" * 17],
)
def test_the_keys_of_providers_are_redacted(upstream: Upstream, key: str) -> None:
    upstream.on(
        "m", openai.error(f"Incorrect API key provided: {key}. See sk-1234 in the docs.", 401)
    )
    with pytest.raises(ProxyRejected) as caught:
        ProxyClient(ProxySettings(upstream.url)).moderate(ProbeRequest("m", "/v1/moderations"))
    assert "provided: ***." in caught.value.text
    assert "sk-1234" in caught.value.text
