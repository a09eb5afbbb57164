"""Moderation models through the proxy's moderation endpoint."""

from typing import Any

from dify_plugin import ModerationModel
from dify_plugin.entities.model import AIModelEntity

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.moderations import ModerationRequest
from models.base import ProxyModel
from translation.facts import ModelFacts
from translation.schema import moderation_schema
from translation.settings import Settings, parse_settings
from translation.validation import MODERATION


class LiteLLMModerationModel(ProxyModel, ModerationModel):
    """Models that say whether a text is harmful."""

    _kind = MODERATION
    _probe_path = "/v1/moderations"

    def _invoke(
        self,
        model: str,
        credentials: dict[str, Any],
        text: str,
        user: str | None = None,
    ) -> bool:
        """Return whether the text was flagged; an answer without a judgement is an error."""
        if not text.strip():
            return False
        settings = parse_settings(model, credentials)
        request = ModerationRequest(settings.model, text, self._options(settings, user))
        answer = self._client(settings).moderate(request)
        if not answer.results:
            message = "a moderation without a judgement came back"
            raise ProxyProtocolError(message)
        return any(judgement.flagged for judgement in answer.results)

    def _schema(self, model: str, settings: Settings, facts: ModelFacts) -> AIModelEntity:
        return moderation_schema(model, settings, facts)
