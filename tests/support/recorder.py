"""What LiteLLM attributes to each call, by its own callback, written down for the tests.

LiteLLM loads this file by its config. One JSON object a line goes into the file that
RECORDED_CALLS names.
"""

import json
import os
from pathlib import Path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

_FIELDS = ("call_type", "model_group", "end_user", "request_tags", "trace_id", "session_id",
           "response_cost", "cache_hit", "status")  # fmt: skip


class Recorder(CustomLogger):  # type: ignore[misc]
    """Writes down what LiteLLM's spend log would hold."""

    async def async_log_success_event(self, kwargs: Any, *_: object, **__: object) -> None:
        self._record(kwargs)

    async def async_log_failure_event(self, kwargs: Any, *_: object, **__: object) -> None:
        self._record(kwargs)

    def _record(self, kwargs: Any) -> None:
        payload = kwargs.get("standard_logging_object") or {}
        metadata = payload.get("metadata") or {}
        row = {name: payload.get(name) for name in _FIELDS}
        row["end_user"] = row["end_user"] or metadata.get("user_api_key_end_user_id")
        row["key"] = metadata.get("user_api_key_hash")
        row["requester_metadata"] = metadata.get("requester_metadata")
        with Path(os.environ["RECORDED_CALLS"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, default=str) + "\n")


recorder = Recorder()
