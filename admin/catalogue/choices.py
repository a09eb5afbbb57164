"""Parse and validate `catalog.yaml`: models, names and order of a catalogue."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
)

from admin.command_error import CommandError


class ChoicesError(CommandError):
    """An invalid choice; the text names the field and the allowed values."""


class Wildcards(StrEnum):
    """How to handle names that the proxy lists only because of a wildcard."""

    LEAVE_OUT = "leave-out"
    EXPAND = "expand"


class Order(StrEnum):
    """The order of the models in Dify."""

    NAME = "name"
    PROVIDER = "provider"


class ModelKind(StrEnum):
    """Dify's model types, as its files name them."""

    LLM = "llm"
    TEXT_EMBEDDING = "text-embedding"
    RERANK = "rerank"
    SPEECH2TEXT = "speech2text"
    TTS = "tts"
    MODERATION = "moderation"


def _words(value: object) -> object:
    """Split a comma-separated string, as on command lines, into a list."""
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else value


MODES = (
    "chat", "completion", "responses", "embedding", "rerank", "audio_transcription", "audio_speech",
    "moderation", "image_generation", "image_edit",
)  # fmt: skip
"""LiteLLM's modes that Dify has a model type for."""


def _known(modes: tuple[str, ...]) -> tuple[str, ...]:
    for mode in modes:
        if mode not in MODES:
            message = f'"{mode}" is none of {", ".join(MODES)}'
            raise ValueError(message)
    return modes


type Names = Annotated[tuple[str, ...], BeforeValidator(_words)]


class Choices(BaseModel):
    """Which models a catalogue lists. Patterns are shell patterns: `*`, `?` and `[ab]`.

    Names are the proxy's. `modes` are LiteLLM's modes (chat, embedding, …), blank for all. `kinds`
    sets the kind of models without a mode on the proxy; the default is LLM, and `modes` then
    selects by kind. `aliases` are the names in Dify. `order` is a rule, or the names that come
    first. Models after the first `limit` are left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str = ""
    include: Names = ("*",)
    exclude: Names = ()
    modes: Annotated[Names, AfterValidator(_known)] = ()
    kinds: dict[str, ModelKind] = Field(default_factory=dict)
    wildcards: Wildcards = Wildcards.LEAVE_OUT
    aliases: dict[str, Annotated[str, Field(min_length=1)]] = Field(default_factory=dict)
    order: Order | tuple[str, ...] = Order.NAME
    limit: PositiveInt = 500


def read_choices(file: Path | None, **over: Any) -> Choices:
    """Return the choices of a file and the command line, which overrides the file.

    Raises ChoicesError, which names the field.
    """
    chosen = read_mapping(file) if file else {}
    chosen |= {name: value for name, value in over.items() if value}
    return validated(Choices, chosen, str(file or "The command line"))


def read_mapping(file: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file; raise ChoicesError if there is none."""
    try:
        chosen = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError, UnicodeError) as error:
        message = f"{file} cannot be read: {_reason(error)}."
        raise ChoicesError(message) from None
    if not isinstance(chosen, dict):
        message = f"{file} must be a mapping such as `include: [gpt-*]`."
        raise ChoicesError(message)
    return chosen


def validated[M: BaseModel](model: type[M], values: dict[str, Any], source: str) -> M:
    """Return the values as a model; raise ChoicesError, which names `source` and the field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"][:2])
        what = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            what = f"there is no such option; there are {', '.join(model.model_fields)}"
        message = f"{source}: {where}: {what}."
        raise ChoicesError(message) from None


def _reason(error: Exception) -> str:
    match error:
        case OSError():
            return error.strerror or "it cannot be opened"
        case yaml.MarkedYAMLError() if error.problem_mark:
            place = f"line {error.problem_mark.line + 1}: {error.problem}"
            return f"{place} (a pattern that begins with * needs quotes)"
        case _:
            return "it is not YAML in UTF-8"
