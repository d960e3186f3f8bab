"""Zalo's Official Account OpenAPI as plain calls, its refusals as typed errors. No token is ever told.

Source: the platform's documentation (docs/zalo.md names what could not be verified). HTTP 200 carries refusals too, as `error`.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import httpx

from bot.fetching import fetched

SECONDS = 15.0
MOST_BUTTONS = 5
_CS, _TEMPLATE = "/v3.0/oa/message/cs", "/v3.0/oa/message/template"
_ABOUT, _QUOTA = "/v2.0/oa/getoa", "/v3.0/oa/quota/message"
_TOKEN_CODES = {-216, -220}


class OaError(Exception):
    """The platform said no, or nothing. `code` is its own (0: none came); the text never holds a token."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code}: {words}" if code else words)
        self.code, self.words = code, words


class AuthError(OaError):
    """No token that the platform accepts: a person has to connect the account anew."""


class RateLimited(OaError):
    """-32: more than 4,000 calls in this minute."""


class WindowShut(OaError):
    """-230, -232: the person wrote more than seven days ago, or never."""


class NotFollower(OaError):
    """-213, -227: the person does not follow the account, or is not there any more."""


class OptedOut(OaError):
    """-244: the person wants nothing more of this kind."""


class QuotaUsedUp(OaError):
    """-211, -321: the account's messages, or the money for them, are used up. No time is named."""


class NoAnswer(OaError):
    """Nothing came back for what had been handed over: perhaps sent."""


class Passing(OaError):
    """The network, 5xx, or no JSON: worth another try."""


class BadCall(OaError):
    """Whatever else was refused: the same call will never succeed."""


_KINDS: Mapping[int, type[OaError]] = {
    -32: RateLimited,
    -211: QuotaUsedUp,
    -213: NotFollower,
    -216: AuthError,
    -220: AuthError,
    -227: NotFollower,
    -230: WindowShut,
    -232: WindowShut,
    -244: OptedOut,
    -321: QuotaUsedUp,
    429: RateLimited,
}


class Keys(Protocol):
    """What opens the account: bot.zalo_oa.tokens.Tokens."""

    async def access(self) -> str:
        """A valid access token. Raises AuthError, Passing."""
        ...

    async def refused(self, token: str) -> None:
        """The platform says that this one is over."""
        ...


class OaClient:
    """One account. Connections open at the first call; `close` ends them. `told_at`: the platform's clock at its last answer."""

    def __init__(
        self, tokens: Keys, base_url: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        # At INFO httpx logs every address: a picture's would be readable for ten minutes.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._tokens, self._base = tokens, base_url.rstrip("/")
        self._http = httpx.AsyncClient(timeout=SECONDS, transport=transport)
        self.told_at: datetime | None = None

    async def close(self) -> None:
        await self._http.aclose()

    async def send_text(self, user_id: str, text: str, buttons: Sequence[tuple[str, str]] = ()) -> str:
        """The id of the new message. `text`: 1–2000 characters; `buttons`: at most five (title, payload that comes back)."""
        message: dict[str, Any] = {"text": text}
        if buttons:
            shown = [{"title": title, "type": "oa.query.show", "payload": data} for title, data in buttons]
            message["attachment"] = {"type": "template", "payload": {"buttons": shown}}
        return await self._send(user_id, message)

    async def send_picture(self, user_id: str, url: str, text: str) -> str:
        """The platform fetches `url` itself: jpg or png, at most 1 MB."""
        shown = {"template_type": "media", "elements": [{"media_type": "image", "url": url}]}
        return await self._send(user_id, {"text": text, "attachment": {"type": "template", "payload": shown}})

    async def send_template(self, user_id: str, template_id: str, data: Mapping[str, str]) -> str:
        """A template that Zalo has approved (ZBS), filled with `data`: billed, at any time after the person wrote."""
        body = {"user_id": user_id, "template_id": template_id, "template_data": dict(data)}
        return _message_id(await self.call("POST", _TEMPLATE, body))

    async def about(self) -> Mapping[str, Any]:
        """`oa_id`, `name`, `package_name` … of the account."""
        return _object(await self.call("GET", _ABOUT))

    async def quota(self) -> Mapping[str, Any]:
        """`total` and `remain`: consultation messages of the account's plan, all its grants together. Empty when it told none."""
        asked = {"quota_owner": "OA", "product_type": "cs", "quota_type": "sub_quota"}
        told = await self.call("POST", _QUOTA, asked)
        grants = [one for one in (told if isinstance(told, list) else [told]) if isinstance(one, dict)]
        return {
            name: sum(number_of(one[name]) for one in grants)
            for name in ("total", "remain")
            if any(name in one for one in grants)
        }

    async def fetch(self, url: str) -> bytes | None:
        """The file at an address that an event named: see bot.fetching. Raises ConnectionError when another try may help."""
        return await fetched(self._http, url, self._base)

    async def call(self, verb: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The `data` of one call. A token that is over is refreshed once: what was refused has done nothing. Raises an OaError."""
        token = await self._tokens.access()
        try:
            return await self._call(verb, path, body, token)
        except OaError as error:
            if error.code not in _TOKEN_CODES:
                raise
            await self._tokens.refused(token)
            fresh = await self._tokens.access()
            if fresh == token:
                raise
        return await self._call(verb, path, body, fresh)

    async def _send(self, user_id: str, message: Mapping[str, Any]) -> str:
        body = {"recipient": {"user_id": user_id}, "message": message}
        return _message_id(await self.call("POST", _CS, body))

    async def _call(self, verb: str, path: str, body: Mapping[str, Any] | None, token: str) -> Any:
        answer = await answered(self._http, verb, self._base + path, {"access_token": token}, json=body)
        self.told_at = _date(answer.headers.get("date"))
        told = _json(answer)
        if told is None or answer.status_code >= 500 or not told.keys() & {"error", "data"}:
            raise Passing(answer.status_code, "no answer that can be understood")
        code = number_of(told.get("error")) or (0 if answer.is_success else answer.status_code)
        if code or told.get("error") not in (None, 0, "0", ""):
            words = str(told.get("message") or "no reason given").replace(token, "…")
            raise _KINDS.get(code, BadCall)(code, words[:200])
        return told.get("data")


async def answered(
    http: httpx.AsyncClient, verb: str, url: str, headers: Mapping[str, str], **content: Any
) -> httpx.Response:
    """The answer, whatever it says. Raises Passing when nothing was handed over, NoAnswer when nobody can know."""
    try:
        return await http.request(verb, url, headers=dict(headers), **content)
    # Told with itself, an address or a header may name what nobody should read: only the kind of the error goes on.
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL) as error:
        raise Passing(0, type(error).__name__) from None
    except httpx.HTTPError as error:
        raise NoAnswer(0, type(error).__name__) from None


def _json(answer: httpx.Response) -> Mapping[str, Any] | None:
    try:
        told = answer.json()
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _message_id(data: Any) -> str:
    return str(_object(data).get("message_id") or _object(data).get("msg_id") or "")


def _object(data: Any) -> Mapping[str, Any]:
    return data if isinstance(data, dict) else {}


def number_of(told: Any) -> int:
    """A number that may be told as text; 0 for what is none."""
    try:
        return int(told)
    except (TypeError, ValueError, OverflowError):
        return 0


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
