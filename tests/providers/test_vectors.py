"""Embeddings and rerank of providers that take no field that they do not document."""

from collections.abc import Iterator

import pytest

from harness.plugin_process import PluginProcess
from tests.providers.conftest import running
from tests.support.environment import MASTER_KEY
from tests.support.providers.vectors import EMBEDDINGS, RERANKS, Endpoint, Strict

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Strict, PluginProcess, dict[str, str]]]:
    with Strict() as upstream:
        deployments = [(e.name, e.params) for e in EMBEDDINGS + RERANKS]
        folder = tmp_path_factory.mktemp("vectors")
        with running(folder, upstream.url, deployments) as (url, plugin):
            yield upstream, plugin, {"base_url": url, "api_key": MASTER_KEY}


type Asked = tuple[Strict, PluginProcess, dict[str, str]]


@pytest.mark.parametrize("user", ["user-1", ""], ids=["with a user", "without one"])
@pytest.mark.parametrize("input_type", ["document", "query"])
@pytest.mark.parametrize("endpoint", EMBEDDINGS, ids=lambda endpoint: endpoint.name)
def test_a_vector_with_the_form_as_it_is(
    asked: Asked, endpoint: Endpoint, input_type: str, user: str
) -> None:
    _, plugin, form = asked
    saved = next(
        plugin.call("validate_model_credentials", endpoint.name, form, model_type="text-embedding")
    )
    answer = next(
        plugin.call(
            "invoke_text_embedding", endpoint.name, saved["credentials"], texts=["a", "b"],
            input_type=input_type, model_type="text-embedding", user_id=user,
        )
    )  # fmt: skip
    assert [len(vector) for vector in answer["embeddings"]] == [2, 2]
    assert answer["usage"]["tokens"] > 0


@pytest.mark.parametrize("endpoint", RERANKS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("top_n", [1, 2, 5])
def test_more_results_than_documents_are_never_asked_for(
    asked: Asked, endpoint: Endpoint, top_n: int
) -> None:
    _, plugin, form = asked
    answer = next(
        plugin.call(
            "invoke_rerank", endpoint.name, form, model_type="rerank", query="q", docs=["a", "b"],
            score_threshold=None, top_n=top_n,
        )
    )  # fmt: skip
    assert [doc["index"] for doc in answer["docs"]] == [0, 1][:top_n]
