"""Hosts, keys, HTTP proxies and the end of the process."""

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from harness.upstream import Upstream, json_reply
from litellm_proxy.errors import RequestFailed
from litellm_proxy.http.pool import ConnectionPool
from litellm_proxy.name_lookup import Address, names
from litellm_proxy.settings import ProxySettings, TLSSettings
from tests.field.asking import direct, refusal
from tests.stdio.test_private_networks import PASSWORD, both_sentences, form
from tests.support import openai_format as openai
from tests.support.environment import Environment, judged_plugin
from tests.support.relay import ForwardProxy
from translation.form.settings import parse_settings

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("host", ["straße.de", "xn--strae-oqa.de"])
def test_a_host_is_asked_under_the_name_that_the_url_has(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    asked: list[object] = []

    def addresses(host: str, port: int, _: float) -> list[Address]:
        asked.append((host, port))
        return []

    monkeypatch.setattr(names, "addresses", addresses)
    base_url = parse_settings("m", {"base_url": f"http://{host}:4000"}).proxy.base_url
    request = httpx.Request("GET", base_url, extensions={"timeout": httpx.Timeout(1).as_dict()})
    with pytest.raises(RequestFailed):
        ConnectionPool(TLSSettings()).handle_request(request)
    assert asked == [("xn--strae-oqa.de", 4000)]
    assert request.headers["host"] == "xn--strae-oqa.de:4000"


@pytest.mark.parametrize(
    ("pasted", "key"),
    [("Bearer sk-1234567", "sk-1234567"), ("bearer  sk-1", "sk-1"), ("Authorization: Bearer sk-1", "sk-1"),
     ("sk-bearer 1", "sk-bearer 1"), ("Bearer", None), ("bearersk", "bearersk")],
)  # fmt: skip
def test_a_key_is_pasted_with_its_scheme(pasted: str, key: str | None) -> None:
    assert parse_settings("m", {"base_url": "http://h", "api_key": pasted}).proxy.api_key == key


@pytest.mark.parametrize(
    ("fields", "echoed"),
    [
        ({"extra_headers": '{"authorization": "Bearer token-of-mine"}'}, "token-of-mine"),
        ({"extra_headers": '{"authorization": "Basic dXNlcjpwYXNz"}'}, "dXNlcjpwYXNz"),
        ({"api_key": "abcde"}, "abcde"),
        ({"api_key": "k7"}, "k7"),
    ],
)
def test_secrets_are_masked_however_short_and_without_their_scheme(
    env: Environment, upstream: Upstream, fields: dict[str, str], echoed: str
) -> None:
    upstream.on(
        "m",
        json_reply(
            {"error": {"message": f"The key {echoed} is unknown, see ({echoed})", "type": None}},
            400,
        ),
    )
    error = refusal(env, "m", {**direct(upstream, end_user="off"), **fields})
    assert echoed not in error.message
    assert "***" in error.message


def test_a_short_key_does_not_garble_words() -> None:
    assert ProxySettings("http://h", "ab").short_secret
    assert not ProxySettings("http://h", "ab").short_secret.search("about a cab, x-ab")  # type: ignore[union-attr]


@pytest.mark.parametrize("status", ["403 Forbidden", "407 Proxy Authentication Required"])
def test_an_http_proxy_that_refuses_plain_http_is_named(env: Environment, status: str) -> None:
    refused = (
        f"HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nno".encode()
    )
    with ForwardProxy(refused) as forward:
        shown = forward.url
        address = shown.replace("//", f"//user:{PASSWORD}@")
        with judged_plugin({"HTTP_PROXY": address, "NO_PROXY": ""}) as plugin:
            told, saving = both_sentences(env, plugin, form("http://litellm.invalid:4000"))
    assert "HTTP proxy failed" in told
    assert status in saving
    assert "Check HTTP_PROXY" in saving
    assert f"through the HTTP proxy {shown}" in saving


def test_litellms_own_refusal_through_an_http_proxy_is_litellms(
    env: Environment, upstream: Upstream
) -> None:
    upstream.on("m", openai.error("Not for you", 403))
    with (
        ForwardProxy() as forward,
        judged_plugin({"HTTP_PROXY": forward.url, "NO_PROXY": ""}) as plugin,
    ):
        through = Environment(upstream, env.proxy_url, plugin, env.calls)
        assert "Not for you" in refusal(through, "m", direct(upstream)).message


def test_the_process_ends_when_the_daemon_is_gone() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "main"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdin
        assert process.stdout
        while b"heartbeat" not in process.stdout.readline():
            pass
        process.stdin.close()
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            process.stdout.readline()
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
