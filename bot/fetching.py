"""Fetches a file from an address that a platform's update named: an address that anybody may have made up."""

import httpx

LARGEST_FILE = 20 * 1024**2
"""Bytes of a picture that is fetched."""


async def fetched(http: httpx.AsyncClient, url: str, base: str) -> bytes | None:
    """The file; None when it is gone for good, larger than 20 MB, or at an address that is not called.

    `base` is the platform's own address. Raises ConnectionError when another try may help.
    """
    if not _may_fetch(url, base):
        return None
    try:
        async with http.stream("GET", url) as answer:
            if answer.status_code >= 500:
                raise ConnectionError(f"HTTP {answer.status_code}")
            return await _content(answer) if answer.status_code == 200 else None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(type(error).__name__) from None


def _may_fetch(url: str, base: str) -> bool:
    """Only https (or where a double speaks http, that double): what an update names is no order to call any address."""
    return url.startswith("https://") or (base.startswith("http://") and url.startswith(base))


async def _content(answer: httpx.Response) -> bytes | None:
    content = bytearray()
    async for piece in answer.aiter_bytes():
        content += piece
        if len(content) > LARGEST_FILE:
            return None
    return bytes(content)
