"""Virtual keys of every kind, yielded by LiteLLM's own `custom_auth` hook.

LiteLLM loads this file by its config; what a key may do is then enforced by LiteLLM's own checks.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import litellm
from fastapi import Request
from litellm.proxy import proxy_server
from litellm.proxy._types import LitellmUserRoles, ProxyException, UserAPIKeyAuth

KEYS: dict[str, dict[str, Any]] = {
    "sk-restricted": {"models": ["gpt-4", "embedder"]},
    "sk-no-models": {"models": ["no-default-models"]},
    "sk-chat-routes": {"allowed_routes": ["/v1/chat/completions", "/chat/completions"]},
    "sk-llm-routes": {"allowed_routes": ["llm_api_routes"]},
    "sk-expired": {"expires": datetime.now(UTC) - timedelta(days=1)},
    "sk-three": {"models": ["described", "known-o3", "known-gpt-4o"]},
    "sk-group": {"models": ["beta-models"]},
    "sk-team": {"team_id": "team-1", "team_models": ["team-chat"], "models": ["team-chat"]},
    "sk-enforces-user": {},
    "sk-tenant-one": {},
    "sk-tenant-two": {},
    "sk-slow": {"rpm_limit": 1},
    "sk-slow-chat": {"rpm_limit": 1},
}


async def user_api_key_auth(request: Request, api_key: str) -> UserAPIKeyAuth:
    """Return what the key may do; an unknown key is refused as LiteLLM refuses one."""
    # LiteLLM replaces this dictionary when it reads its config.
    proxy_server.general_settings["enforce_user_param"] = api_key == "sk-enforces-user"
    if api_key == os.environ["MASTER_KEY"]:
        return UserAPIKeyAuth(api_key=api_key, user_role=LitellmUserRoles.PROXY_ADMIN)
    if request.url.path.startswith("/health/"):
        # Older versions ask here too.
        return UserAPIKeyAuth(api_key=None)
    if api_key == "sk-blocked":
        raise ProxyException(
            message="Key is blocked. Update via `/key/unblock` if you're admin.",
            type="auth_error", param="key", code=401,
        )  # fmt: skip
    if api_key == "sk-over-budget":
        # The check of a key's own budget is the one that LiteLLM leaves to the key's database row;
        # the facts of a group are told even so.
        if request.url.path == "/model_group/info":
            return UserAPIKeyAuth(api_key=api_key, user_role=LitellmUserRoles.INTERNAL_USER)
        raise litellm.BudgetExceededError(current_cost=2.0, max_budget=1.0)
    if api_key not in KEYS:
        raise ProxyException(
            message=f"Authentication Error, Invalid proxy server token passed. Received API Key = "
            f"{api_key}, Key Hash (Token) ={'0a' * 32}. Unable to find token in cache or "
            "`LiteLLM_VerificationTokenTable`",
            type="token_not_found_in_db", param="key", code=401,
        )  # fmt: skip
    return UserAPIKeyAuth(
        api_key=api_key,
        token=f"hash-of-{api_key}",
        user_id="tester",
        user_role=LitellmUserRoles.INTERNAL_USER,
        **KEYS[api_key],
    )
