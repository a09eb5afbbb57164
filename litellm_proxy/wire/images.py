"""`POST /v1/images/generations` and `POST /v1/images/edits`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from litellm_proxy.wire.concessions import Concession
from litellm_proxy.wire.error_body import FallibleAnswer
from litellm_proxy.wire.options import NO_OPTIONS, ProxyRequest, RequestOptions
from litellm_proxy.wire.reading import Lenient, Parts, WireModel

EDITS = "/v1/images/edits"
GENERATIONS = "/v1/images/generations"
_FORMAT = "output_format"
_PLACE = "response_format"


@dataclass(frozen=True, slots=True)
class InputImage:
    """An image that is to be changed: its bytes, its MIME type and a file name for it."""

    content: bytes = field(repr=False)
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class ImageRequest(ProxyRequest):
    """One image to be made, out of `images` if there are any; `parameters` are what the app set.

    A PNG can be larger than an answer may be, so that JPEG is asked for where the app leaves it open;
    where that is refused, a URL.
    """

    model: str
    prompt: str
    images: Sequence[InputImage] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    options: RequestOptions = NO_OPTIONS

    @property
    def path(self) -> str:
        """Return the endpoint."""
        return EDITS if self.images else GENERATIONS

    def to_json(self) -> bytes:
        """Return the body of a request without images."""
        return self.options.to_json(**self._fields(), n=1)

    @property
    def fields(self) -> dict[str, str]:
        """Return the form fields beside the images."""
        return self.options.to_form(**self._fields(), n="1")

    @property
    def files(self) -> list[tuple[str, tuple[str, bytes, str]]]:
        """Return the images as parts of a form."""
        name = "image" if len(self.images) == 1 else "image[]"
        return [(name, (each.name, each.content, each.media_type)) for each in self.images]

    def open_concessions(self) -> Iterator[Concession]:
        """Yield what could still be given up of this request."""
        added = self._added()
        if _FORMAT in added:
            yield Concession.IMAGE_URL
        elif added:
            yield Concession.ANY_IMAGE
        yield from self.options.open_concessions()

    def _fields(self) -> dict[str, str]:
        return {"model": self.model, "prompt": self.prompt, **self._added(), **self.parameters}

    def _added(self) -> dict[str, str]:
        """Return what nobody asked for by name."""
        asked = self.parameters.keys() | self.options.extra.keys()
        conceded = self.options.concessions
        if Concession.ANY_IMAGE in conceded or asked & {_FORMAT, _PLACE}:
            return {}
        if Concession.IMAGE_URL in conceded:
            return {_PLACE: "url"}
        # JPEG knows no transparency.
        background = self.parameters.get("background") or self.options.extra.get("background")
        return {} if background == "transparent" else {_FORMAT: "jpeg"}


class MadeImage(WireModel):
    """An image as base64 or at a URL."""

    b64_json: Lenient[str] = None
    url: Lenient[str] = None


class ImageUsage(WireModel):
    """Token counts, of models that count tokens."""

    input_tokens: Lenient[int] = None
    output_tokens: Lenient[int] = None


class ImageAnswer(FallibleAnswer):
    """The images that were made."""

    data: Lenient[Parts[MadeImage]] = None
    usage: Lenient[ImageUsage] = None
