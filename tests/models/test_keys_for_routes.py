"""Saving a form with keys that may call few routes, in the bytes of old versions of LiteLLM."""

from contextlib import nullcontext

import pytest
from dify_plugin.config.config import DifyPluginEnv
from dify_plugin.core.plugin_registration import PluginRegistration
from dify_plugin.entities.model import ModelType
from dify_plugin.errors.model import CredentialsValidateFailedError

from harness.upstream import Reply, Upstream, json_reply

REGISTRATION = PluginRegistration(DifyPluginEnv())
REGISTERED = (ModelType.LLM, ModelType.TEXT_EMBEDDING, ModelType.RERANK, ModelType.SPEECH2TEXT, ModelType.TTS,
              ModelType.MODERATION)  # fmt: skip
BARE_500 = Reply([b"Internal Server Error"], status=500, content_type="text/plain; charset=utf-8")
OTHER_ROUTE = json_reply(
    {"error": {"message": "Authentication Error, Virtual key is not allowed to call this route. Only "
               "allowed to call routes: ['/v1/audio/speech']. Tried to call route: /v1/models",
               "type": "auth_error", "param": "None", "code": "401"}}, 401)  # fmt: skip


@pytest.mark.parametrize(("lists", "is_alive", "is_saved"),
    [(OTHER_ROUTE, False, True), (BARE_500, True, True), (BARE_500, False, False)])  # fmt: skip
@pytest.mark.parametrize("kind", list(REGISTERED))
def test_a_key_for_one_route_is_not_blamed_for_a_bare_fault_of_that_route(
    upstream: Upstream, *, kind: ModelType, lists: Reply, is_alive: bool, is_saved: bool
) -> None:
    """1.72.9 to 1.95.1 answer speech without a text so; 1.77.7 any route that a key may not call."""
    upstream.on("m", BARE_500)
    for path in ("/v1/models", "/v1/model/info", "/model/info", "/model_group/info"):
        upstream.on(path, lists)
    upstream.on("/utils/token_counter", lists)
    upstream.on("/health/liveliness", json_reply("I'm alive!") if is_alive else BARE_500)
    model = REGISTRATION.get_model_instance("litellm", kind)
    assert model
    form = {"base_url": upstream.url, "api_key": "sk-speech"}
    with nullcontext() if is_saved else pytest.raises(CredentialsValidateFailedError, match="500"):
        model.validate_credentials("m", form)
