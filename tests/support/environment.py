"""The whole path: plugin process → real LiteLLM proxy → scenario-driven upstream."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.litellm_proxy_process import ROOT, litellm_proxy
from harness.plugin_process import PluginProcess
from harness.serverless_plugin import ServerlessPlugin
from harness.upstream import Reply, Upstream
from tools.dify_engine.engine import problems_of

MASTER_KEY = "sk-test-7d1f0c6b9e2a4835"
INSTALL_METHOD = "TESTED_INSTALL_METHOD"
"""Set to serverless, this environment variable has the plugin run as in Dify's cloud."""
HAS_LOG = os.environ.get(INSTALL_METHOD) != "serverless"
"""Whether log lines come beside the answers, as Dify's daemon reads them."""
ENDED_SECONDS = 10
RECORDED_SECONDS = 15
CONFIG = ROOT / "tests" / "support" / "proxy_config.yaml"


@dataclass(frozen=True)
class Environment:
    """What a test of the whole path needs."""

    upstream: Upstream
    proxy_url: str
    plugin: PluginProcess
    calls: Path
    """Where LiteLLM's own callback writes what it attributes to each call."""
    key: str = MASTER_KEY

    @property
    def credentials(self) -> dict[str, str]:
        return {"base_url": self.proxy_url, "api_key": self.key}

    def scenario(self, name: str, *replies: Reply) -> str:
        """Let the upstream answer so; return the model name that reaches it through the proxy."""
        self.upstream.on(name, *replies)
        return f"scenario/{name}"

    def chat(self, model: str, text: str = "Hello", **fields: Any) -> list[dict[str, Any]]:
        """Ask through the plugin; return the deltas that Dify receives."""
        request: dict[str, Any] = {
            "prompt_messages": [{"role": "user", "content": text}],
            "model_parameters": {},
            "tools": None,
            "stop": None,
            "stream": True,
            **fields,
        }
        credentials = request.pop("credentials", self.credentials)
        chunks = self.plugin.call("invoke_llm", model, credentials, **request)
        return [chunk["delta"] for chunk in chunks]

    def attributed(self, **wanted: Any) -> dict[str, Any]:
        """Wait until LiteLLM has written down a call with these figures, and return the last."""
        deadline = time.monotonic() + RECORDED_SECONDS
        while time.monotonic() < deadline:
            lines = self.calls.read_text().splitlines(keepends=True) if self.calls.exists() else []
            rows = [json.loads(line) for line in lines if line.endswith("\n")]
            found = [row for row in rows if all(row[k] == v for k, v in wanted.items())]
            if found:
                row: dict[str, Any] = found[-1]
                return row
            time.sleep(0.05)
        message = f"LiteLLM recorded no call with {wanted}"
        raise AssertionError(message)


@contextmanager
def judged_plugin(env: Mapping[str, str] | None = None) -> Iterator[PluginProcess]:
    """Run the plugin; at the end, every line that it wrote has to pass Dify's own classes."""
    with PluginProcess(ROOT, env=env) if HAS_LOG else ServerlessPlugin(ROOT, env=env) as plugin:
        yield plugin
        # A test that takes one answer leaves before the end of its request.
        plugin.wait_for_ends(ENDED_SECONDS)
    problems = problems_of(plugin.lines, plugin.actions)
    found = [(plugin.actions.get(session or ""), problem) for session, problem in problems]
    assert not found, found


@contextmanager
def environment(
    folder: Path, upstream: Upstream | None = None, config: Path = CONFIG
) -> Iterator[Environment]:
    with ExitStack() as stack:
        upstream = stack.enter_context(upstream or Upstream())
        proxy_url = stack.enter_context(
            litellm_proxy(
                config,
                log=folder / "litellm.log",
                env={
                    "UPSTREAM_V1": f"{upstream.url}/v1",
                    "MASTER_KEY": MASTER_KEY,
                    "RECORDED_CALLS": str(folder / "calls.jsonl"),
                },
            )
        )
        plugin = stack.enter_context(judged_plugin())
        yield Environment(upstream, proxy_url, plugin, folder / "calls.jsonl")
