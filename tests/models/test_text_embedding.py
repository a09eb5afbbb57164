"""The embedding class through the SDK's own `invoke`."""

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelType
from dify_plugin.errors.model import InvokeBadRequestError, InvokeServerUnavailableError
from dify_plugin.interfaces.model.text_embedding_model import TextEmbeddingModel

from tests.support import openai_format as openai
from tests.support.upstream import Reply, Upstream

REGISTRATION = PluginRegistration(DifyPluginEnv())


def embedding_model() -> TextEmbeddingModel:
    model = REGISTRATION.get_model_instance("litellm", ModelType.TEXT_EMBEDDING)
    assert isinstance(model, TextEmbeddingModel)
    return model


def test_f53_f55_texts_go_in_batches_and_come_back_in_order(upstream: Upstream) -> None:
    upstream.on(
        "e",
        openai.embeddings([[0.0], [1.0]], order=(1, 0)),
        openai.embeddings([[2.0], [3.0]]),
        openai.embeddings([[4.0]]),
    )
    form = {"base_url": upstream.url, "settings": "custom", "max_chunks": "2", "dimensions": "1"}
    result = embedding_model().invoke("e", form, list("abcde"), user="u")
    assert result.embeddings == [[0.0], [1.0], [2.0], [3.0], [4.0]]
    assert result.usage.tokens == 27
    asked = upstream.asked_for("e")
    assert [body["input"] for body in asked] == [["a", "b"], ["c", "d"], ["e"]]
    assert [body["dimensions"] for body in asked] == [1, 1, 1]


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
