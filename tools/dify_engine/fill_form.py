"""Validate the plugin's form as Dify's API does.

Run in the engine's own environment. Reads one JSON object per line from stdin: `plugin` (its
folder), `model_type` and `values`. Writes one per line: the values that Dify keeps and sends to the
plugin, `{"kept": {…}}`, or the reason for a rejection, `{"refused": "…"}`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from graphon.dsl.slim.config import SlimConfig, SlimLocalSettings, SlimProviderBinding
from graphon.dsl.slim.package_loader import SlimPackageLoader
from graphon.model_runtime.entities.model_entities import ModelType
from graphon.model_runtime.schema_validators.model_credential_schema_validator import (
    ModelCredentialSchemaValidator,
)


def main() -> None:
    """Validate one form per line."""
    for line in sys.stdin:
        print(json.dumps(fill(**json.loads(line)), ensure_ascii=False), flush=True)


def fill(plugin: str, model_type: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the values that Dify keeps, or its rejection."""
    binding = SlimProviderBinding("any/any:1.0.0", plugin_root=Path(plugin))
    loader = SlimPackageLoader(SlimConfig([binding], SlimLocalSettings(Path(plugin))))
    schema = loader.load(binding).provider_entity.model_credential_schema
    validator = ModelCredentialSchemaValidator(ModelType(model_type), schema)
    try:
        return {"kept": validator.validate_and_filter(values)}
    except (ValueError, TypeError) as error:
        return {"refused": str(error)}


if __name__ == "__main__":
    main()
