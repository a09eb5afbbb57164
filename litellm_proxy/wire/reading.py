"""How foreign JSON is read: unknown keys are ignored, and optional parts may be garbage."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class WireModel(BaseModel):
    """A part of an answer: frozen, and unknown keys are ignored (proxies add keys freely)."""

    # Built at first use: a process that only embeds never needs the chat models.
    model_config = ConfigDict(
        frozen=True, extra="ignore", protected_namespaces=(), defer_build=True
    )


class _NoneOnError:
    """A value of the wrong type reads as None instead of failing the whole answer."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


type Lenient[T] = Annotated[T | None, _NoneOnError()]
"""For what an answer can do without: `field: Lenient[int] = None` reads "abc" as None."""

type Json = Any
"""A decoded JSON value that is passed on as it is."""
