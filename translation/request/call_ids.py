"""Ids of tool calls in requests: a model's own ids are not changed (Gemini keeps its signature there).

Dify makes UUIDs for earlier turns of an agent, but Mistral accepts only nine letters and digits.
The plugin's own ids have that form.
"""

import re

from litellm_proxy.wire.call_ids import strict_call_id

_BY_DIFY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


def sent_call_id(call_id: str) -> str:
    """Return the id to send; a stable replacement for Dify's ids."""
    return strict_call_id(call_id) if not call_id or _BY_DIFY.fullmatch(call_id) else call_id
