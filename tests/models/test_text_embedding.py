"""The embedding class through the SDK's own `invoke`."""

import time
from dataclasses import replace

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import EmbeddingInputType, ModelType
from dify_plugin.errors.model import (
    InvokeBadRequestError,
    InvokeRateLimitError,
    InvokeServerUnavailableError,
)
from dify_plugin.interfaces.model.text_embedding_model import TextEmbeddingModel

from harness.upstream import HANG_UP, Asked, Pause, Reply, Upstream, json_reply
from tests.support import openai_format as openai

REGISTRATION = PluginRegistration(DifyPluginEnv())


def embedding_model() -> TextEmbeddingModel:
    model = REGISTRATION.get_model_instance("litellm", ModelType.TEXT_EMBEDDING)
    assert isinstance(model, TextEmbeddingModel)
    return model


class Echo(Upstream):
    """Answers each text with the number that it is, in reverse order, slower for the first."""

    def reply_to(self, asked: Asked) -> Reply:
        if not asked.path.endswith("/embeddings"):
            return super().reply_to(asked)
        numbers = [[float(text), 1.0] for text in asked.body["input"]]
        reply = openai.embeddings(numbers, order=range(len(numbers))[::-1])
        pause = Pause(0.2 if numbers[0][0] < 10 else 0.0)
        return replace(reply, pieces=[pause, *reply.pieces])


def test_f52_f53_f55_texts_go_in_batches_and_come_back_in_order() -> None:
    texts = [str(number) for number in range(45)]
    with Echo() as upstream:
        form = {"base_url": upstream.url, "settings": "custom", "max_chunks": "4"}
        result = embedding_model().invoke("e", {**form, "dimensions": "2"}, texts, user="u")
        asked = upstream.asked_for("e")
    assert [vector[0] for vector in result.embeddings] == list(range(45))
    assert len(asked) == 12
    assert sorted(int(text) for body in asked for text in body["input"]) == list(range(45))
    assert {body["dimensions"] for body in asked} == {2}
    assert result.usage.tokens == 9 * 12


class Particular(Upstream):
    """Takes so many texts, and refuses one of them."""

    most = 1000
    bad_text = ""

    def reply_to(self, asked: Asked) -> Reply:
        if not asked.path.endswith("/embeddings"):
            return super().reply_to(asked)
        texts = asked.body["input"]
        if len(texts) > self.most or self.bad_text in texts:
            return openai.error("input must be an array of at most so many strings", 400)
        return openai.embeddings([[1.0, 0.0]] * len(texts))

    @property
    def sizes(self) -> list[int]:
        return [len(body["input"]) for body in self.asked_for("e")]


def test_how_many_texts_fit_is_learnt_where_they_do() -> None:
    texts = [str(number) for number in range(48)]
    with Particular() as server:
        form = {"base_url": server.url, "settings": "custom", "max_chunks": "16"}
        server.most = 5
        embedding_model().invoke("e", form, texts)
        learning = len(server.sizes)
        embedding_model().invoke("e", form, texts)
        assert set(server.sizes[learning:]) == {4}


@pytest.mark.parametrize("bad", ["3", "20", "31", "all"])
def test_a_refusal_that_fewer_texts_do_not_help_teaches_nothing(bad: str) -> None:
    texts = [str(number) for number in range(32)]
    with Particular() as server:
        form = {"base_url": server.url, "settings": "custom", "max_chunks": "16"}
        server.bad_text, server.most = (bad, 1000) if bad != "all" else ("", 0)
        with pytest.raises(InvokeBadRequestError):
            embedding_model().invoke("e", form, texts)
        server.bad_text, server.most = "none", 1000
        before = len(server.sizes)
        embedding_model().invoke("e", form, texts)
        assert server.sizes[before:] == [16, 16]


def test_f56_dimensions_are_sent_only_when_set(upstream: Upstream) -> None:
    upstream.on("e", sevens(1))
    embedding_model().invoke("e", {"base_url": upstream.url}, ["a"])
    assert "dimensions" not in upstream.asked_for("e")[0]


def test_no_texts_no_request(upstream: Upstream) -> None:
    result = embedding_model().invoke("e", {"base_url": upstream.url}, [])
    assert result.embeddings == []
    assert upstream.asked_for("e") == []


def test_one_count_per_text_without_asking_anybody() -> None:
    counts = embedding_model().get_num_tokens("e", {}, ["", "Hello world", "你好"])
    assert len(counts) == 3
    assert counts[0] == 0
    assert all(count > 0 for count in counts[1:])


def test_vectors_that_do_not_fit_into_a_line_of_dify_are_refused_after_the_first_batch(
    upstream: Upstream,
) -> None:
    upstream.on("e", openai.embeddings([[0.123456789] * 1536] * 16))
    with pytest.raises(InvokeBadRequestError, match="2048 vectors of 1536 numbers") as caught:
        embedding_model().invoke("e", {"base_url": upstream.url}, ["x"] * 2048)
    assert "to 136 or less" in str(caught.value)
    assert len(upstream.asked_for("e")) == 1


def test_numbers_that_are_none_are_refused(upstream: Upstream) -> None:
    body = b'{"data": [{"index": 0, "embedding": [NaN]}]}'
    upstream.on("e", Reply([body]))
    with pytest.raises(InvokeServerUnavailableError):
        embedding_model().invoke("e", {"base_url": upstream.url}, ["x"])


def sevens(count: int) -> Reply:
    return openai.embeddings([[7.0]] * count)


