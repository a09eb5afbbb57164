"""Ids for calls that came without one, or with one that tells nothing apart."""

from uuid import uuid4

from litellm_proxy.wire.call_ids import LENGTH


def new_call_id() -> str:
    """Return an id that no other call has, in the form that every provider takes."""
    return uuid4().hex[:LENGTH]
