"""Find parts of a plugin's output that Dify would reject.

Run in the engine's environment. Reads from stdin one JSON object, the action of every session, then
the unchanged lines of the plugin. Writes a JSON list per line, session and problem, for each broken
rule. The rules are those of Dify's classes (graphon.model_runtime.entities) and of its plugin
daemon (dify-plugin-daemon, its entities/model_entities and PLUGIN_RUNTIME_MAX_BUFFER_SIZE).
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from graphon.dsl.slim.config import SlimConfig, SlimLocalSettings, SlimProviderBinding
from graphon.dsl.slim.package_loader import SlimPackageLoader
from graphon.model_runtime.entities.llm_entities import LLMUsage
from graphon.model_runtime.entities.message_entities import AssistantPromptMessage
from graphon.model_runtime.entities.model_entities import AIModelEntity
from graphon.model_runtime.entities.rerank_entities import RerankResult
from graphon.model_runtime.entities.text_embedding_entities import (
    EmbeddingResult,
    FileEmbeddingResult,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

MAX_LINE_BYTES = 5 * 1024 * 1024
MAX_TEXT = 1023
MAX_MODEL = 255
MAX_OPTION = 255
MAX_FEATURES = 256
MAX_RULES = 128
ERRORS = {
    "InvokeRateLimitError",
    "InvokeAuthorizationError",
    "InvokeBadRequestError",
    "InvokeConnectionError",
    "InvokeServerUnavailableError",
    "CredentialsValidateFailedError",
}

type Problems = Iterator[str]
type Found = Iterator[tuple[str | None, str]]
"""Session and problem."""
type Answer = dict[str, Any]


def main() -> None:
    """Check all lines."""
    lines = sys.stdin.buffer
    actions: dict[str, str] = json.loads(next(lines))
    for found in judge(lines, actions):
        print(json.dumps(found))


def judge(lines: Iterable[bytes], actions: Mapping[str, str]) -> Found:
    """Yield problems of lines and of the ends of sessions."""
    usages: dict[str, int] = defaultdict(int)
    ended: set[str] = set()
    failed: set[str] = set()
    for line in lines:
        if len(line) > MAX_LINE_BYTES:
            yield None, f"a line of {len(line)} bytes"
        frame = json.loads(line)
        session = frame.get("session_id")
        if frame.get("event") != "session":
            continue
        if session not in actions:
            yield session, "an answer that nobody asked for"
            continue
        if session in ended:
            yield session, "something came after the end"
        for problem in _problems(actions[session], frame["data"]):
            yield session, problem
        if frame["data"]["type"] == "end":
            ended.add(session)
        if frame["data"]["type"] == "error":
            failed.add(session)
        if frame["data"]["type"] == "stream" and actions[session] == "invoke_llm":
            usages[session] += frame["data"]["data"]["delta"]["usage"] is not None
    for session in actions.keys() - ended:
        yield session, "it did not end"
    for session in ended - failed:
        if actions[session] == "invoke_llm" and usages[session] != 1:
            yield session, f"usage came {usages[session]} times"


def _problems(action: str, data: Mapping[str, Any]) -> Problems:
    match data:
        case {"type": "stream", "data": dict(answer)}:
            try:
                yield from _CHECKS[action](answer)
            except (ValidationError, ValueError, KeyError, TypeError) as error:
                yield f"{type(error).__name__}: {error}"
        case {"type": "error", "data": {"error_type": str(kind), "message": str(message)}}:
            if kind not in ERRORS:
                yield f"an error of the kind {kind}: {message}"
            if not message:
                yield "an error without words"
        case {"type": "end"}:
            pass
        case _:
            yield f"a frame that Dify does not know: {str(data)[:200]}"


def _chunk(answer: Answer) -> Problems:
    delta = answer["delta"]
    if delta["message"]["content"] is None:
        yield "content is null, which ends the stream in Dify's daemon"
    AssistantPromptMessage.model_validate(delta["message"])
    if delta["usage"] is not None:
        LLMUsage.model_validate(delta["usage"])
        if not delta["finish_reason"]:
            yield "usage without a finish reason"
    if not answer["model"]:
        yield "no model"


def _schema(answer: Answer) -> Problems:
    raw = answer["model_schema"]
    settings = SlimConfig([SlimProviderBinding("any/any:1.0.0")], SlimLocalSettings(Path()))
    entity = SlimPackageLoader(settings).convert_model_entity(raw)
    if entity is None:
        yield "Dify's engine reads no model from it"
        return
    # Validate the raw entity too: the engine's reader above drops unknown values.
    AIModelEntity.model_validate(raw)
    if raw["features"] and len(entity.features or ()) != len(raw["features"]):
        yield "a feature that Dify does not know"
    if len(entity.model_properties) != len(raw["model_properties"]):
        yield "a property that Dify does not know"
    if not 0 < len(raw["model"]) <= MAX_MODEL:
        yield "the model's name is too long or empty"
    if len(raw["features"] or ()) > MAX_FEATURES or len(raw["parameter_rules"]) > MAX_RULES:
        yield "too many features or rules"
    yield from _texts(raw["label"], "label")
    for rule in raw["parameter_rules"]:
        yield from _rule(rule)


def _rule(rule: Answer) -> Problems:
    name = rule["name"]
    yield from _texts(rule["label"], f"{name}: label")
    if rule["help"]:
        yield from _texts(rule["help"], f"{name}: help")
    if any(len(option) > MAX_OPTION for option in rule["options"]):
        yield f"{name}: an option is too long"
    if not isinstance(rule["default"], str | int | float | bool | None):
        yield f"{name}: its default is no scalar"


def _texts(texts: Mapping[str, str | None], where: str) -> Problems:
    for language, text in texts.items():
        if not 0 < len(text or "") <= MAX_TEXT:
            yield f"{where}: its {language} text has {len(text or '')} characters"


def _as(shape: type[BaseModel]) -> Callable[[Answer], Problems]:
    def check(answer: Answer) -> Problems:
        shape.model_validate(answer)
        yield from ()

    return check


def _result(shape: type) -> Callable[[Answer], Problems]:
    def check(answer: Answer) -> Problems:
        if not isinstance(answer["result"], shape):
            yield f"its result is no {shape.__name__}"

    return check


def _audio(answer: Answer) -> Problems:
    if not bytes.fromhex(answer["result"]):
        yield "a piece of audio without sound"


def _voices(answer: Answer) -> Problems:
    if not answer["voices"]:
        yield "no voice"
    TypeAdapter(list[dict[str, str]]).validate_python(answer["voices"])


def _counts(answer: Answer) -> Problems:
    TypeAdapter(int | list[int]).validate_python(answer["num_tokens"], strict=True)
    yield from ()


_CHECKS: Mapping[str, Callable[[Answer], Problems]] = {
    "invoke_llm": _chunk,
    "get_ai_model_schemas": _schema,
    "get_llm_num_tokens": _counts,
    "get_text_embedding_num_tokens": _counts,
    "invoke_text_embedding": _as(EmbeddingResult),
    "invoke_multimodal_embedding": _as(FileEmbeddingResult),
    "invoke_multimodal_rerank": _as(RerankResult),
    "invoke_rerank": _as(RerankResult),
    "invoke_tts": _audio,
    "get_tts_model_voices": _voices,
    "invoke_speech2text": _result(str),
    "invoke_moderation": _result(bool),
    "validate_model_credentials": _result(bool),
    "validate_provider_credentials": _result(bool),
}


if __name__ == "__main__":
    main()
