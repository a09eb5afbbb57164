"""Pools, and the HTTP proxies that the environment names."""

from functools import lru_cache

import pytest

from litellm_proxy.forward_proxy import forward_proxy, without_password
from litellm_proxy.http import pool
from litellm_proxy.http.pool import pool_for
from litellm_proxy.limits import MAX_POOLS
from litellm_proxy.settings import TLSSettings
from tests.support.relay import CERTIFICATE

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    forward_proxy.cache_clear()


def test_one_pool_per_tls_setting_and_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    # Pools of this test's own: those of other tests stay.
    fresh = lru_cache(MAX_POOLS)(pool._pool.__wrapped__)
    monkeypatch.setattr(pool, "_pool", fresh)
    own_ca = TLSSettings(CERTIFICATE)
    assert pool_for("https://a", own_ca) is pool_for("https://b", TLSSettings(CERTIFICATE))
    assert pool_for("https://a", own_ca) is not pool_for("https://a", TLSSettings())
    assert pool_for("https://a", TLSSettings(verify=False)) is not pool_for("https://a", own_ca)
    first = pool_for("https://a", own_ca)
    for n in range(MAX_POOLS):
        forward_proxy.cache_clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HTTPS_PROXY", f"http://proxy-{n}:3128")
            pool_for("https://a", TLSSettings())
    forward_proxy.cache_clear()
    assert pool_for("https://a", own_ca) is not first


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://litellm:4000", "http://http-proxy:3128"),
        ("https://litellm:4000", "http://https-proxy:3128"),
        ("http://direct:4000", None),
        ("http://a.internal.example", None),
        ("http://10.1.2.3:4000", None),
        ("http://11.1.2.3:4000", "http://http-proxy:3128"),
        ("http://[fd00::1]:4000", None),
        ("http://[::1]:4000", None),
        ("http://one.corp", None),
        ("http://corp.example", "http://http-proxy:3128"),
        ("http://notdirect:4000", "http://http-proxy:3128"),
        ("http://ported", None),
        ("http://ported:81", "http://http-proxy:3128"),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, url: str, proxy: str | None
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http-proxy:3128")
    monkeypatch.setenv("https_proxy", "http://https-proxy:3128")
    monkeypatch.setenv(
        "NO_PROXY",
        "direct, .internal.example,10.0.0.0/8, fd00::/8, [::1],*.corp, ported:80, not/a/net",
    )
    assert forward_proxy(url) == proxy


def test_all_proxy_and_no_proxy_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", " http://all:1 ")
    assert forward_proxy("https://litellm") == "http://all:1"
    forward_proxy.cache_clear()
    monkeypatch.setenv("NO_PROXY", "first litellm\tlast")
    assert forward_proxy("https://litellm") is None
    forward_proxy.cache_clear()
    monkeypatch.setenv("NO_PROXY", "*")
    assert forward_proxy("https://litellm") is None


def test_a_password_of_a_proxy_is_not_shown() -> None:
    assert without_password("http://user:secret@proxy:3128") == "http://proxy:3128"
    assert without_password("http://a b:x") == "no URL"
