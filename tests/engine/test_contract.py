"""Dify's own classes on the plugin's form, and the judge that holds them against every frame.

Every line that the plugin writes in the tests of tests/stdio and tests/engine is judged when its
process ends (tests/support/environment.py).
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from admin.package import packed
from harness.litellm_proxy_process import ROOT
from tools.dify_engine.engine import filled, problems_of
from translation.form.settings import parse_settings

MODEL_TYPES = ("llm", "text-embedding", "rerank", "speech2text", "tts", "moderation")
URL = {"base_url": "http://litellm:4000"}

type Frames = list[dict[str, Any]]


def chunk(content: str | None, **delta: Any) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": content,
        "name": None,
        "tool_calls": [],
    }
    whole = {"index": 0, "message": message, "usage": None, "finish_reason": None, **delta}
    return {"type": "stream", "data": {"model": "m", "prompt_messages": [], "delta": whole}}


USAGE = {
    "prompt_tokens": 1, "prompt_unit_price": "0", "prompt_price_unit": "0", "prompt_price": "0",
    "completion_tokens": 1, "completion_unit_price": "0", "completion_price_unit": "0",
    "completion_price": "0", "total_tokens": 2, "total_price": "0", "currency": "USD",
    "latency": 0.1,
}  # fmt: skip
LAST = chunk("", usage=USAGE, finish_reason="stop")
END = {"type": "end", "data": {}}


def failed(kind: str, message: str = "It failed.") -> dict[str, Any]:
    return {"type": "error", "data": {"error_type": kind, "message": message, "args": {}}}


def schema(**fields: Any) -> dict[str, Any]:
    label = {"en_US": "m"}
    rule: dict[str, Any] = {
        "name": "temperature", "use_template": None, "label": label, "type": "float", "help": None,
        "required": False, "default": None, "min": 0, "max": 2, "precision": 1, "options": [],
    }  # fmt: skip
    whole = {
        "model": "m", "label": label, "model_type": "llm", "features": ["vision"],
        "fetch_from": "customizable-model", "model_properties": {"context_size": 1},
        "deprecated": False, "parameter_rules": [{**rule, **fields.pop("rule", {})}],
        "pricing": None, **fields,
    }  # fmt: skip
    return {"type": "stream", "data": {"model_schema": whole}}


def answer(**data: Any) -> dict[str, Any]:
    return {"type": "stream", "data": data}


LLM = "invoke_llm"
SCHEMA = "get_ai_model_schemas"
CASES: list[tuple[str, Frames, str]] = [
    (LLM, [chunk("Hello"), LAST, END], ""),
    (LLM, [chunk(None), LAST, END], "content is null"),
    (LLM, [chunk("a"), chunk("b")], "did not end"),
    (LLM, [LAST, END, chunk("late")], "after the end"),
    (LLM, [LAST, LAST, END], "usage came 2 times"),
    (LLM, [chunk("a"), END], "usage came 0 times"),
    (LLM, [END], "usage came 0 times"),
    (LLM, [chunk("a"), failed("InvokeConnectionError"), END], ""),
    (LLM, [chunk("", usage=USAGE), END], "without a finish reason"),
    (LLM, [chunk("", usage={"prompt_tokens": 1}, finish_reason="stop"), END], "prompt_unit_price"),
    (LLM, [chunk("", message={"role": "assistant", "content": 7}), END], "ValidationError"),
    (LLM, [failed("ValueError"), END], "kind ValueError"),
    (LLM, [failed("InvokeError"), END], "kind InvokeError"),
    (LLM, [failed("InvokeServerUnavailableError", ""), END], "without words"),
    (LLM, [{"type": "progress", "data": {}}, END], "does not know"),
    (SCHEMA, [schema(), END], ""),
    (SCHEMA, [schema(model=""), END], "name is too long or empty"),
    (SCHEMA, [schema(model="m" * 256), END], "name is too long or empty"),
    (SCHEMA, [schema(features=["telepathy"]), END], "features"),
    (SCHEMA, [schema(model_properties={"size": 1}), END], "model_properties"),
    (SCHEMA, [schema(rule={"help": {"en_US": "x" * 1024}}), END], "has 1024 characters"),
    (SCHEMA, [schema(rule={"options": ["x" * 256]}), END], "an option is too long"),
    (SCHEMA, [schema(rule={"default": {"a": 1}}), END], "no scalar"),
    (SCHEMA, [schema(rule={"type": "number"}), END], "parameter_rules"),
    (
        "invoke_rerank",
        [answer(model="m", docs=[{"index": "first", "text": "a", "score": 1}]), END],
        "index",
    ),
    (
        "invoke_text_embedding",
        [answer(model="m", embeddings=[["a"]], usage=USAGE), END],
        "embeddings",
    ),
    ("invoke_tts", [answer(result="no hex"), END], "ValueError"),
    ("get_tts_model_voices", [answer(voices=[]), END], "no voice"),
    ("invoke_speech2text", [answer(result=None), END], "no str"),
    ("invoke_moderation", [answer(result="no"), END], "no bool"),
    ("get_text_embedding_num_tokens", [answer(num_tokens=["1"]), END], "int_type"),
    ("validate_model_credentials", [answer(result="ok"), END], "no bool"),
]


@pytest.fixture(scope="module")
def found() -> dict[int, list[str]]:
    """What the judge finds in each case, all judged at once."""
    lines = [
        json.dumps({"event": "session", "session_id": str(number), "data": each}).encode() + b"\n"
        for number, (_, frames, _) in enumerate(CASES)
        for each in frames
    ]
    problems: dict[int, list[str]] = {number: [] for number in range(len(CASES))}
    actions = {str(number): action for number, (action, _, _) in enumerate(CASES)}
    for session, problem in problems_of(lines, actions):
        problems[int(session or -1)].append(problem)
    return problems


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_judge_names_what_dify_would_not_take(number: int, found: dict[int, list[str]]) -> None:
    problem = CASES[number][2]
    assert len(found[number]) >= 1 if problem else not found[number]
    assert problem in " ".join(found[number])


def test_the_judge_measures_lines() -> None:
    line = json.dumps({"event": "log", "data": "x" * 5 * 1024 * 1024}).encode() + b"\n"
    assert problems_of([line], {}) == [(None, f"a line of {len(line)} bytes")]


def test_the_judge_misses_no_session() -> None:
    line = json.dumps({"event": "session", "session_id": "x", "data": END}).encode() + b"\n"
    assert problems_of([line], {}) == [("x", "an answer that nobody asked for")]


def test_a_form_with_the_url_alone_is_enough() -> None:
    answers = filled([(model_type, URL) for model_type in MODEL_TYPES], ROOT)
    assert len(answers) == len(MODEL_TYPES)
    for each in answers:
        assert each["kept"]["base_url"] == URL["base_url"]
        assert parse_settings("m", each["kept"]) == parse_settings("m", URL)


def test_what_is_required_is_missed() -> None:
    answers = filled([("llm", {}), ("llm", {"base_url": ""})], ROOT)
    assert answers == [{"refused": "Variable base_url is required"}] * 2


def test_hidden_and_unknown_fields_are_dropped() -> None:
    values = {**URL, "timeout": "30", "voices": "alloy", "unknown": "x"}
    automatic, custom, speech = filled(
        [
            ("llm", values),
            ("llm", {**values, "settings": "custom"}),
            ("tts", {**values, "settings": "custom"}),
        ],
        ROOT,
    )
    assert not {"timeout", "voices", "unknown"} & automatic["kept"].keys()
    assert custom["kept"]["timeout"] == "30"
    assert "voices" not in custom["kept"]
    assert speech["kept"]["voices"] == "alloy"


@pytest.mark.slow
def test_every_option_of_every_field_passes_dify_and_the_plugin() -> None:
    form = yaml.safe_load((ROOT / "provider" / "litellm.yaml").read_text())
    fields = form["model_credential_schema"]["credential_form_schemas"]
    cases = [
        (model_type, {**URL, "settings": "custom", field["variable"]: option["value"]})
        for model_type in MODEL_TYPES
        for field in fields
        for option in field.get("options", ())
    ]
    assert len(cases) > 100
    for (_, values), each in zip(cases, filled(cases, ROOT), strict=True):
        assert "kept" in each, (values, each)
        parse_settings("m", each["kept"])


def test_an_option_that_does_not_exist_is_refused() -> None:
    (refused,) = filled([("llm", {**URL, "vision": "maybe"})], ROOT)
    assert "not in options" in refused["refused"]


def test_the_engine_reads_the_unpacked_package(tmp_path: Path) -> None:
    for name, content in packed().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (kept,) = filled([("llm", URL)], tmp_path)
    assert kept["kept"]["base_url"] == URL["base_url"]
