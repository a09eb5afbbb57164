"""Demonstrate kinds without a small real model: a fake upstream behind LiteLLM.

Plugin and proxy are real here too; the responses come from the tests' configurable server, and the
demo prints this.
"""

import io
import wave
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from harness.plugin_process import PluginProcess
from harness.upstream import Reply, Upstream, json_reply

_DOCUMENTS = ["Rome is in Italy.", "Oslo is the capital of Norway.", "Cats sleep a lot."]
_SPOKEN = "The capital of Norway is Oslo."


@contextmanager
def stand_in() -> Iterator[str]:
    """Serve fixed responses for rerank, speech and moderation.

    Yield the base URL with /v1.
    """
    with Upstream() as server:
        scores = [(1, 0.98), (0, 0.11), (2, 0.01)]
        results = [{"index": index, "relevance_score": score} for index, score in scores]
        judged = {"flagged": False, "categories": {}, "category_scores": {}}
        server.on("rerank-demo", json_reply({"id": "1", "results": results, "meta": {}}))
        server.on("/v1/audio/transcriptions", json_reply({"text": _SPOKEN}))
        server.on("tts-demo", Reply([b"\xff\xfb" + bytes(4096)], content_type="audio/mpeg"))
        judgement = {"id": "1", "model": "moderation-demo", "results": [judged]}
        server.on("moderation-demo", json_reply(judgement))
        yield f"{server.url}/v1"


def show(plugin: PluginProcess, form: Mapping[str, str], console: Console) -> None:
    """Call each of these kinds of models once."""

    def call(action: str, model: str, model_type: str, **fields: Any) -> list[dict[str, Any]]:
        answers = plugin.call(action, model, form, model_type=model_type, **fields)
        return list(answers)

    console.print("\n[bold]The other kinds of models[/]  ", end="")
    console.print("[yellow]a stand-in behind LiteLLM answers these, not a model[/]")
    ranked = call(
        "invoke_rerank", "rerank", "rerank",
        query="Which city is Norway's capital?", docs=_DOCUMENTS, score_threshold=0.5, top_n=2,
    )  # fmt: skip
    for document in ranked[0]["docs"]:
        console.print(f"  rerank          {document['score']:.2f}  {document['text']}")
    heard = call("invoke_speech2text", "speech-to-text", "speech2text", file=_silence().hex())
    console.print(f"  speech-to-text  {heard[0]['result']}")
    pieces = call(
        "invoke_tts", "text-to-speech", "tts", content_text=_SPOKEN, voice="", tenant_id="demo"
    )
    audio = sum(len(piece["result"]) // 2 for piece in pieces)
    console.print(f"  text-to-speech  {audio} bytes of {pieces[0]['mime_type']}")
    judged = call("invoke_moderation", "moderation", "moderation", text=_SPOKEN)
    console.print(f"  moderation      flagged: {judged[0]['result']}")


def _silence() -> bytes:
    """Return a second of silence as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(8000)
        audio.writeframes(bytes(16000))
    return file.getvalue()
