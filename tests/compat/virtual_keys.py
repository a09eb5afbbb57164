"""Virtual keys of a LiteLLM without a database: they are in its cache, where its own checks find them.

LiteLLM loads this file by its config. It looks a key up in its cache first and in its database then,
but only if it has a database at all, so an empty one stands in.
"""

import asyncio
from pathlib import Path
from runpy import run_path
from typing import Any

from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy import proxy_server
from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth, hash_token

# LiteLLM loads this file by its path, without its folder.
KEYS: dict[str, dict[str, Any]] = run_path(str(Path(__file__).with_name("keys.py")))["KEYS"]


class _Nothing:
    """An empty database: whatever is asked for is not there."""

    def __init__(self) -> None:
        self.spend_log_transactions: list[Any] = []
        self._spend_log_transactions_lock = asyncio.Lock()

    def __getattr__(self, name: str) -> "_Nothing":
        return self if name == "db" else _Nothing()

    async def __call__(self, *_: Any, **__: Any) -> None: ...


async def _keep() -> None:
    """LiteLLM sets its database to none after it has read its config, and its cache forgets."""
    nothing = _Nothing()
    while True:
        proxy_server.prisma_client = nothing
        for key, may in KEYS.items():
            token = hash_token(key)
            proxy_server.user_api_key_cache.set_cache(
                key=token,
                value=UserAPIKeyAuth(
                    token=token, api_key=token, user_id="tester",
                    user_role=LitellmUserRoles.INTERNAL_USER, **may,
                ),
            )  # fmt: skip
        await asyncio.sleep(0.5)


class VirtualKeys(CustomLogger):  # type: ignore[misc]
    """Puts the keys there for as long as LiteLLM runs."""

    def __init__(self) -> None:
        super().__init__()
        self._keeping = asyncio.get_running_loop().create_task(_keep())


virtual_keys = VirtualKeys()
