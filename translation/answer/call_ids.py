"""Ids for tool calls without an id, or with a duplicate id."""

from uuid import uuid4

from litellm_proxy.wire.call_ids import LENGTH


def new_call_id() -> str:
    """Return a unique id that every provider accepts."""
    return uuid4().hex[:LENGTH]
