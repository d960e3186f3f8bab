"""HTTP to the Bot API on aiohttp: python-telegram-bot's own request class walks its pool for every call (pool²).

The token is part of every address, so no address, and no exception of the HTTP library, may leave this module in words.
"""

import json
import os
import re
from io import BytesIO
from typing import Any

import aiohttp
from telegram.error import BadRequest, NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

# PTB's documented opt-in: without it every RetryAfter warns that its seconds will become a timedelta.
os.environ.setdefault("PTB_TIMEDELTA", "true")

MEGABYTE = 1024**2
LARGEST_ANSWER = 21 * MEGABYTE
"""Bytes. getFile serves 20 MB at most (core.telegram.org/bots/api#getfile); more is not Telegram speaking."""

LONGEST_EXCHANGE = 300.0
"""Seconds beyond the read timeout: no silence is so long, but a line that takes nothing in would never end."""

_JSON = "application/json"
_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{20,}")


def redact(text: str) -> str:
    """`text` without anything that has the shape of a bot token."""
    return _TOKEN.sub("<token>", text)


class AnswerTooLargeError(NetworkError):
    """The answer is longer than anything the Bot API sends."""


class AiohttpRequest(BaseRequest):
    """`telegram.request.BaseRequest` over one aiohttp session, opened at the first call.

    Raises TimedOut (it may have been done), NetworkError (likewise) or, for what can never be sent, BadRequest.
    Timeouts in seconds: `connect` also waits for a free connection, `read` is the silence between two pieces of an answer.
    """

    def __init__(
        self,
        *,
        connections: int = 64,
        connect: float = 5.0,
        read: float = 10.0,
        upload: float = 60.0,
        proxy: str | None = None,
    ) -> None:
        self._connections, self._proxy = connections, proxy
        self._connect, self._read, self._upload = connect, read, upload
        self._session: aiohttp.ClientSession | None = None
        self.date = ""
        """The platform's own time of its last answer, as it writes it."""

    @property
    def read_timeout(self) -> float | None:
        return self._read

    async def initialize(self) -> None:
        """Open the session; calls do it themselves when needed."""
        self._opened()

    async def shutdown(self) -> None:
        """Close the session and its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """(HTTP status, body). `write_timeout` and `pool_timeout` have no meaning here: `connect` and `read` cover them."""
        uploads = request_data is not None and request_data.contains_files
        default_read = self._upload if uploads else self._read
        read = _given(read_timeout, default_read)
        limits = aiohttp.ClientTimeout(
            total=None if read is None else read + LONGEST_EXCHANGE,
            connect=_given(connect_timeout, self._connect),
            sock_read=read,
        )
        # `from None` everywhere: the exceptions of aiohttp carry the address, and the address carries the token.
        try:
            return await self._exchange(method, url, _body(request_data), limits)
        except TimeoutError:
            raise TimedOut from None
        # InvalidURL is a ValueError too: keep this case before it.
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(f"No answer: {type(error).__name__}") from None
        except ValueError as error:
            raise BadRequest(f"Cannot be sent: {type(error).__name__}") from None
        # PTB would put its repr, and with it the body, into the words of an error of its own.
        except TypeError as error:
            raise NetworkError(f"Cannot be sent: {type(error).__name__}") from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as a dict. Raises NetworkError for anything else, and logs none of it: answers hold people's words."""
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise NetworkError("The answer is no JSON") from None
        if not isinstance(answer, dict) or ("result" not in answer and "description" not in answer):
            raise NetworkError("The answer is none of the Bot API's")
        return answer

    async def _exchange(
        self, method: str, url: str, body: Any, limits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        # Redirects are not followed: whoever redirects the Bot API (a captive portal) must not be told the token.
        async with self._opened().request(
            method, url, data=body, timeout=limits, proxy=self._proxy, allow_redirects=False
        ) as answer:
            self.date = answer.headers.get("Date", "")
            return answer.status, await _read_all(answer)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections)
            self._session = aiohttp.ClientSession(
                connector=connector, headers={"User-Agent": self.USER_AGENT}
            )
        return self._session


def _given(timeout: Any, default: float) -> float | None:
    return default if timeout is BaseRequest.DEFAULT_NONE else timeout


def _body(data: RequestData | None) -> aiohttp.FormData | aiohttp.BytesPayload | None:
    """JSON, or multipart when there are files (core.telegram.org/bots/api#making-requests)."""
    if data is None:
        return None
    if not data.contains_files:
        # Not as a form: to write a keyboard of twenty buttons as JSON and that as a form takes twenty times as long.
        return aiohttp.BytesPayload(
            json.dumps(data.parameters, ensure_ascii=False).encode(), content_type=_JSON
        )
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime) in data.multipart_data.items():
        # BytesIO: aiohttp warns about raw bytes over 1 MB, which it would write in one piece.
        stream = BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=mime)
    return form


async def _read_all(answer: aiohttp.ClientResponse) -> bytes:
    """The body, at most LARGEST_ANSWER bytes of it. Raises AnswerTooLargeError."""
    pieces = bytearray()
    async for piece in answer.content.iter_chunked(65536):
        pieces += piece
        if len(pieces) > LARGEST_ANSWER:
            raise AnswerTooLargeError(f"More than {LARGEST_ANSWER} bytes")
    return bytes(pieces)
