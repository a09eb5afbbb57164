"""Run a Dify app file in Dify's engine.

Started in the engine's own environment. Reads one JSON object from stdin: `app` (path of the DSL
file), `model` (replaces the model of every node, or null), `form` (the plugin's credentials) and
`inputs` (of the start node and of `sys`; `image` is the path of a PNG, uploaded as Dify does).
Writes the engine's events as JSON lines.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml
from graphon.dsl import loads, node_factory
from graphon.file import File, FileTransferMethod, FileType
from graphon.file.runtime import use_workflow_file_runtime


class Uploads:
    """Dify's file storage (graphon.file.protocols); files are identified by their paths."""

    multimodal_send_format = "base64"

    def load_file_bytes(self, *, file: File) -> bytes:
        """Return the content of an uploaded file."""
        return Path(str(file.related_id)).read_bytes()

    def resolve_file_url(self, *, file: File, for_external: bool = True) -> str:  # noqa: ARG002
        """Return the URL at which Dify would serve the file."""
        return Path(str(file.related_id)).as_uri()


class SavedFiles:
    """Dify's storage of generated files (graphon.nodes.llm.file_saver); the DSL reader has none."""

    def save_binary_string(
        self,
        data: bytes,
        mime_type: str,
        file_type: FileType,
        extension_override: str | None = None,
    ) -> File:
        """Save a file that is kept after the run, as in Dify."""
        with tempfile.NamedTemporaryFile(suffix=extension_override, delete=False) as saved:
            saved.write(data)
        return _file(saved.name, file_type, mime_type)

    def save_remote_url(self, url: str, file_type: FileType) -> File:
        """Raise RuntimeError: no URL is fetched here."""
        message = f"{file_type} at {url[:100]} is not fetched"
        raise RuntimeError(message)


def main() -> int:
    """Run one app; return 1 if it failed."""
    node_factory._TextOnlyFileSaver = SavedFiles  # noqa: SLF001 - there is no other way in
    told = json.load(sys.stdin)
    app = yaml.safe_load(Path(told["app"]).read_text(encoding="utf-8"))
    if told["model"]:
        for node in app["workflow"]["graph"]["nodes"]:
            if "model" in node["data"]:
                node["data"]["model"]["name"] = told["model"]
    # App files omit it: without the right checksum, Dify would report the package as missing.
    app.setdefault("dependencies", [_dependency(Path(told["folder"]))])
    inputs = dict(told["inputs"])
    if image := inputs.pop("image", None):
        inputs["files"] = [_file(image, FileType.IMAGE, "image/png")]
    kind = ""
    with use_workflow_file_runtime(Uploads()):
        engine = loads(
            yaml.safe_dump(app, allow_unicode=True),
            credentials={
                "model_credentials": [{"values": told["form"]}],
                "slim": {"mode": "local", "plugin_folder": told["folder"]},
            },
            start_inputs=inputs,
        )
        for event in engine.run():
            kind = type(event).__name__
            print(json.dumps(_told(kind, event), default=str, ensure_ascii=False), flush=True)
    return 0 if kind == "GraphRunSucceededEvent" else 1


def _dependency(folder: Path) -> dict[str, Any]:
    """Return the dependency by which the engine finds the plugin.

    It ignores the checksum.
    """
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text(encoding="utf-8"))
    name = f"{manifest['author']}/{manifest['name']}:{manifest['version']}@{'0' * 64}"
    return {"type": "package", "value": {"plugin_unique_identifier": name}}


def _file(path: str, file_type: FileType, mime_type: str) -> File:
    return File(
        file_type=file_type,
        transfer_method=FileTransferMethod.LOCAL_FILE,
        related_id=path,
        mime_type=mime_type,
        filename=Path(path).name,
        extension=Path(path).suffix,
        size=Path(path).stat().st_size,
    )


def _told(kind: str, event: Any) -> dict[str, Any]:
    node_type = getattr(event, "node_type", None)
    result = getattr(event, "node_run_result", None)
    row = {"event": kind, "node": getattr(event, "node_id", None), "type": node_type}
    for name in ("chunk", "outputs", "error"):
        if (value := getattr(event, name, None)) not in (None, ""):
            row[name] = value
    if result is not None:
        row["outputs"] = result.outputs
        row["files"] = [
            {"type": file.type, "mime_type": file.mime_type, "path": file.related_id}
            for file in getattr(result.outputs.get("files"), "value", None) or ()
        ]
        row["usage"] = result.llm_usage.model_dump(mode="json") if result.llm_usage else None
    return row


if __name__ == "__main__":
    sys.exit(main())
