"""Embeddings and rerank in the providers' own formats, strict about fields that they do not know.

https://docs.voyageai.com/reference/embeddings-api, https://docs.voyageai.com/reference/reranker-api,
https://jina.ai/embeddings, https://jina.ai/reranker, https://docs.cohere.com/v1/reference/embed,
https://docs.cohere.com/reference/rerank, https://docs.mistral.ai/api/#tag/embeddings,
https://ai.google.dev/api/embeddings, https://huggingface.github.io/text-embeddings-inference,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.upstream import Asked, Reply, Upstream, json_reply

type Answer = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Endpoint:
    """One provider's endpoint: how LiteLLM is led to it, where it is asked, what it takes, answers."""

    name: str
    params: Mapping[str, Any]
    path: str
    takes: frozenset[str]
    answer: Answer


class Strict(Upstream):
    """Answers the endpoints, and refuses a field that one of them does not document."""

    def reply_to(self, asked: Asked) -> Reply:
        endpoint = next((e for e in EMBEDDINGS + RERANKS if asked.path.startswith(e.path)), None)
        if endpoint is None or not isinstance(asked.body, dict):
            return super().reply_to(asked)
        if foreign := sorted(set(asked.body) - endpoint.takes):
            return json_reply(
                {"message": f"unknown fields: {foreign}", "detail": str(foreign)}, 400
            )
        documents = asked.body.get("documents") or asked.body.get("texts") or []
        if (asked.body.get("top_n") or asked.body.get("top_k") or 0) > max(len(documents), 1):
            return json_reply({"message": "more results than documents were asked for"}, 400)
        return json_reply(endpoint.answer(asked.body))


def _vectors(count: int) -> list[list[float]]:
    return [[float(n), 0.5] for n in range(count)]


def _openai(body: dict[str, Any]) -> object:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    rows = [
        {"object": "embedding", "index": n, "embedding": vector}
        for n, vector in enumerate(_vectors(len(texts)))
    ]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return {"object": "list", "data": rows, "model": body["model"], "usage": usage}


def _cohere(body: dict[str, Any]) -> object:
    vectors = _vectors(len(body["texts"]))
    types = body.get("embedding_types")
    embeddings = {types[0]: vectors} if types else vectors
    meta = {"api_version": {"version": "1"}, "billed_units": {"input_tokens": 4}}
    return {"id": "1", "embeddings": embeddings, "texts": body["texts"], "meta": meta}


def _gemini(body: dict[str, Any]) -> object:
    return {"embeddings": [{"values": vector} for vector in _vectors(len(body["requests"]))]}


def _titan(_: dict[str, Any]) -> object:
    return {"embedding": [0.0, 0.5], "inputTextTokenCount": 4}


def _ollama(body: dict[str, Any]) -> object:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    return {"model": body["model"], "embeddings": _vectors(len(texts)), "prompt_eval_count": 4}


def _ranked(rows: str, score: str) -> Answer:
    def answer(body: dict[str, Any]) -> object:
        documents = body.get("documents") or body["texts"]
        count = body.get("top_n") or body.get("top_k") or len(documents)
        results = [{"index": n, score: 0.9 - n / 10} for n in range(min(count, len(documents)))]
        usage = {"usage": {"total_tokens": 4}, "meta": {"billed_units": {"search_units": 1}}}
        return {"id": "1", "object": "list", "model": "m", rows: results, **usage}

    return answer


def _key(model: str, base: str) -> dict[str, Any]:
    return {"model": model, "api_base": f"{{url}}{base}", "api_key": "provider-key"}


_AWS = {
    "aws_bedrock_runtime_endpoint": "{url}",
    "aws_access_key_id": "provider-key",
    "aws_secret_access_key": "provider-secret",
    "aws_region_name": "us-east-1",
}
EMBEDDINGS = (
    Endpoint("mistral", _key("mistral/mistral-embed", "/mistral"), "/mistral/v1/embeddings",
             frozenset({"model", "input", "encoding_format", "output_dimension", "output_dtype"}),
             _openai),
    Endpoint("voyage", _key("voyage/voyage-3", "/voyage/embeddings"), "/voyage/embeddings",
             frozenset({"model", "input", "input_type", "truncation", "output_dimension",
                        "output_dtype", "encoding_format"}), _openai),
    Endpoint("jina", _key("jina_ai/jina-embeddings-v3", "/jina/v1"), "/jina/v1/embeddings",
             frozenset({"model", "input", "task", "dimensions", "normalized", "late_chunking",
                        "embedding_type", "truncate"}), _openai),
    Endpoint("cohere", _key("cohere/embed-multilingual-v3.0", "/cohere/embed"), "/cohere/embed",
             frozenset({"model", "texts", "images", "input_type", "embedding_types", "truncate"}),
             _cohere),
    Endpoint("gemini", _key("gemini/text-embedding-004", "/gemini/v1beta"), "/gemini",
             frozenset({"requests"}), _gemini),
    Endpoint("titan", {"model": "bedrock/amazon.titan-embed-text-v2:0", **_AWS},
             "/model/amazon.titan-embed-text-v2", frozenset(
                 {"inputText", "dimensions", "normalize", "embeddingTypes"}), _titan),
    Endpoint("ollama", {"model": "ollama/nomic-embed-text", "api_base": "{url}/ollama"},
             "/ollama/api/embed", frozenset(
                 {"model", "input", "truncate", "options", "keep_alive", "dimensions"}), _ollama),
    Endpoint("tei", _key("openai/tei-model", "/tei/v1"), "/tei/v1/embeddings",
             frozenset({"model", "input", "encoding_format", "dimensions", "user"}), _openai),
)  # fmt: skip
RERANKS = (
    Endpoint("cohere-rerank", _key("cohere/rerank-v3.5", "/cohere-rerank"), "/cohere-rerank",
             frozenset({"model", "query", "documents", "top_n", "return_documents", "rank_fields",
                        "max_chunks_per_doc", "max_tokens_per_doc"}),
             _ranked("results", "relevance_score")),
    Endpoint("jina-rerank", _key("jina_ai/jina-reranker-v2-base-multilingual", "/jina-rerank/v1/rerank"),
             "/v1/rerank", frozenset({"model", "query", "documents", "top_n", "return_documents"}),
             _ranked("results", "relevance_score")),
    Endpoint("voyage-rerank", _key("voyage/rerank-2", "/voyage-rerank/v1/rerank"), "/voyage-rerank",
             frozenset({"model", "query", "documents", "top_k", "return_documents", "truncation"}),
             _ranked("data", "relevance_score")),
)  # fmt: skip
