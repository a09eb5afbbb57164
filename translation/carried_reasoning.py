"""Carry reasoning in the id of a tool call, to Dify and back with the tool's result.

Dify returns only the id, name and arguments of a tool call, and models cannot use Dify's plugin
storage. So the reasoning travels in the id, as LiteLLM sends Gemini's signature (litellm 1.106,
`__thought__` in litellm_core_utils/prompt_templates). Dify's API returns the ids of agent nodes,
and its callers may not be allowed to see reasoning: it is sealed with a key derived from the
proxy's API key. Reasoning that was sealed with another key is dropped.
"""

import hmac
import json
import re
import secrets
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256, shake_256

from dify_plugin.entities.model.message import (
    AssistantPromptMessage,
    PromptMessage,
    ToolPromptMessage,
)

from litellm_proxy.limits import MAX_CARRIED, MAX_CARRIED_IN_ALL
from litellm_proxy.wire.reading import Json, Lenient, WireModel
from translation.reasoning import Reasoning

_MAX_UNPACKED = 1024 * 1024
_MARK = "__reasoning__"
_SEALED = re.compile(r"[\w-]{44,}={0,2}", re.ASCII)
"""At least 32 bytes in base64. A model's own id may contain the mark."""
_NONCE = 16
_TAG = 16


class _Carried(WireModel):
    blocks: Lenient[list[dict[str, Json]]] = None
    text: Lenient[str] = None
    items: Lenient[list[dict[str, Json]]] = None


@dataclass(frozen=True, slots=True)
class RestoredConversation:
    """A conversation with original call ids, and reasoning by call id.

    `room`: how many characters later calls of the conversation may carry.
    """

    messages: Sequence[PromptMessage]
    reasoning: dict[str, Reasoning]
    room: int


def id_with_reasoning(
    call_id: str, reasoning: Reasoning, secret: str, room: int = MAX_CARRIED
) -> str:
    """Return the id with sealed reasoning.

    It is unchanged if the reasoning is empty or too long.
    """
    if not reasoning:
        return call_id
    # Providers do not need the text if signed blocks or items are sent back.
    carried = replace(reasoning, text="") if reasoning.blocks or reasoning.items else reasoning
    written = json.dumps(asdict(carried), separators=(",", ":")).encode()
    if len(written) > _MAX_UNPACKED:
        return call_id
    sealed = urlsafe_b64encode(_sealed(zlib.compress(written), secret)).decode()
    return f"{call_id}{_MARK}{sealed}" if len(sealed) <= min(room, MAX_CARRIED) else call_id


def restore_call_ids(messages: Sequence[PromptMessage], secret: str = "") -> RestoredConversation:
    """Restore the original call ids and unseal the reasoning.

    Invalid reasoning is dropped.
    """
    reasoning: dict[str, Reasoning] = {}
    carried = 0
    plain: list[PromptMessage] = []
    for message in messages:
        match message:
            case AssistantPromptMessage(tool_calls=[*calls]) if any(_MARK in c.id for c in calls):
                own_calls = []
                for call in calls:
                    own, sealed = _parts(call.id)
                    carried += len(sealed)
                    own_calls.append(call.model_copy(update={"id": own}))
                    if opened := _opened(sealed, secret):
                        reasoning[own] = opened
                plain.append(message.model_copy(update={"tool_calls": own_calls}))
            case ToolPromptMessage(tool_call_id=call_id) if _MARK in call_id:
                plain.append(message.model_copy(update={"tool_call_id": _parts(call_id)[0]}))
            case _:
                plain.append(message)
    return RestoredConversation(plain, reasoning, max(0, MAX_CARRIED_IN_ALL - carried))


def _parts(call_id: str) -> tuple[str, str]:
    """Return the model's own call id, and sealed reasoning or ""."""
    own, _, sealed = call_id.rpartition(_MARK)
    return (own, sealed) if own and _SEALED.fullmatch(sealed) else (call_id, "")


def _sealed(content: bytes, secret: str) -> bytes:
    """Encrypt, then authenticate.

    Returns nonce, tag, and content XOR a key stream of SHAKE-256.
    """
    nonce = secrets.token_bytes(_NONCE)
    hidden = _with_key_stream(content, secret, nonce)
    return nonce + _tag(nonce + hidden, secret) + hidden


def _opened(sealed: str, secret: str) -> Reasoning:
    """Unseal reasoning; it is empty if damaged or of another key."""
    try:
        whole = urlsafe_b64decode(sealed)
        nonce, tag, hidden = whole[:_NONCE], whole[_NONCE : _NONCE + _TAG], whole[_NONCE + _TAG :]
        if not hmac.compare_digest(tag, _tag(nonce + hidden, secret)):
            return Reasoning()
        content = _with_key_stream(hidden, secret, nonce)
        written = zlib.decompressobj().decompress(content, _MAX_UNPACKED)
        carried = _Carried.model_validate_json(written)
    except (ValueError, zlib.error):
        return Reasoning()
    return Reasoning(carried.blocks or (), carried.text or "", carried.items or ())


def _with_key_stream(content: bytes, secret: str, nonce: bytes) -> bytes:
    stream = shake_256(_key(secret, "stream") + nonce).digest(len(content))
    mixed = int.from_bytes(content) ^ int.from_bytes(stream)
    return mixed.to_bytes(len(content))


def _tag(content: bytes, secret: str) -> bytes:
    return hmac.digest(_key(secret, "tag"), content, "sha256")[:_TAG]


def _key(secret: str, purpose: str) -> bytes:
    return sha256(f"carried reasoning\0{purpose}\0{secret}".encode()).digest()
