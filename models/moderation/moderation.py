"""Moderation models through the proxy's moderation endpoint."""

from typing import Any

from dify_plugin import ModerationModel

from litellm_proxy.errors import ProxyProtocolError
from litellm_proxy.wire.moderations import ModerationRequest
from models.base import ProxyModel
from models.call_log import logged
from models.calls_in_flight import limited
from translation.facts.schema import moderation_schema
from translation.validation.form_problem import MODERATION


class LiteLLMModerationModel(ProxyModel, ModerationModel):
    """Models that flag harmful text."""

    _kind = MODERATION
    _probe_path = "/v1/moderations"
    _schema = staticmethod(moderation_schema)

    @limited
    @logged
    def _invoke(
        self,
        model: str,
        credentials: dict[str, Any],
        text: str,
        user: str | None = None,
    ) -> bool:
        """Return whether the text was flagged; raise ProxyProtocolError without results."""
        if not text.strip():
            return False
        settings = self._calling_settings(model, credentials)
        request = ModerationRequest(
            settings.model, text, self._options(settings, credentials, user)
        )
        answer = self._ask(settings, request, self._client(settings).moderate)
        if not answer.results:
            message = "a moderation without a judgement came back"
            raise ProxyProtocolError(message)
        return any(judgement.flagged for judgement in answer.results)
