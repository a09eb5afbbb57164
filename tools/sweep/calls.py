"""Call one model: form, schema, and each option of the schema once."""

import base64
import io
import json
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.plugin_process import PluginError, PluginProcess

USER = "user-1"
MODEL_TYPES = {
    "chat": "llm",
    "completion": "llm",
    "responses": "llm",
    "embedding": "text-embedding",
    "rerank": "rerank",
    "audio_transcription": "speech2text",
    "audio_speech": "tts",
    "moderation": "moderation",
}
"""LiteLLM's mode → Dify's model type."""
SPEECH_FORMATS = ("mp3", "aac", "opus", "wav")
_QUESTION = {"role": "user", "content": "Answer with one word as JSON."}
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
_PDF = base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()
_SCHEMA = '{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}'
_TOOL = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}
_ORDINARY = {
    "temperature": 0.7,
    "top_p": 0.9,
    "presence_penalty": 0.5,
    "frequency_penalty": 0.5,
    "seed": 7,
}
_TEXTS = {"end_user": "user-2", "tags": "team-a, beta", "session": "session-1"}
_NO_DEPLOYMENT = "There are no healthy deployments"
_NEVER_CALLED = frozenset({"extra_body", "json_schema"})


@dataclass(frozen=True)
class SweptModel:
    """A model of LiteLLM's catalogue, by its name on the swept proxy."""

    name: str
    provider: str
    mode: str
    backend: str


@dataclass
class Findings:
    """The rejected calls of a model, each with its error message.

    `learnt` are parameters that are hidden after one rejection; `not_set_up`: LiteLLM has no
    deployment.
    """

    model: SweptModel
    calls: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    learnt: list[tuple[str, str]] = field(default_factory=list)
    not_set_up: str = ""


class ModelSweep:
    """Sweeps one model through the plugin process."""

    def __init__(
        self, plugin: PluginProcess, model: SweptModel, credentials: Mapping[str, str]
    ) -> None:
        self._plugin = plugin
        self._model = model
        self._type = MODEL_TYPES[model.mode]
        self._form = dict(credentials)
        self.findings = Findings(model)

    def run(self) -> Findings:
        """Save the form, read the schema, and call its options; return the rejections."""
        saved = self._ask("saving the form", "validate_model_credentials")
        if saved is None:
            return self.findings
        # Dify stores the form as validation returns it.
        self._form = saved[0]["credentials"]
        answer = self._ask("the schema", "get_ai_model_schemas")
        if answer is None:
            return self.findings
        schema = answer[0]["model_schema"]
        match self._type:
            case "llm":
                self._llm(schema)
            case "text-embedding":
                self._embedding()
            case "rerank":
                self._ask(
                    "fewer documents than results", "invoke_rerank",
                    query="q", docs=["a", "b"], score_threshold=None, top_n=4,
                )  # fmt: skip
            case "speech2text":
                self._ask("a sound file", "invoke_speech2text", file=_silence().hex())
            case "tts":
                self._speech()
            case "moderation":
                self._ask("a text", "invoke_moderation", text="Hello")
        return self.findings

    def _llm(self, schema: Mapping[str, Any]) -> None:
        self._chat("a stream", stream=True)
        if self.findings.refused and _NO_DEPLOYMENT in self.findings.refused[-1][1]:
            self.findings.not_set_up = self.findings.refused.pop()[1]
            return
        self._chat("a whole answer")
        for what, parameters in _parameters(schema["parameter_rules"]):
            self._chat(what, model_parameters=parameters)
        features = schema["features"] or []
        if "tool-call" in features or "multi-tool-call" in features:
            self._chat("tools", tools=[_TOOL], stream=True)
            self._chat("a tool's result", tools=[_TOOL], prompt_messages=_TOOL_TURN)
        if "vision" in features:
            image = {
                "type": "image",
                "format": "png",
                "base64_data": _PNG,
                "mime_type": "image/png",
            }
            self._chat("a picture", prompt_messages=[_with(image)])
        if "document" in features:
            document = {
                "type": "document", "format": "pdf", "base64_data": _PDF,
                "mime_type": "application/pdf", "filename": "a.pdf",
            }  # fmt: skip
            self._chat("a document", prompt_messages=[_with(document)])
        if self.findings.refused:
            self._tell_learnt()

    def _tell_learnt(self) -> None:
        """Move rejected parameters that the schema no longer offers to `learnt`."""
        answer = self._ask("the schema once more", "get_ai_model_schemas")
        rules = answer[0]["model_schema"]["parameter_rules"] if answer else []
        offered = {what for what, _ in _parameters(rules)}
        parameters = _ORDINARY.keys() | {"max_tokens"}
        for row in list(self.findings.refused):
            if row[0] in parameters - offered:
                self.findings.refused.remove(row)
                self.findings.learnt.append(row)

    def _chat(self, what: str, *, stream: bool = False, **fields: Any) -> None:
        request = {
            "prompt_messages": [_QUESTION], "model_parameters": {}, "tools": None, "stop": None,
            "stream": stream, **fields,
        }  # fmt: skip
        self._ask(what, "invoke_llm", **request)

    def _embedding(self) -> None:
        for input_type in ("document", "query"):
            for user in (USER, ""):
                told = "with a user" if user else "without a user"
                self._ask(
                    f"a {input_type} {told}", "invoke_text_embedding",
                    texts=["A text."], input_type=input_type, user_id=user,
                )  # fmt: skip

    def _speech(self) -> None:
        self._speak("speech", self._form)
        for audio_format in SPEECH_FORMATS:
            form = {**self._form, "settings": "custom", "audio_format": audio_format}
            self._speak(f"speech in {audio_format}", form)

    def _speak(self, what: str, form: Mapping[str, str]) -> None:
        self._ask(what, "invoke_tts", form, content_text="Hello", voice="", tenant_id="t")

    def _ask(
        self, what: str, action: str, form: Mapping[str, str] | None = None, **fields: Any
    ) -> list[dict[str, Any]] | None:
        self.findings.calls += 1
        request = {"user_id": USER, **fields}
        try:
            return list(
                self._plugin.call(
                    action, self._model.name, form or self._form, model_type=self._type, **request
                )
            )
        except PluginError as error:
            self.findings.refused.append((what, error.message))
            return None


def _parameters(rules: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each rule's parameter with a typical value, and each option."""
    for rule in rules:
        name = rule["name"]
        if name in _NEVER_CALLED:
            continue
        for value in _values(rule):
            parameters = {name: value}
            if value == "json_schema":
                parameters["json_schema"] = _SCHEMA
            yield f"{name}={value}" if rule["type"] == "string" else name, parameters


def _values(rule: Mapping[str, Any]) -> list[Any]:
    if rule["options"]:
        return list(rule["options"])
    if rule["type"] == "boolean":
        return [True]
    if rule["type"] in {"string", "text"}:
        return [_TEXTS[rule["name"]]] if rule["name"] in _TEXTS else []
    wanted = _ORDINARY.get(rule["name"], 1000)
    low, high = rule["min"], rule["max"]
    value = min(
        max(wanted, low if low is not None else wanted), high if high is not None else wanted
    )
    return [int(value) if rule["type"] == "int" else value]


def _with(part: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "data": "What is it?"}, part]}


_TOOL_TURN = [
    _QUESTION,
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "get_weather", "arguments": json.dumps({"city": "Oslo"})},
            }
        ],
    },
    {"role": "tool", "content": "Sunny", "tool_call_id": "call_1", "name": "get_weather"},
]


def _silence() -> bytes:
    audio = io.BytesIO()
    with wave.open(audio, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0" * 100)
    return audio.getvalue()
