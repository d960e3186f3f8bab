"""Style, script and pictures, served by ourselves: read once, pressed once, kept for ever by the browser (names carry a hash)."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

_MIMES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page as it is sent: plain, and gzipped for the many that understand it."""

    mime: str
    plain: bytes
    pressed: bytes
    version: str


@cache
def assets() -> dict[str, Asset]:
    """Every asset by its file name."""
    folder = resources.files("bot.web") / "assets"
    return {
        file.name: _asset(file.name, file.read_bytes())
        for file in folder.iterdir()
        if file.name.rsplit(".", 1)[-1] in _MIMES
    }


def url_of(name: str) -> str:
    """The address of an asset; it changes whenever the file does."""
    return f"/assets/{assets()[name].version}/{name}"


def answer(request: Request, name: str) -> Response:
    """The asset, or 404."""
    asset = assets().get(name)
    if asset is None:
        return Response(status_code=404)
    headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.pressed, media_type=asset.mime, headers={**headers, "content-encoding": "gzip"})
    return Response(asset.plain, media_type=asset.mime, headers=headers)


def _asset(name: str, plain: bytes) -> Asset:
    mime = _MIMES[name.rsplit(".", 1)[-1]]
    return Asset(mime, plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:12])
