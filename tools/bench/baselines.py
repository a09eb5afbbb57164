"""Three plugins to be measured against: two from the SDK alone, and this one on httpx's transport.

`stock` uses the SDK's OpenAI-compatible classes as they are, but for the token counter, which would
download a vocabulary. `null` answers with canned chunks: what the SDK and its pipes allow at best.
`httpx` is this plugin with httpx's own connection pool in place of `litellm_proxy/http`.
"""

import shutil
from pathlib import Path

import yaml

from admin.package import packed_files
from harness.litellm_proxy_process import ROOT

_MAIN = """
from dify_plugin import DifyPluginEnv, Plugin

plugin = Plugin(DifyPluginEnv())

if __name__ == "__main__":
    plugin.run()
"""

_PROVIDER = """
from dify_plugin import ModelProvider


class Provider(ModelProvider):
    def validate_provider_credentials(self, credentials):
        pass
"""

_STOCK_LLM = """
from dify_plugin.interfaces.model.openai_compatible.llm import OAICompatLargeLanguageModel


class StockLargeLanguageModel(OAICompatLargeLanguageModel):
    def _get_num_tokens_by_gpt2(self, text):
        return len(text) // 4
"""

_STOCK_EMBEDDING = """
from dify_plugin.interfaces.model.openai_compatible.text_embedding import OAICompatEmbeddingModel


class StockEmbeddingModel(OAICompatEmbeddingModel):
    def _get_num_tokens_by_gpt2(self, text):
        return len(text) // 4
"""

_NULL_LLM = """
import time

from dify_plugin import LargeLanguageModel
from dify_plugin.entities.model import AIModelEntity, FetchFrom, I18nObject, ModelType
from dify_plugin.entities.model.llm import LLMResultChunk, LLMResultChunkDelta
from dify_plugin.entities.model.message import AssistantPromptMessage


class NullLargeLanguageModel(LargeLanguageModel):
    def _invoke(self, model, credentials, prompt_messages, model_parameters, tools=None, stop=None,
                stream=True, user=None):
        def chunks():
            kind, *numbers = model.split("-")
            count = int(numbers[0]) if kind in ("burst", "paced") else 1
            for _ in range(count):
                if kind == "paced":
                    time.sleep(int(numbers[1]) / 1000)
                content = f"@{time.monotonic_ns()} " if kind == "paced" else " word"
                message = AssistantPromptMessage(content=content)
                yield LLMResultChunk(model=model,
                                     delta=LLMResultChunkDelta(index=0, message=message))
        return chunks()

    def get_num_tokens(self, model, credentials, prompt_messages, tools=None):
        return 0

    def validate_credentials(self, model, credentials):
        pass

    def get_customizable_model_schema(self, model, credentials):
        return AIModelEntity(model=model, label=I18nObject(en_us=model), model_type=ModelType.LLM,
                             features=[], fetch_from=FetchFrom.CUSTOMIZABLE_MODEL,
                             model_properties={}, parameter_rules=[])

    @property
    def _invoke_error_mapping(self):
        return {}
"""

_ON_HTTPX = """
import httpx
from litellm_proxy import sender

limits = httpx.Limits(max_connections=None, max_keepalive_connections=512, keepalive_expiry=30)
transport = httpx.HTTPTransport(limits=limits)
sender.pool_for = lambda base_url, tls: transport


"""
_RUN = 'if __name__ == "__main__":'


def write_on_httpx(folder: Path) -> Path:
    """Write this plugin on httpx's transport; return its folder."""
    for name in packed_files():
        target = folder / "httpx" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    main = folder / "httpx" / "main.py"
    main.write_text(main.read_text().replace(_RUN, _ON_HTTPX + _RUN))
    return folder / "httpx"


def write_stock(folder: Path) -> Path:
    """Write the plugin on the SDK's stock classes; return its folder."""
    return _write(folder / "stock", {"llm": _STOCK_LLM, "text_embedding": _STOCK_EMBEDDING})


def write_null(folder: Path) -> Path:
    """Write the plugin with canned chunks; return its folder."""
    return _write(folder / "null", {"llm": _NULL_LLM})


def _write(folder: Path, models: dict[str, str]) -> Path:
    (folder / "provider").mkdir(parents=True)
    shutil.copytree(ROOT / "_assets", folder / "_assets")
    (folder / "main.py").write_text(_MAIN)
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text())
    (folder / "manifest.yaml").write_text(yaml.safe_dump(manifest))
    provider = yaml.safe_load((ROOT / "provider" / "litellm.yaml").read_text())
    provider["supported_model_types"] = [name.replace("_", "-") for name in models]
    provider["extra"]["python"]["model_sources"] = [f"models/{n}/{n}.py" for n in models]
    (folder / "provider" / "litellm.yaml").write_text(yaml.safe_dump(provider, allow_unicode=True))
    (folder / "provider" / "litellm.py").write_text(_PROVIDER)
    for name, source in models.items():
        (folder / "models" / name).mkdir(parents=True)
        (folder / "models" / name / f"{name}.py").write_text(source)
    for package in (folder / "provider", folder / "models", *(folder / "models").iterdir()):
        (package / "__init__.py").touch()
    return folder
