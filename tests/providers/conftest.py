"""The real proxy in front of the scripted providers, and the plugin process; one for all tests."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.litellm_proxy_process import litellm_proxy
from harness.plugin_process import PluginError, PluginProcess
from harness.upstream import Asked, Reply, Upstream
from tests.support.environment import MASTER_KEY, judged_plugin
from tests.support.providers.all import PROVIDERS

PRICES = {"input_cost_per_token": 0.001, "output_cost_per_token": 0.002}
QUESTION = {"role": "user", "content": "Weather?"}


@dataclass(frozen=True)
class Stage:
    """What a test of a provider needs."""

    upstream: Upstream
    plugin: PluginProcess
    form: dict[str, str]

    def chat(self, name: str, *messages: Any, **fields: Any) -> tuple[str, dict[str, Any]]:
        """Ask through the plugin; return the whole text and the last delta."""
        request = {
            "prompt_messages": list(messages) or [QUESTION], "model_parameters": {}, "tools": None,
            "stop": None, "stream": True, **fields,
        }  # fmt: skip
        chunks = list(self.plugin.call("invoke_llm", name, self.form, **request))
        text = "".join(
            chunk["delta"]["message"]["content"]
            for chunk in chunks
            if isinstance(chunk["delta"]["message"]["content"], str)
        )
        return text, chunks[-1]["delta"]

    def refused(self, name: str, *messages: Any, **fields: Any) -> PluginError:
        with pytest.raises(PluginError) as caught:
            self.chat(name, *messages, **fields)
        return caught.value


class ScriptedProviders(Upstream):
    """Answers as set, unless a provider refuses what it is asked."""

    def reply_to(self, asked: Asked) -> Reply:
        model = asked.body.get("model") if isinstance(asked.body, dict) else None
        provider = next((p for p in PROVIDERS if p.model and p.model == model), None)
        words = provider.refuses(asked.body) if provider and provider.refuses else None
        return provider.error(400, words) if provider and words else super().reply_to(asked)


@contextmanager
def running(
    folder: Path,
    server: str,
    deployments: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    priced: bool = False,
) -> Iterator[tuple[str, PluginProcess]]:
    """Run the real proxy with these deployments, `{url}` being the server's, and the plugin."""
    config = {
        "model_list": [
            {
                "model_name": name,
                "litellm_params": {
                    key: value.format(url=server) if isinstance(value, str) else value
                    for key, value in params.items()
                },
                **({"model_info": PRICES} if priced else {}),
            }
            for name, params in deployments
        ],
        "general_settings": {"master_key": MASTER_KEY},
        # A refusal is tried once; more would only take longer here.
        "router_settings": {"num_retries": 0, "disable_cooldowns": True},
    }
    file = folder / "config.yaml"
    file.write_text(yaml.safe_dump(config))
    with (
        litellm_proxy(file, log=folder / "litellm.log", env={"HF_HUB_OFFLINE": "1"}) as url,
        judged_plugin() as plugin,
    ):
        yield url, plugin


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    deployments = [(provider.name, provider.params) for provider in PROVIDERS]
    with (
        ScriptedProviders() as upstream,
        running(tmp_path_factory.mktemp("providers"), upstream.url, deployments, priced=True) as (
            url,
            plugin,
        ),
    ):
        form = {"base_url": url, "api_key": MASTER_KEY, "settings": "custom", "vision": "yes"}
        yield Stage(upstream, plugin, form)
