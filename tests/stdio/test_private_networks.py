"""Own CAs, HTTP proxies on the way and other key headers, through the process to the real proxy."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from harness.child import free_port
from harness.plugin_process import PluginError, PluginProcess
from tests.support import openai_format as openai
from tests.support.environment import HAS_LOG, MASTER_KEY, Environment, judged_plugin
from tests.support.relay import _FOLDER, CERTIFICATE, ForwardProxy, TlsFront

PASSWORD = "password-of-the-http-proxy"


@pytest.fixture(scope="module")
def front(env: Environment) -> Iterator[TlsFront]:
    with TlsFront(env.proxy_url) as started:
        yield started


def ask(env: Environment, plugin: PluginProcess, credentials: dict[str, str]) -> str:
    env.upstream.on("described", openai.text_stream("Hello"))
    fields: dict[str, Any] = {"model_parameters": {}, "tools": None, "stop": None, "stream": True}
    message = [{"role": "user", "content": "Hello"}]
    chunks = plugin.call("invoke_llm", "described", credentials, prompt_messages=message, **fields)
    return "".join(chunk["delta"]["message"]["content"] for chunk in chunks)


def form(url: str, **fields: str) -> dict[str, str]:
    return {"base_url": url, "api_key": MASTER_KEY, "settings": "custom", **fields}


ONE_LINE = CERTIFICATE.strip().replace("\n", "")
BASE64 = base64.b64encode(CERTIFICATE.encode()).decode()


@pytest.mark.parametrize(
    "ca", [CERTIFICATE, ONE_LINE, ONE_LINE.replace("-----M", "-----\\nM"), BASE64]
)
def test_f67_a_server_with_an_own_ca_is_trusted_by_its_ca(
    env: Environment, front: TlsFront, ca: str
) -> None:
    credentials = form(front.url, ca_certificate=ca)
    saved = next(env.plugin.call("validate_model_credentials", "described", credentials))
    assert saved["result"] is True
    assert ask(env, env.plugin, credentials) == "Hello"


def both_sentences(
    env: Environment, plugin: PluginProcess, credentials: dict[str, str]
) -> tuple[str, str]:
    """Return what who uses an app is told, and what who saves the form; the log knows both."""
    with pytest.raises(PluginError) as told:
        ask(env, plugin, credentials)
    assert told.value.error_type == "InvokeConnectionError"
    message: str = told.value.message
    assert message.startswith("LiteLLM cannot be reached (")
    assert "//" not in message
    call_id = message.partition("(call id ")[2].rstrip(")")
    if HAS_LOG:
        logged = next(line.decode() for line in reversed(plugin.lines) if call_id.encode() in line
                      and b'"log"' in line)  # fmt: skip
        assert credentials["base_url"] in logged
    with pytest.raises(PluginError) as refused:
        list(plugin.call("validate_model_credentials", "m", credentials))
    return message, refused.value.message


def test_f67_and_by_no_other_tenant(env: Environment, front: TlsFront) -> None:
    assert ask(env, env.plugin, form(front.url, ca_certificate=CERTIFICATE)) == "Hello"
    told, refused = both_sentences(env, env.plugin, form(front.url))
    assert "TLS certificate not accepted" in told
    assert "(TLS certificate not accepted: self-signed certificate)" in refused
    assert "Put its CA into CA Certificate." in refused
    assert ask(env, env.plugin, form(front.url, tls_verify="no")) == "Hello"
    with pytest.raises(PluginError):
        ask(env, env.plugin, form(front.url))


@pytest.mark.parametrize(
    "ca",
    [
        "text",
        "-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nü\n-----END CERTIFICATE-----",
    ],
)
def test_a_malformed_certificate_is_refused_when_the_form_is_saved(
    env: Environment, ca: str
) -> None:
    with pytest.raises(PluginError) as caught:
        list(
            env.plugin.call("validate_model_credentials", "m", form("https://h", ca_certificate=ca))
        )
    assert caught.value.message.startswith("CA Certificate must be PEM")


def test_ssl_cert_file_is_honoured(env: Environment, front: TlsFront) -> None:
    trusted = {"SSL_CERT_FILE": str(_FOLDER / "certificate.txt")}
    with judged_plugin(trusted) as plugin:
        assert ask(env, plugin, form(front.url)) == "Hello"


@pytest.mark.slow
def test_what_is_wrong_with_tls_is_told(env: Environment) -> None:
    credentials = form(env.proxy_url.replace("http:", "https:"))
    told, refused = both_sentences(env, env.plugin, credentials)
    assert "(no valid TLS)" in told
    assert "Base URL begins with http://" in refused
    with judged_plugin({"SSL_CERT_FILE": "/no/such/file.pem"}) as plugin:
        _, refused = both_sentences(env, plugin, form("https://litellm.invalid"))
    assert "(trusted certificates not readable: No such file" in refused
    assert "SSL_CERT_FILE" in refused


@pytest.mark.slow
def test_an_http_proxy_on_the_way_is_used(env: Environment, front: TlsFront) -> None:
    with ForwardProxy() as forward:
        address = forward.url.replace("//", f"//user:{PASSWORD}@")
        proxies = {"HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": ""}
        with judged_plugin(proxies) as plugin:
            assert ask(env, plugin, form(env.proxy_url)) == "Hello"
            assert f"POST {env.proxy_url}/v1/chat/completions" in forward.asked
            assert ask(env, plugin, form(front.url, ca_certificate=CERTIFICATE)) == "Hello"
            assert f"CONNECT localhost:{front.port}" in forward.asked
        with judged_plugin({**proxies, "NO_PROXY": "127.0.0.0/8"}) as plugin:
            before = len(forward.asked)
            assert ask(env, plugin, form(env.proxy_url)) == "Hello"
            assert len(forward.asked) == before


@pytest.mark.slow
def test_an_http_proxy_that_fails_is_named_without_its_password(env: Environment) -> None:
    refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"
    with ForwardProxy(refusal) as forward:
        for address, url, words in (
            (f"http://user:{PASSWORD}@127.0.0.1:{free_port()}", env.proxy_url, "refused"),
            (
                f"http://user:{PASSWORD}@127.0.0.1:{forward.port}",
                "https://litellm",
                "403 Forbidden",
            ),
            (f"ftp://user:{PASSWORD}@h:1", env.proxy_url, "must be an http:// URL"),
        ):
            with judged_plugin({"HTTP_PROXY": address, "HTTPS_PROXY": address}) as plugin:
                _, refused = both_sentences(env, plugin, form(url))
            assert "through the HTTP proxy" in refused
            assert words in refused
            assert "NO_PROXY" in refused
            assert PASSWORD.encode() not in b"".join(plugin.lines)


def test_f13_the_key_in_another_header(env: Environment) -> None:
    headers = f'{{"x-litellm-api-key": "{MASTER_KEY}"}}'
    credentials = form(env.proxy_url, api_key="", extra_headers=headers)
    assert ask(env, env.plugin, credentials) == "Hello"


def test_tenants_do_not_see_each_others_keys_and_headers(env: Environment) -> None:
    """Two tenants, one proxy, calls in turns that overlap; LiteLLM says who paid for each."""
    tenants = {
        name: form(
            env.proxy_url, api_key=f"sk-tenant-{name}", tags=f"tag-{name}",
            extra_headers=f'{{"x-secret": "header-secret-of-{name}"}}',
            extra_body=f'{{"metadata": {{"of": "{name}"}}}}',
        )
        for name in ("one", "two")
    }  # fmt: skip
    fields: dict[str, Any] = {"model_parameters": {}, "tools": None, "stop": None, "stream": True}
    start = len(env.plugin.lines)
    for round_number in range(5):
        env.upstream.on("described", openai.text_stream(*["word "] * 10))
        calls = [
            env.plugin.call(
                "invoke_llm", "described", credentials, user_id=f"{name}-{round_number}",
                prompt_messages=[{"role": "user", "content": name}], **fields,
            )
            for name, credentials in tenants.items()
        ]  # fmt: skip
        for call in calls:
            assert list(call)
    for name in tenants:
        for round_number in range(5):
            row = env.attributed(end_user=f"{name}-{round_number}")
            assert row["key"] == sha256(f"sk-tenant-{name}".encode()).hexdigest()
            assert f"tag-{name}" in row["request_tags"]
            assert row["requester_metadata"]["of"] == name
            assert row["requester_metadata"]["headers"]["x-secret"] == f"header-secret-of-{name}"
            assert not [tag for tag in row["request_tags"] if "secret" in tag or "sk-" in tag]
    for name, credentials in tenants.items():
        with pytest.raises(PluginError) as caught:
            list(
                env.plugin.call(
                    "invoke_llm", f"no-such-model-{name}", credentials,
                    prompt_messages=[{"role": "user", "content": name}], **fields,
                )
            )  # fmt: skip
        assert "secret-of" not in str(caught.value.details)
    written = b"".join(env.plugin.lines[start:])
    for secret in (b"sk-tenant-", b"header-secret-of-"):
        assert secret not in written
