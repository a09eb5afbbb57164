"""A proxy with two hundred models of all modes, in the shape of LiteLLM's config."""

import json
from collections.abc import Iterator
from typing import Any

FORMS = {
    "chat": ("openai/chat-{n}", 110),
    "completion": ("text-completion-openai/completion-{n}", 10),
    "embedding": ("openai/embedding-{n}", 25),
    "rerank": ("cohere/rerank-{n}", 15),
    "audio_transcription": ("openai/whisper-{n}", 15),
    "audio_speech": ("openai/tts-{n}", 15),
    "moderation": ("openai/moderation-{n}", 10),
}
ODD_NAMES = (
    "team/chat:latest", "UPPER", "upper", "модель-日本", "a b", "..", "-dash", "_position",
    "con", "x" * 255, "yes", "1.5", "emoji-😀", "a/b", "a-b",
)  # fmt: skip
TOO_LONG = "y" * 256


def names() -> Iterator[tuple[str, str]]:
    """Yield mode and public name of two hundred models."""
    for mode, (_, count) in FORMS.items():
        for n in range(count):
            odd = mode == "chat" and n < len(ODD_NAMES)
            yield mode, ODD_NAMES[n] if odd else f"{mode}-{n:03}"


def config(upstream: str, prices: dict[str, float] | None = None, without: str = "") -> str:
    """Return the config; `prices` (USD per token of input) of names, `without` leaves one out."""
    rows = [
        _row(mode, name, n, upstream, (prices or {}).get(name, 0.000001))
        for n, (mode, name) in enumerate(names())
        if name != without
    ]
    rows += [
        _row("chat", TOO_LONG, 998, upstream, 0.000001),
        _row("video_generation", "painter", 999, upstream, 0.000001),
        _row("", "of-unknown-mode", 1000, upstream, 0.0),
        {"model_name": "many/*", "litellm_params": _params("openai/*", upstream)},
    ]
    return json.dumps(
        {"model_list": rows, "litellm_settings": {"telemetry": False}}, ensure_ascii=False
    )


def _row(mode: str, name: str, n: int, upstream: str, price: float) -> dict[str, Any]:
    form = FORMS.get(mode, ("openai/other-{n}", 0))[0]
    info: dict[str, Any] = {"mode": mode or None}
    if price:
        info |= {"input_cost_per_token": price, "output_cost_per_token": 2 * price}
    if mode == "chat":
        info |= {
            "max_input_tokens": 8000 + n, "max_output_tokens": 1000,
            "supports_function_calling": n % 2 == 0, "supports_vision": n % 3 == 0,
        }  # fmt: skip
    if mode == "embedding":
        info |= {"max_input_tokens": 512, "output_vector_size": 3}
    params = _params(form.format(n=n), upstream)
    return {"model_name": name, "litellm_params": params, "model_info": info}


def _params(model: str, upstream: str) -> dict[str, str]:
    base = upstream if model.startswith("cohere/") else f"{upstream}/v1"
    return {"model": model, "api_base": base, "api_key": "upstream-key"}
