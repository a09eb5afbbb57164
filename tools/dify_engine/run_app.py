"""Runs a Dify app file in Dify's engine; started with the engine's own environment.

Reads one JSON object from stdin: `app` (path of the DSL file), `model` (put into every node in
place of the file's own, or null), `form` (the plugin's credentials) and `inputs` (of the start node
and of `sys`; `image` becomes a file). Writes the engine's events as JSON lines.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml
from graphon.dsl import loads
from graphon.file import File, FileTransferMethod, FileType


def main() -> int:
    """Run one app; return 1 if it failed."""
    told = json.load(sys.stdin)
    app = yaml.safe_load(Path(told["app"]).read_text(encoding="utf-8"))
    if told["model"]:
        for node in app["workflow"]["graph"]["nodes"]:
            if "model" in node["data"]:
                node["data"]["model"]["name"] = told["model"]
    inputs = dict(told["inputs"])
    if image := inputs.pop("image", None):
        inputs["files"] = [_image(image)]
    engine = loads(
        yaml.safe_dump(app, allow_unicode=True),
        credentials={
            "model_credentials": [{"values": told["form"]}],
            "slim": {"mode": "local", "plugin_folder": told["folder"]},
        },
        start_inputs=inputs,
    )
    kind = ""
    for event in engine.run():
        kind = type(event).__name__
        print(json.dumps(_told(kind, event), default=str, ensure_ascii=False), flush=True)
    return 0 if kind == "GraphRunSucceededEvent" else 1


def _image(url: str) -> File:
    return File(
        file_type=FileType.IMAGE,
        transfer_method=FileTransferMethod.REMOTE_URL,
        remote_url=url,
        mime_type="image/png",
        filename="image.png",
        extension=".png",
        size=-1,
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
        row["usage"] = result.llm_usage.model_dump(mode="json") if result.llm_usage else None
    return row


if __name__ == "__main__":
    sys.exit(main())
