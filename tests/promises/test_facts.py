"""What is known of a model survives routes that fail, many keys, and answers that come late."""

import dataclasses
import json
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx
import pytest

from harness.upstream import Pause, Reply, Upstream, json_reply
from litellm_proxy.cache import Cached, ProxyCache
from litellm_proxy.errors import Failure, ProxyRejected, ProxyUnreachable
from litellm_proxy.wire.model_facts import ModelFacts
from models import facts_cache
from tests.field.asking import call, saved
from tests.support import openai_format as openai
from tests.support.environment import MASTER_KEY, Environment
from translation.facts.discovery import DEPLOYMENTS, GROUP, LISTING, Discovery
from translation.form.settings import parse_settings
from translation.validation.stored_facts import VARIABLE, from_stored, to_stored

LATE = ProxyUnreachable(Failure.TOO_LONG, "http://h")


def _value(field: dataclasses.Field[Any]) -> Any:
    kind = str(field.type)
    if "bool" in kind:
        return True
    if "Decimal" in kind:
        return Decimal("0.0000025")
    if "int" in kind:
        return 4096
    if "frozenset" in kind:
        return frozenset({"top_p"})
    return ("low", "high") if "tuple" in kind else "chat"


STORED = [field for field in dataclasses.fields(ModelFacts) if field.name != "rejected_params"]


@pytest.mark.parametrize("field", STORED, ids=lambda field: field.name)
def test_every_fact_comes_back_from_the_saved_form(field: dataclasses.Field[Any]) -> None:
    value = ("input_type", "temperature") if field.name == "supported_params" else _value(field)
    values: dict[str, Any] = {field.name: value}
    facts = ModelFacts(**values)
    assert from_stored({VARIABLE: to_stored(facts)}) == facts


