"""`POST /v1/images/generations` and `POST /v1/images/edits`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from litellm_proxy.wire.error_body import ResponseWithError
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Json, Lenient, Parts, WireModel
from litellm_proxy.wire.request import FormFile, Request

EDITS = "/v1/images/edits"
GENERATIONS = "/v1/images/generations"
_FORMAT = "output_format"
_PLACE = "response_format"


@dataclass(frozen=True, slots=True)
class InputImage:
    """An image to edit: bytes, MIME type and file name."""

    content: bytes = field(repr=False)
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class ImageRequest(ProxyRequest):
    """A request to generate one image, or to edit `images`.

    `parameters` are set by the app. A PNG can exceed the maximum size of a response, so JPEG is
    requested if the app sets no format; if that is rejected, a URL.
    """

    model: str
    prompt: str
    images: Sequence[InputImage] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    options: RequestOptions = NO_OPTIONS

    def request(self) -> Request:
        """Return the request: a multipart form if there are images."""
        added = self._added()
        own: dict[str, Json] = {
            "model": self.model, "prompt": self.prompt, **added, **self.parameters,
            "n": "1" if self.images else 1,
        }  # fmt: skip
        name = "image" if len(self.images) == 1 else "image[]"
        files: list[FormFile] = [
            (name, (each.name, each.content, each.media_type)) for each in self.images
        ]
        path = EDITS if self.images else GENERATIONS
        return self.options.request(path, own, unsent={"any_format": bool(added)}, files=files)

    def _added(self) -> dict[str, str]:
        """Return the format fields that the plugin adds by itself."""
        asked = self.parameters.keys() | self.options.extra.keys()
        if asked & {_FORMAT, _PLACE}:
            return {}
        # JPEG has no transparency.
        background = self.parameters.get("background") or self.options.extra.get("background")
        return {} if background == "transparent" else {_FORMAT: "jpeg"}


class MadeImage(WireModel):
    """A generated image, as base64 or as a URL."""

    b64_json: Lenient[str] = None
    url: Lenient[str] = None


class ImageUsage(WireModel):
    """Token counts, for models that report them."""

    input_tokens: Lenient[int] = None
    output_tokens: Lenient[int] = None


class ImageAnswer(ResponseWithError):
    """The generated images."""

    data: Lenient[Parts[MadeImage]] = None
    usage: Lenient[ImageUsage] = None
