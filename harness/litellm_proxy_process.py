"""A real LiteLLM proxy as a child process."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from harness.child import free_port, running

ROOT = Path(__file__).parent.parent
PROXY_COMMAND = Path(os.environ.get("LITELLM_COMMAND", ROOT / ".venv-proxy" / "bin" / "litellm"))
"""The proxy of the tests; LITELLM_COMMAND sets another version (`make compat`)."""
READY_SECONDS = 180
_OFFLINE_AND_QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOG": "ERROR",
    "LITELLM_TELEMETRY": "False",
    "DISABLE_ADMIN_UI": "True",
    "NO_DOCS": "True",
}


@contextmanager
def litellm_proxy(
    config: Path,
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    waiting: Callable[[], None] = lambda: None,
    port: int | None = None,
) -> Iterator[str]:
    """Run LiteLLM with a config file, by default on a free port.

    The block starts when the proxy is alive, and gets its base URL.
    """
    port = port or free_port()
    base_url = f"http://127.0.0.1:{port}"
    command = [str(PROXY_COMMAND), "--config", str(config), "--host", "127.0.0.1"]
    with running(
        [*command, "--port", str(port), "--num_workers", "1"],
        ready=lambda: _answers(f"{base_url}/health/liveliness"),
        log=log,
        ready_seconds=READY_SECONDS,
        env={**_OFFLINE_AND_QUIET, **(env or {})},
        waiting=waiting,
    ):
        yield base_url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.TransportError:
        return False
