"""English labels of the form's fields, for use in messages."""

LABELS = {
    "base_url": "Base URL",
    "api_key": "API Key",
    "mode": "Completion Mode",
    "context_size": "Context Length",
    "max_tokens": "Max Tokens",
    "vision": "Vision",
    "settings": "More Settings",
    "display_name": "Display Name",
    "proxy_model_name": "Model Name on the Proxy",
    "function_calling": "Function Calling",
    "structured_output": "Structured Output",
    "reasoning": "Reasoning",
    "show_reasoning": "Show Reasoning",
    "input_types": "More Input Types",
    "max_chunks": "Texts per Request",
    "dimensions": "Dimensions",
    "long_texts": "Long Texts",
    "score_normalization": "Scores",
    "voices": "Voices",
    "audio_format": "Audio Format",
    "input_price": "Prices",
    "citations": "Citations",
    "prompt_caching": "Prompt Caching",
    "drop_params": "Unsupported Parameters",
    "extra_body": "Extra Fields",
    "keys": "Named Keys for Apps",
    "end_user": "End User",
    "tags": "Tags",
    "timeout": "Timeout (Seconds)",
    "extra_headers": "Extra Headers",
    "ca_certificate": "CA Certificate",
    "tls_verify": "Check TLS Certificate",
}
"""The English labels of `provider/litellm.yaml`, by variable."""
_OF_PARAMETERS = {"key": "Team Key", "session": "Session"}
"""Labels of an app's parameters without a form field of the same name."""


def label_of(variable: str) -> str:
    """Return the label of a form field or an app's parameter."""
    return LABELS.get(variable) or _OF_PARAMETERS.get(variable, variable)
