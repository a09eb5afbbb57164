"""Reasoning inside the id of a tool call: to Dify, and back with the result.

Dify keeps of a tool call its id, name and arguments alone (dify-plugin-contract 1.8), and no model may
use its storage of plugins. So the reasoning that has to outlive this process travels in the id, as
LiteLLM sends Gemini's signature (litellm 1.106, `__thought__` in litellm_core_utils/prompt_templates).
"""

import json
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    ToolPromptMessage,
)

from litellm_proxy.wire.reading import Json, Lenient, WireModel
from translation.reasoning import Reasoning

MOST_CHARACTERS = 64 * 1024
"""Every later turn of the conversation sends the id again."""
_MOST_BYTES = 1024 * 1024
_MARK = "__reasoning__"
_PACKED = re.compile(r"eJ[\w-]+=*", re.ASCII)
"""All that zlib packs begins so in base64; a model's own id may hold the mark."""


class _Carried(WireModel):
    blocks: Lenient[list[dict[str, Json]]] = None
    text: Lenient[str] = None
    items: Lenient[list[dict[str, Json]]] = None


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """A conversation whose tool calls have their own ids, and by them the reasoning that came along."""

    messages: Sequence[PromptMessage]
    reasoning: dict[str, Reasoning]


def carrying_id(call_id: str, reasoning: Reasoning) -> str:
    """Return an id with the reasoning in it; none, or too much of it, leaves the id as it is."""
    if not reasoning:
        return call_id
    # Beside what is signed nobody asks for the text.
    carried = replace(reasoning, text="") if reasoning.blocks or reasoning.items else reasoning
    written = json.dumps(asdict(carried), separators=(",", ":")).encode()
    packed = urlsafe_b64encode(zlib.compress(written)).decode()
    fits = len(packed) <= MOST_CHARACTERS and len(written) <= _MOST_BYTES
    return f"{call_id}{_MARK}{packed}" if fits else call_id


def brought_back(messages: Sequence[PromptMessage]) -> BroughtBack:
    """Take the reasoning out of the ids of a conversation; what is damaged is left out."""
    reasoning: dict[str, Reasoning] = {}
    plain = [_plain(message, reasoning) for message in messages]
    return BroughtBack(plain, reasoning)


def _plain(message: PromptMessage, found: dict[str, Reasoning]) -> PromptMessage:
    match message:
        case AssistantPromptMessage(tool_calls=[*calls]) if any(_MARK in c.id for c in calls):
            plain = []
            for call in calls:
                own, packed = _parts(call.id)
                plain.append(call.model_copy(update={"id": own}))
                if reasoning := _unpacked(packed):
                    found[own] = reasoning
            return message.model_copy(update={"tool_calls": plain})
        case ToolPromptMessage(tool_call_id=call_id) if _MARK in call_id:
            return message.model_copy(update={"tool_call_id": _parts(call_id)[0]})
        case _:
            return message


def _parts(call_id: str) -> tuple[str, str]:
    """Return the id that the model gave to a call, and what came along in it, "" for nothing."""
    own, _, packed = call_id.rpartition(_MARK)
    return (own, packed) if own and _PACKED.fullmatch(packed) else (call_id, "")


def _unpacked(packed: str) -> Reasoning:
    """Return what an id brought, empty if it cannot be read."""
    unpacking = zlib.decompressobj()
    try:
        written = unpacking.decompress(urlsafe_b64decode(packed), _MOST_BYTES)
        carried = _Carried.model_validate_json(written)
    except (ValueError, zlib.error):
        return Reasoning()
    return Reasoning(carried.blocks or (), carried.text or "", carried.items or ())