def test_f51_base64_is_asked_for_and_float_after_a_refusal_for_good(upstream: Upstream) -> None:
    refused = openai.error("encoding_format base64 is not supported", 400)
    upstream.on("e", refused, sevens(1))
    form = {"base_url": upstream.url}
    assert embedding_model().invoke("e", form, ["a"]).embeddings == [[7.0]]
    assert embedding_model().invoke("e", form, ["a"]).embeddings == [[7.0]]
    encodings = [body["encoding_format"] for body in upstream.asked_for("e")]
    assert encodings == ["base64", "float", "float"]


def test_a_request_that_is_wrong_either_way_is_refused(upstream: Upstream) -> None:
    upstream.on("e", openai.error("No such thing", 400))
    form = {"base_url": upstream.url}
    for _ in range(2):
        with pytest.raises(InvokeBadRequestError, match="No such thing"):
            embedding_model().invoke("e", form, ["a"])
    # The refusal names nothing that was added unasked, so nothing is sent a second time.
    encodings = [body["encoding_format"] for body in upstream.asked_for("e")]
    assert encodings == ["base64", "base64"]


@pytest.mark.parametrize(
    "fault",
    [
        openai.error("Slow down", 429),
        openai.error("Broken", 500),
        json_reply({"error": {"message": "later"}}, 429, **{"retry-after": "1"}),
        Reply([], HANG_UP),
    ],
)
def test_f54_passing_faults_are_waited_out(upstream: Upstream, fault: Reply) -> None:
    upstream.on("e", fault, fault, sevens(1))
    result = embedding_model().invoke("e", {"base_url": upstream.url}, ["a"])
    assert result.embeddings == [[7.0]]
    assert len(upstream.asked_for("e")) == 3


def test_f54_a_wait_that_is_too_long_is_an_error_at_once(upstream: Upstream) -> None:
    upstream.on("e", json_reply({"error": {"message": "later"}}, 429, **{"retry-after": "3600"}))
    with pytest.raises(InvokeRateLimitError, match="try again in 3600 s"):
        embedding_model().invoke("e", {"base_url": upstream.url}, ["a"])
    assert len(upstream.asked_for("e")) == 1


def test_a_text_that_is_too_long_is_named_by_its_position(upstream: Upstream) -> None:
    refused = openai.error("litellm.ContextWindowExceededError: too many tokens", 400)
    upstream.on("e", sevens(2), refused)
    form = {"base_url": upstream.url, "settings": "custom", "max_chunks": "2", "context_size": "10"}
    with pytest.raises(InvokeBadRequestError) as caught:
        embedding_model().invoke("e", form, ["a", "b", "c", "word " * 50])
    assert str(caught.value).startswith(
        "Text 4 of 4 is too long (250 characters, about 50 tokens; the model takes 10): shorten the chunks"
    )


def test_long_texts_are_cut_only_when_the_form_says_so(upstream: Upstream) -> None:
    upstream.on("e", sevens(1))
    form = {"base_url": upstream.url, "settings": "custom", "context_size": "10"}
    embedding_model().invoke("e", form, ["word " * 50])
    embedding_model().invoke("e", {**form, "long_texts": "cut"}, ["word " * 50])
    sent = [body["input"][0] for body in upstream.asked_for("e")]
    assert sent[0] == "word " * 50
    assert len(sent[1]) < 60


def test_empty_texts_get_vectors_too(upstream: Upstream) -> None:
    upstream.on("e", sevens(2))
    embedding_model().invoke("e", {"base_url": upstream.url}, ["", "a"])
    assert upstream.asked_for("e")[0]["input"] == [" ", "a"]


def test_documents_are_told_from_queries_where_the_model_takes_it(upstream: Upstream) -> None:
    rows = [
        {"model_name": "e", "model_info": {"supported_openai_params": ["input_type"]}},
        {"model_name": "plain", "model_info": {"supported_openai_params": ["dimensions"]}},
    ]
    upstream.on("/v1/model/info", json_reply({"data": rows}))
    form = {"base_url": upstream.url}
    for name in ("e", "plain"):
        upstream.on(name, sevens(1))
        embedding_model().invoke(name, form, ["a"], input_type=EmbeddingInputType.QUERY)
    assert upstream.asked_for("e")[0]["input_type"] == "query"
    assert "input_type" not in upstream.asked_for("plain")[0]


def test_a_final_error_ends_the_call_and_no_further_batch_is_sent(upstream: Upstream) -> None:
    upstream.on("e", sevens(1), openai.error("Forbidden", 403), openai.error("Broken", 500))
    form = {"base_url": upstream.url, "settings": "custom", "max_chunks": "1"}
    started = time.perf_counter()
    with pytest.raises(InvokeBadRequestError, match="Forbidden"):
        embedding_model().invoke("e", form, ["x"] * 60)
    assert time.perf_counter() - started < 5
    assert len(upstream.asked_for("e")) < 20
    time.sleep(0.2)
    asked = len(upstream.asked_for("e"))
    time.sleep(1.5)
    assert len(upstream.asked_for("e")) == asked, "a batch goes on being tried"


def test_a_retry_after_of_nothing_is_no_busy_loop(upstream: Upstream) -> None:
    now = json_reply({"error": {"message": "now"}}, 429, **{"retry-after": "0"})
    upstream.on("e", now, now, now, sevens(1))
    embedding_model().invoke("e", {"base_url": upstream.url}, ["x"])
    assert len(upstream.asked_for("e")) == 4


def test_batches_of_different_sizes_are_an_error(upstream: Upstream) -> None:
    upstream.on("e", openai.embeddings([[1.0]]), openai.embeddings([[1.0, 2.0]]))
    form = {"base_url": upstream.url, "settings": "custom", "max_chunks": "1"}
    with pytest.raises(InvokeServerUnavailableError, match="differ in size"):
        embedding_model().invoke("e", form, ["x", "y"])
