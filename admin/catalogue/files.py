"""Create the package files of a catalogue; pure, and equal for equal catalogues."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import yaml
from dify_plugin.entities.model import AIModelEntity, FetchFrom

from admin.catalogue.choices import Choices, ModelKind
from admin.catalogue.selection import CatalogueModel
from translation.facts import schema
from translation.facts.model_view import ModelView
from translation.form.settings import parse_settings
from translation.validation.stored_facts import to_stored

CATALOGUE = "provider/catalog.json"
FORM = "provider/litellm.yaml"
MANIFEST = "manifest.yaml"
PROVIDER_FIELDS = (
    "base_url", "api_key", "settings", "drop_params", "extra_body", "keys", "end_user", "tags", "timeout",
    "extra_headers", "ca_certificate", "tls_verify",
)  # fmt: skip
"""Fields of the model's form that are shared by all models of a proxy."""
_STAMP = 8
"""Hexadecimal digits of a hash in catalogue versions and in file names."""
_MAX_FILE_NAME = 80
_NOT_IN_A_FILE_NAME = re.compile(r"[^a-z0-9._-]+")

type SchemaMaker = Callable[[str, ModelView], AIModelEntity]
SCHEMAS: Mapping[ModelKind, SchemaMaker] = {
    ModelKind.LLM: schema.llm_schema,
    ModelKind.TEXT_EMBEDDING: schema.text_embedding_schema,
    ModelKind.RERANK: schema.rerank_schema,
    ModelKind.SPEECH2TEXT: schema.speech2text_schema,
    ModelKind.TTS: schema.tts_schema,
    ModelKind.MODERATION: schema.moderation_schema,
}


def folder_of(kind: ModelKind) -> str:
    """Return the folder of the model files of a kind."""
    return f"models/{kind.value.replace('-', '_')}"


def entity_of(model: CatalogueModel, base_url: str) -> dict[str, Any]:
    """Return the content of a model file for Dify."""
    settings = parse_settings(model.name, {"base_url": base_url})
    # The provider's form has the field for keys, and calls choose among those keys.
    settings = replace(settings, keys=(("", ""),))
    entity = SCHEMAS[model.kind](model.name, ModelView(settings, model.facts))
    listed = entity.model_copy(
        update={"fetch_from": FetchFrom.PREDEFINED_MODEL, "deprecated": model.deprecated}
    )
    return listed.model_dump(mode="json", by_alias=True, exclude_none=True)


def catalogue_files(
    plain: Mapping[str, bytes], models: tuple[CatalogueModel, ...], choices: Choices
) -> tuple[dict[str, bytes], str]:
    """Return the package's files by name, and the stamp of the catalogue (digits)."""
    added: dict[str, bytes] = {FORM: _provider(plain[FORM], choices.base_url, models)}
    for kind in {model.kind for model in models}:
        names = [model.name for model in models if model.kind is kind]
        added[f"{folder_of(kind)}/_position.yaml"] = _yaml(names)
    for model in models:
        name = f"{folder_of(model.kind)}/{file_name(model.name)}"
        added[name] = _yaml(entity_of(model, choices.base_url))
    added[CATALOGUE] = _catalogue(models, choices)
    files = {**plain, **added}
    digest = sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + content + b"\0")
    # Version suffix: `-` and 16 word characters for Dify's daemon, only digits for the SDK (PEP 440).
    stamp = str(int(digest.hexdigest()[:_STAMP], 16))
    manifest = _manifest(plain[MANIFEST], stamp)
    return {**files, MANIFEST: manifest}, stamp


def file_name(model: str) -> str:
    """Return a unique file name that is valid on every file system."""
    plain = _NOT_IN_A_FILE_NAME.sub("-", model.lower()).strip("-._")[:_MAX_FILE_NAME]
    return f"{plain or 'model'}-{sha256(model.encode()).hexdigest()[:_STAMP]}.yaml"


def _manifest(plain: bytes, stamp: str) -> bytes:
    """Add the stamp to the manifest's version, so that Dify can upgrade."""
    manifest = yaml.safe_load(plain)
    manifest["version"] = f"{manifest['version']}-{stamp}"
    return _yaml(manifest)


def _provider(plain: bytes, base_url: str, models: tuple[CatalogueModel, ...]) -> bytes:
    provider = yaml.safe_load(plain)
    fields = {
        field["variable"]: field
        for field in provider["model_credential_schema"]["credential_form_schemas"]
    }
    shared = [_for_all_types(fields[variable]) for variable in PROVIDER_FIELDS]
    # Dify accepts a default only in optional fields.
    shared[0] |= {"default": base_url, "required": False}
    provider["configurate_methods"] = ["predefined-model", "customizable-model"]
    provider["provider_credential_schema"] = {"credential_form_schemas": shared}
    provider["models"] = {
        folder_of(kind).partition("/")[2]: {
            "position": f"{folder_of(kind)}/_position.yaml",
            "predefined": [f"{folder_of(kind)}/*.yaml"],
        }
        for kind in ModelKind
        if any(model.kind is kind for model in models)
    }
    return _yaml(provider)


def _for_all_types(field: Mapping[str, Any]) -> dict[str, Any]:
    """Remove the conditions on the model type, for the provider's form."""
    conditions = [each for each in field.get("show_on", ()) if each["variable"] != "__model_type"]
    return {**field, "show_on": conditions} if "show_on" in field else dict(field)


def _catalogue(models: tuple[CatalogueModel, ...], choices: Choices) -> bytes:
    """Return the data for run time, and the choices for later comparisons."""
    catalogue = {
        "choices": choices.model_dump(mode="json"),
        "names": {
            model.name: model.proxy_name for model in models if model.name != model.proxy_name
        },
        "facts": {f"{model.kind.value}/{model.name}": to_stored(model.facts) for model in models},
    }
    return json.dumps(catalogue, indent=1, ensure_ascii=False, sort_keys=True).encode()


def _yaml(value: object) -> bytes:
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=1000)
    return text.encode()
