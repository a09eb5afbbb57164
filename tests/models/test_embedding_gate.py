"""The common limit of embedding requests of one proxy and key."""

import threading
import time

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelType
from dify_plugin.entities.model.message import UserPromptMessage
from dify_plugin.interfaces.model.large_language_model import LargeLanguageModel
from dify_plugin.interfaces.model.text_embedding_model import TextEmbeddingModel

from harness.upstream import Asked, Reply, Upstream, json_reply
from models.embedding_gate import MAX_IN_FLIGHT, EmbeddingGate, NotSent, gate_of
from tests.support import openai_format as openai
from translation.form.settings import parse_settings

REGISTRATION = PluginRegistration(DifyPluginEnv())
NEVER = threading.Event()


class Counting(Upstream):
    """Counts the requests at a time, and rejects what is above a rate."""

    def __init__(self, allowed: int = 10**6, window: float = 1.0) -> None:
        super().__init__()
        self.at_once = self.most = self.rejected = 0
        self._allowed, self._window = allowed, window
        self._accepted: list[float] = []
        self._lock = threading.Lock()

    def reply_to(self, asked: Asked) -> Reply:
        if not asked.path.endswith("/embeddings"):
            return super().reply_to(asked)
        with self._lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            now = time.monotonic()
            self._accepted = [at for at in self._accepted if at > now - self._window]
            accepts = len(self._accepted) < self._allowed
            self._accepted += [now] * accepts
            self.rejected += not accepts
        time.sleep(0.05)
        with self._lock:
            self.at_once -= 1
        if accepts:
            return openai.embeddings([[7.0]] * len(asked.body["input"]))
        return json_reply({"error": {"message": "Slow down"}}, 429, **{"retry-after": "1"})


def embed(upstream: Upstream, key: str, texts: int, calls: int) -> None:
    def work() -> None:
        model = REGISTRATION.get_model_instance("litellm", ModelType.TEXT_EMBEDDING)
        assert isinstance(model, TextEmbeddingModel)
        form = {"base_url": upstream.url, "api_key": key, "settings": "custom", "max_chunks": "1"}
        assert len(model.invoke("e", form, ["x"] * texts).embeddings) == texts

    workers = [threading.Thread(target=work) for _ in range(calls)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_many_calls_of_a_key_share_the_limit() -> None:
    with Counting() as upstream:
        embed(upstream, "sk-many", 8, 20)
        assert 4 < upstream.most <= MAX_IN_FLIGHT


def test_after_a_rate_limit_they_come_back_slowly() -> None:
    """Each of the calls alone would try again when the second is over: four requests at a time."""
    with Counting(allowed=10) as upstream:
        embed(upstream, "sk-limited", 6, 8)
        assert upstream.rejected < 40


@pytest.fixture
def gate() -> EmbeddingGate:
    return EmbeddingGate()


def soon(seconds: float = 5) -> float:
    return time.monotonic() + seconds


def allowed_at_once(gate: EmbeddingGate) -> int:
    """Enter as often as the gate lets."""
    if allowed_now(gate):
        with gate.passed(soon(0.05), NEVER):
            return 1 + allowed_at_once(gate)
    return 0


def allowed_now(gate: EmbeddingGate) -> bool:
    try:
        with gate.passed(soon(0.02), NEVER):
            return True
    except NotSent:
        return False


def test_rejections_together_count_once_and_successes_open_it_again(gate: EmbeddingGate) -> None:
    assert allowed_at_once(gate) == MAX_IN_FLIGHT
    for _ in range(MAX_IN_FLIGHT):
        gate.limited(0.1)
    assert allowed_at_once(gate) == 0
    time.sleep(0.15)
    assert allowed_at_once(gate) == MAX_IN_FLIGHT // 2
    for _ in range(1000):
        gate.succeeded()
    assert allowed_at_once(gate) == MAX_IN_FLIGHT


def test_it_lets_one_pass_however_often_it_was_limited(gate: EmbeddingGate) -> None:
    for _ in range(10):
        gate.limited(0)
    assert allowed_at_once(gate) == 1


def test_a_pause_beyond_the_deadline_ends_at_once(gate: EmbeddingGate) -> None:
    gate.limited(60)
    started = time.monotonic()
    with pytest.raises(NotSent), gate.passed(soon(30), NEVER):
        pytest.fail("it was sent")
    assert time.monotonic() - started < 10


def test_a_call_that_has_failed_sends_nothing_more(gate: EmbeddingGate) -> None:
    stopped = threading.Event()
    stopped.set()
    with pytest.raises(NotSent), gate.passed(soon(), stopped):
        pytest.fail("it was sent")
    assert allowed_at_once(gate) == MAX_IN_FLIGHT


def test_a_request_that_fails_gives_its_place_back(gate: EmbeddingGate) -> None:
    for _ in range(2 * MAX_IN_FLIGHT):
        with pytest.raises(ZeroDivisionError), gate.passed(soon(), NEVER):
            _ = 1 // 0
    assert allowed_at_once(gate) == MAX_IN_FLIGHT


def test_they_pass_in_their_order(gate: EmbeddingGate) -> None:
    gate.limited(0.3)
    order: list[int] = []

    def enter(number: int) -> None:
        with gate.passed(soon(), NEVER):
            order.append(number)

    workers = [threading.Thread(target=enter, args=(number,)) for number in range(20)]
    for worker in workers:
        worker.start()
        time.sleep(0.001)
    for worker in workers:
        worker.join()
    assert order == sorted(order)


def test_each_key_has_a_gate_of_its_own() -> None:
    assert gate_of("a key") is gate_of("a key")
    assert gate_of("a key") is not gate_of("another key")


def test_a_chat_does_not_wait_for_embeddings(upstream: Upstream) -> None:
    upstream.on("m", openai.text_stream("Hi"))
    form = {"base_url": upstream.url, "api_key": "sk-both"}
    gate_of(parse_settings("m", form).proxy.cache_key).limited(3600)
    model = REGISTRATION.get_model_instance("litellm", ModelType.LLM)
    assert isinstance(model, LargeLanguageModel)
    chunks = list(model.invoke("m", form, [UserPromptMessage(content="Hello")], {}))
    assert "".join(str(chunk.delta.message.content) for chunk in chunks) == "Hi"
