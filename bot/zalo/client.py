"""The Zalo Bot Platform's methods as plain calls, its refusals as typed errors. The token is in the address: it is never told.

Source: the platform's documentation (docs/zalo.md names what could not be verified). HTTP 200 may carry `ok: false`.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from bot.fetching import fetched

SECONDS = 15.0


class ZaloError(Exception):
    """The platform said no, or nothing. `code` is its own (0: none came); the text never holds the token."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code}: {words}" if code else words)
        self.code = code


class AuthError(ZaloError):
    """401: the token is not accepted (any more)."""


class QuotaError(ZaloError):
    """429: the plan's messages are used up. No time is named: asking again soon is useless."""


class NoAnswer(ZaloError):
    """408, or nothing within the time: of getUpdates "nothing new", of a message "perhaps sent"."""


class Passing(ZaloError):
    """The network, 5xx, or no JSON: worth another try."""


class Forbidden(ZaloError):
    """403: nothing may be sent there."""


class BadCall(ZaloError):
    """400, 404 and whatever else was not understood: the same call will never succeed."""


class ZaloClient:
    """One bot. Connections open at the first call; `close` ends them. `behind_seconds`: the platform's clock minus ours."""

    def __init__(self, token: str, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # At INFO httpx logs every address: the token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._token, self._base = token, base_url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=SECONDS, transport=transport)
        self.told_at: datetime | None = None

    def __repr__(self) -> str:
        return f"ZaloClient({bot_id(self._token)})"

    async def close(self) -> None:
        await self._http.aclose()

    async def get_me(self) -> Mapping[str, Any]:
        return _object(await self.call("getMe"))

    async def next_update(self, seconds: int = 30) -> Mapping[str, Any] | None:
        """One update, or None when none came. The platform forgets it with the answer: at most once."""
        try:
            return _object(await self.call("getUpdates", seconds + 10.0, timeout=str(seconds))) or None
        except NoAnswer:
            return None

    async def set_webhook(self, url: str, secret: str) -> None:
        await self.call("setWebhook", url=url, secret_token=secret)

    async def delete_webhook(self) -> None:
        await self.call("deleteWebhook")

    async def webhook_url(self) -> str:
        """Where the platform pushes to; "" when nowhere."""
        return str(_object(await self.call("getWebhookInfo")).get("url") or "")

    async def send_message(self, chat_id: str, text: str) -> str:
        """The id of the new message. `text`: 1–2000 characters, plain."""
        return _message_id(await self.call("sendMessage", chat_id=chat_id, text=text))

    async def send_photo(self, chat_id: str, url: str, caption: str = "") -> str:
        """The platform fetches `url` itself."""
        words = {"caption": caption} if caption else {}
        return _message_id(await self.call("sendPhoto", chat_id=chat_id, photo=url, **words))

    async def call(self, method: str, seconds: float = SECONDS, /, **asked: Any) -> Any:
        """The `result` of one method. Raises a ZaloError."""
        address = f"{self._base}/bot{self._token}/{method}"
        try:
            answer = await self._http.post(address, json=asked, timeout=seconds)
        except httpx.TimeoutException:
            raise NoAnswer(408, "no answer in time") from None
        # An address that cannot be built is told with itself: only the kind of the error goes on.
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Passing(0, type(error).__name__) from None
        self.told_at = _date(answer.headers.get("date"))
        return self._result(answer)

    async def fetch(self, url: str) -> bytes | None:
        """The file at an address that the platform gave; None when it is gone for good, or larger than 20 MB.

        Raises ConnectionError when another try may help.
        """
        return await fetched(self._http, url, self._base)

    def _result(self, answer: httpx.Response) -> Any:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if isinstance(body, dict) and body.get("ok") is True and answer.is_success:
            return body.get("result")
        told = body if isinstance(body, dict) else {}
        code = told.get("error_code")
        number = code if isinstance(code, int) and code else answer.status_code
        words = str(told.get("description") or "no reason given").replace(self._token, "…")
        raise _error(number, words[:200], known=isinstance(body, dict))


def bot_id(token: str) -> str:
    """The public half of a token, which stands before the colon."""
    return token.partition(":")[0] if ":" in token else "zalo"


def _error(code: int, words: str, known: bool) -> ZaloError:
    match code:
        case 401:
            return AuthError(code, words)
        case 403:
            return Forbidden(code, words)
        case 408:
            return NoAnswer(code, words)
        case 429:
            return QuotaError(code, words)
    if code >= 500 or not known:
        return Passing(code, words)
    return BadCall(code, words)


def _message_id(result: Any) -> str:
    return str(_object(result).get("message_id") or "")


def _object(result: Any) -> Mapping[str, Any]:
    return result if isinstance(result, dict) else {}


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
