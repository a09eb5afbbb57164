"""What Dify shows for every kind of entry of a real proxy, from URL, key and name alone."""

from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import pytest

from tests.support.environment import Environment

TOOLS = {"tool-call", "stream-tool-call", "multi-tool-call"}
SCHEMA = {"structured-output"}
SEES = {"vision"}
READS = {"document"}
HEARS = {"audio"}
THINKS = {"agent-thought"}
COMMON = {"temperature", "top_p", "presence_penalty", "frequency_penalty", "seed"}


class Llm(NamedTuple):
    context: int = 4096
    max_tokens: int | None = None
    features: AbstractSet[str] = frozenset()
    price: tuple[str, str] | None = None
    parameters: AbstractSet[str] = COMMON
    mode: str = "chat"
    efforts: list[str] | None = None


class Embedding(NamedTuple):
    context: int
    max_chunks: int
    price: str | None


DESCRIBED = Llm(
    123456, 4321, TOOLS | SCHEMA | SEES | READS | HEARS | THINKS, ("1", "2"),
    efforts=["low", "medium", "high"],
)  # fmt: skip
GPT_4O = Llm(128000, 16384, TOOLS | SCHEMA | SEES | READS, ("2.5", "10"))
EFFORTS = ["low", "medium", "high"]

LLMS = {
    # Nothing known: three deployments of a backend outside LiteLLM's catalogue.
    "gpt-4": Llm(features=SCHEMA),
    "described": DESCRIBED,
    "visible-alias": DESCRIBED,
    "hidden-alias": Llm(features=SCHEMA),
    # LiteLLM's own catalogue.
    "known-gpt-4o": GPT_4O,
    "known-gpt-4o-mini": GPT_4O._replace(price=("0.15", "0.6")),
    "known-gpt-3.5": Llm(16385, 4096, TOOLS | SCHEMA, ("0.5", "1.5")),
    "known-o3": Llm(
        200000, 100000, TOOLS - {"multi-tool-call"} | SCHEMA | SEES | READS | THINKS, ("2", "8"),
        {"temperature", "seed"}, efforts=EFFORTS,
    ),
    "known-gpt-5": Llm(
        272000, 128000, TOOLS | SCHEMA | SEES | READS | THINKS, ("1.25", "10"),
        {"temperature", "seed"}, efforts=["minimal", "low", "medium", "high"],
    ),
    "known-claude": Llm(
        200000, 64000, TOOLS | SCHEMA | SEES | READS | THINKS, ("3", "15"),
        {"temperature", "top_p"}, efforts=EFFORTS,
    ),
    "known-gemini": Llm(
        1048576, 65536, TOOLS | SCHEMA | SEES | READS | HEARS | {"video"} | THINKS,
        ("1.25", "10"), efforts=EFFORTS,
    ),
    "known-instruct": Llm(8192, 4096, set(), ("1.5", "2"), mode="completion"),
    "old-completion": Llm(mode="completion"),
    # One thing known.
    "only-context": Llm(32000, features=SCHEMA),
    "only-tools": Llm(features=TOOLS | SCHEMA),
    "no-vision": Llm(1000, features=SCHEMA),
    "free": Llm(features=SCHEMA),
    "half-priced": Llm(features=SCHEMA, price=("3", "0")),
    # Pools: what holds for every deployment.
    "uneven-pool": Llm(4000, 2000, TOOLS | SCHEMA, ("1", "2")),
    "pricey-pool": Llm(8000, 2000, TOOLS | SEES | SCHEMA),
    "half-known-pool": Llm(8000, 2000, SCHEMA),
    # Names.
    "team/chat:latest": Llm(7000, features=SCHEMA),
    "модель-日本": Llm(6000, features=SCHEMA),
    "openai/gpt-4o": GPT_4O,
    "openai/my-own": Llm(features=SCHEMA),
    "beta": Llm(5000, features=SCHEMA),
}  # fmt: skip
EMBEDDINGS = {
    "known-ada": Embedding(8191, 32, "0.1"),
    "known-small": Embedding(8191, 32, "0.02"),
    "embedder": Embedding(512, 32, "0.02"),
    "openai/text-embedding-3-large": Embedding(8191, 32, "0.13"),
    "openai/own-embedder": Embedding(4096, 16, None),
}


def schema_of(env: Environment, model: str, model_type: str) -> dict[str, Any]:
    call = env.plugin.call("get_ai_model_schemas", model, env.credentials, model_type=model_type)
    schema: dict[str, Any] = next(call)["model_schema"]
    return schema


@pytest.mark.parametrize("model", LLMS)
def test_f01_f02_llm(env: Environment, model: str) -> None:
    schema = schema_of(env, model, "llm")
    rules = {rule["name"]: rule for rule in schema["parameter_rules"]}
    effort = rules.get("reasoning_effort")
    pricing = schema["pricing"]
    assert LLMS[model] == Llm(
        context=schema["model_properties"]["context_size"],
        max_tokens=rules["max_tokens"]["max"],
        features=set(schema["features"]),
        price=pricing and (pricing["input"], pricing["output"]),
        parameters=set(rules) & COMMON,
        mode=schema["model_properties"]["mode"],
        efforts=effort and effort["options"],
    )
    formats = rules["response_format"]["options"] if "response_format" in rules else []
    assert ("json_schema" in formats) is ("structured-output" in schema["features"])
    assert bool(formats) is (LLMS[model].mode == "chat")


@pytest.mark.parametrize("model", EMBEDDINGS)
def test_f01_embedding(env: Environment, model: str) -> None:
    schema = schema_of(env, model, "text-embedding")
    properties = schema["model_properties"]
    price = schema["pricing"] and schema["pricing"]["input"]
    found = Embedding(properties["context_size"], properties["max_chunks"], price)
    assert found == EMBEDDINGS[model]
