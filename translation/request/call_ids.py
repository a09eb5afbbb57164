"""Ids of tool calls: those that a model made stay byte for byte (Gemini keeps its signature there).

Those that Dify makes for earlier questions of an agent are UUIDs, and Mistral takes nine letters and
digits only. Ids of our own are such from the start.
"""

import re

from litellm_proxy.wire.call_ids import strict_call_id

_BY_DIFY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


def sent_call_id(call_id: str) -> str:
    """Return the id that goes out: another one, the same each time, for one that Dify made."""
    return strict_call_id(call_id) if not call_id or _BY_DIFY.fullmatch(call_id) else call_id