class Between(Upstream):
    """Stands in front of the real proxy, and fails at one route."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target
        self.failing = ""
        self.fault = Reply([])

    def reply_to(self, asked: Any) -> Reply:
        if self.failing and asked.path.partition("?")[0] == self.failing:
            return self.fault
        headers = {name: value for name, value in asked.headers.items() if name.lower() != "host"}
        content = json.dumps(asked.body).encode() if asked.method == "POST" else None
        headers.pop("Content-Length", None)
        answer = httpx.request(
            asked.method,
            self._target + asked.path,
            headers=headers,
            content=content,
            trust_env=False,
        )
        return Reply([answer.content], answer.status_code, answer.headers["content-type"])


FAULTS = {
    "refused": json_reply({"detail": "Not for this key"}, 403),
    "broken": Reply([b"Internal Server Error"], 500, "text/plain"),
    "slow": Reply([Pause(6), b"{}"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("route", [DEPLOYMENTS, GROUP, LISTING])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("model", "kind"), [("described", "llm"), ("embedder", "text-embedding")])
def test_a_route_that_fails_after_a_restart_takes_nothing_away(
    env: Environment, route: str, fault: str, model: str, kind: str
) -> None:
    with Between(env.proxy_url) as between:
        form = {"base_url": between.url, "api_key": MASTER_KEY}
        form = saved(env, model, form, kind)
        before = call(env, "get_ai_model_schemas", model, form, model_type=kind)["model_schema"]
        between.failing, between.fault = route, FAULTS[fault]
        # Another header is another caller, of whom this process knows nothing.
        cold = {**form, "settings": "custom", "extra_headers": '{"x-caller": "new"}'}
        after = call(env, "get_ai_model_schemas", model, cold, model_type=kind)["model_schema"]
    assert after == before


def test_what_deployments_do_not_agree_on_stays_unknown() -> None:
    stored = ModelFacts(vision=True, supported_params=("top_p",))
    refused = ProxyRejected(status=500, message="no")
    found = Discovery({DEPLOYMENTS: ModelFacts(context_size=5), GROUP: refused}).completed_by(
        stored
    )
    assert (found.vision, found.context_size, found.supported_params) == (None, 5, ("top_p",))


def test_a_thousand_keys_in_turn_are_asked_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {f"model-{n}": ModelFacts(context_size=n + 1) for n in range(50)}
    asked: list[str] = []

    class Proxy:
        def __init__(self, settings: Any, **_: Any) -> None:
            self.key = settings.api_key

        def read_deployments(self, read: Callable[[bytes], Any]) -> Any:
            asked.append(f"deployments {self.key}")
            return read(b'{"data": [], "of": "a thousand keys"}')

        def read_model_group(self, name: str, read: Callable[[bytes], Any]) -> Any:
            asked.append(f"{name} {self.key}")
            return read(b'{"data": [], "of": "a thousand groups"}')

    monkeypatch.setattr(facts_cache, "ProxyClient", Proxy)
    monkeypatch.setattr(facts_cache, "facts_of_deployments", lambda _: iter(facts.items()))
    monkeypatch.setattr(facts_cache, "facts_of_groups", lambda _: iter(facts.items()))
    forms = [
        parse_settings("model-7", {"base_url": "http://many", "api_key": f"sk-{n:04}"})
        for n in range(1000)
    ]
    for _ in range(2):
        for settings in forms:
            assert facts_cache.facts_of(settings, {}).context_size == 8
    assert len(asked) == len(set(asked)) == 2000


def test_what_is_held_has_a_bound() -> None:
    cache: ProxyCache[int, str] = ProxyCache(300, 30, max_size=100, size_of=len)
    for key in range(50):
        cache.get(key, lambda: "x" * 30, 5, lambda: LATE)
    assert cache._size <= 100
    assert len(cache._entries) == 3
    assert cache.get(49, lambda: pytest.fail("asked again"), 5, lambda: LATE).value
    cache.drop(49)
    assert cache._size == 60


def test_both_info_routes_are_asked_at_the_same_time(env: Environment, upstream: Upstream) -> None:
    """Each alone takes most of what a cold look-up may take in all."""
    group = {"model_group": "m", "mode": "chat", "max_input_tokens": 777, "supports_vision": True}
    info = {
        "model_name": "m",
        "model_info": {"mode": "chat", "max_input_tokens": 777, "supports_vision": True},
    }
    pause = Pause(facts_cache.SCHEMA_SECONDS * 0.7)
    upstream.on("/model_group/info", Reply([pause, json.dumps({"data": [group]}).encode()]))
    upstream.on("/v1/model/info", Reply([pause, json.dumps({"data": [info]}).encode()]))
    form = {"base_url": upstream.url}
    schema = call(env, "get_ai_model_schemas", "m", form)["model_schema"]
    assert schema["model_properties"]["context_size"] == 777
    assert "vision" in schema["features"]


def late_load(
    cache: ProxyCache[str, int], outcome: int | ProxyRejected
) -> tuple[threading.Event, threading.Event]:
    """Begin a load that nobody waits for; return what lets it go on, and what tells its end."""
    go_on, ended = threading.Event(), threading.Event()

    def load() -> int:
        go_on.wait(10)
        try:
            if isinstance(outcome, ProxyRejected):
                raise outcome
            return outcome
        finally:
            threading.Timer(0.1, ended.set).start()

    assert cache.get("k", load, 0.01, lambda: LATE).error is LATE
    return go_on, ended


def test_a_key_has_one_load_at_a_time_however_late_it_is() -> None:
    now = [1000.0]
    cache: ProxyCache[str, int] = ProxyCache(300, 30, 10, clock=lambda: now[0])
    go_on, _ = late_load(cache, 1)
    now[0] += 31
    assert cache.get("k", lambda: pytest.fail("asked again"), 0.01, lambda: LATE).error is LATE
    go_on.set()
    now[0] += 31
    assert cache.get("k", lambda: pytest.fail("asked again"), 5, lambda: LATE) == Cached(1)


def test_a_late_answer_is_taken_where_nothing_is_known() -> None:
    cache: ProxyCache[str, int] = ProxyCache(300, 30, 10)
    go_on, ended = late_load(cache, 7)
    go_on.set()
    assert ended.wait(10)
    deadline = time.monotonic() + 5
    while cache.get("k", lambda: 8, 5, lambda: LATE).value is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert cache.get("k", lambda: 8, 5, lambda: LATE) == Cached(7)


def test_queries_and_documents_are_told_apart_after_a_restart(
    env: Environment, upstream: Upstream
) -> None:
    row = {
        "model_group": "m",
        "mode": "embedding",
        "supported_openai_params": ["input_type", "dimensions"],
    }
    upstream.on("/model_group/info", json_reply({"data": [row]}))
    for path in ("/v1/model/info", "/v1/models"):
        upstream.on(path, json_reply({"data": [{"id": "m"}]}))
    refused = {"error": {"message": "Missing", "type": None, "param": "input", "code": "400"}}
    upstream.on("m", json_reply(refused, 400), openai.embeddings([[0.5]]))
    form = saved(env, "m", {"base_url": upstream.url}, "text-embedding")
    upstream.on("/model_group/info", FAULTS["broken"])
    cold = {**form, "settings": "custom", "extra_headers": '{"x-caller": "new"}'}
    call(
        env,
        "invoke_text_embedding",
        "m",
        cold,
        texts=["a"],
        input_type="query",
        model_type="text-embedding",
    )
    assert upstream.asked_for("m")[-1]["input_type"] == "query"
