"""A Zalo Official Account on loopback that follows docs/zalo.md to the letter and notes every call that breaks a rule.

Events are pushed and signed; HTTP 200 carries refusals; words are free for 48 hours after a person's last message, billed for
seven days, then refused; a person who left is not reached. Its OAuth server is tests/doubles/zalooa_oauth.py.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.doubles import zalobot
from tests.doubles.zalobot import LONGEST_TEXT, Json, Refusal
from tests.doubles.zalooa_oauth import APP_ID, OauthDouble

OA_ID = "579745863508352884"
OA_SECRET = "khoa-ky-cua-oa"
TEMPLATE = "307241"
TEMPLATE_FIELDS = {"ma_phieu": 30, "noi_dung": 100}
"""The approved template's parameters, and how long each may be."""
CS, TEMPLATES, ABOUT, QUOTA = (
    "/v3.0/oa/message/cs",
    "/v3.0/oa/message/template",
    "/v2.0/oa/getoa",
    "/v3.0/oa/quota/message",
)
FREE, BILLED = timedelta(hours=48), timedelta(days=7)
MOST_BUTTONS, LONGEST_TITLE, LONGEST_PAYLOAD = 5, 100, 1000
BAD_CALL, NOT_FOLLOWER, WINDOW_SHUT = -201, -213, -230


@dataclass(slots=True)
class Seen(zalobot.Seen):
    """One message of the account. `buttons`: (title, payload) below it; without them the numbered lines are the choices."""

    buttons: tuple[tuple[str, str], ...] = ()
    template: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        if self.buttons:
            return tuple(title.partition(". ")[2] for title, _ in self.buttons)
        return super(Seen, self).labels


@dataclass(slots=True)
class Person(zalobot.Person):
    """Somebody with Zalo. `heard_at`: when they wrote last, by the platform's clock. `blocked`: they follow no more."""

    double: "ZaloOaDouble"
    inbox: list[Seen] = field(default_factory=list)  # type: ignore[assignment]
    heard_at: datetime | None = None

    def sends(self, kind: str, **content: Any) -> str:
        """A message of any kind; its id."""
        number = f"{self.double.next_number():016x}"
        self.heard_at = self.double.wall()
        self._happens(
            f"user_send_{kind}",
            sender={"id": self.id},
            recipient={"id": OA_ID},
            message={"msg_id": number, **content},
        )
        return number

    async def sends_photo(self, content: bytes, caption: str = "") -> str:
        name = f"p{len(self.double.files)}.jpg"
        self.double.files[name] = content
        url = f"{self.double.base_url}/photos/{name}"
        shown = [{"type": "image", "payload": {"url": url, "thumbnail": url}}]
        return self.sends("image", attachments=shown, **({"text": caption} if caption else {}))

    def follows(self) -> None:
        self.blocked = False
        if self.double.following_counts:
            self.heard_at = self.double.wall()
        self._happens("follow", follower={"id": self.id}, oa_id=OA_ID, source="oa_profile")

    def unfollows(self) -> None:
        self.blocked = True
        self._happens("unfollow", follower={"id": self.id}, oa_id=OA_ID, source="oa_profile")

    async def presses(self, label: str) -> str:
        """Presses the newest button with this label: what it says becomes a message of theirs. Lines are answered by number."""
        for seen in reversed(self.inbox):
            place = self._place(seen, label)
            if place is not None and seen.buttons:
                return await self.says(seen.buttons[place][1])
            if place is not None:
                break
        return await super(Person, self).presses(label)

    def _happens(self, name: str, **event: Any) -> None:
        self.double.known[self.id] = self
        stamp = int(self.double.wall().timestamp() * 1000)
        about = {"app_id": APP_ID, "user_id_by_app": f"9{self.id}", "event_name": name}
        self.double.post({**about, **event, "timestamp": str(stamp)})


class ZaloOaDouble(zalobot.ZaloBotDouble):
    """`async with ZaloOaDouble() as double`: the platform; leaving it fails the test on any broken rule.

    `seed` is the account's first refresh token, `webhook_url` what a person enters at Zalo's page: nothing is pushed before.
    `passes` moves the platform's clock.
    `billed` counts the messages that cost; `shut` names people whose window the platform holds for shut, whatever we reckon.
    `following_counts`: whether following opens the window as a message does (docs/zalo.md: not verified).
    """

    def __init__(self) -> None:
        super().__init__()
        self.oauth = OauthDouble()
        self.seed = ""
        self.billed = 0
        self.shut: set[str] = set()
        self.following_counts = True
        self.mac = True
        self._later = timedelta()

    async def __aenter__(self) -> Self:
        await self.oauth.__aenter__()
        self.seed = self.oauth.consents()
        return await super().__aenter__()

    async def __aexit__(self, kind: object, *error: object) -> None:
        await super().__aexit__(kind, *error)
        await self.oauth.__aexit__(kind, *error)

    def wall(self) -> datetime:
        return datetime.now(UTC) + self._later

    def passes(self, span: timedelta) -> None:
        self._later += span

    def user(self, name: str, **_: object) -> Person:
        return Person(self, f"{self.next_number() + 7_000_000_000_000_000_000}", name)

    async def push(self, update: Mapping[str, Any], signature: str | None = None) -> int:
        """One event to the webhook, signed unless a `signature` is given; the HTTP status."""
        body = json.dumps(update, ensure_ascii=False, indent=1).encode()
        signed = signature_of(body, str(update.get("timestamp", ""))) if signature is None else signature
        self.mac = not self.mac  # both are met
        headers = {"X-ZEvent-Signature": f"mac={signed}" if self.mac else signed}
        async with (
            aiohttp.ClientSession() as client,
            client.post(self.webhook_url, data=body, headers=headers) as answer,
        ):
            return answer.status

    def sent(self, method: str = CS) -> list[Json]:
        return super().sent(method)

    def _as_pushed(self, update: Json) -> Json:
        return update

    def _serves(self, router: web.UrlDispatcher) -> None:
        for path in (CS, TEMPLATES, ABOUT, QUOTA):
            router.add_route("*", path, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        asked: Json = {}
        try:
            asked = await self._asked_of(request)
            body = {"error": 0, "message": "Success", "data": await self._done(request.path, asked)}
        except Refusal as refusal:
            if refusal.code >= 500:
                return web.Response(status=refusal.code, text="<html>")
            body = {"error": refusal.code, "message": str(refusal)}
        finally:
            self.calls.append((request.path, asked))
            self.change()
        return web.json_response(body)

    async def _asked_of(self, request: web.Request) -> Json:
        if request.method != ("GET" if request.path == ABOUT else "POST"):
            self.broken.append(f"{request.method} {request.path}")
        if request.query or "authorization" in request.headers:
            self.broken.append("the token belongs into the header access_token, and nowhere else")
        if waiting := self.refusals.get(request.path):
            raise Refusal(waiting.popleft(), "refused by the weather")
        if code := self.oauth.accepts(request.headers.get("access_token", "")):
            raise Refusal(code, "access token is invalid")
        return {} if request.method == "GET" else json.loads(await request.text() or "{}")

    async def _done(self, path: str, asked: Json) -> Any:
        if path == ABOUT:
            return {"oa_id": OA_ID, "name": "Cửa khẩu Lạng Sơn", "package_name": "Nâng cao"}
        if path == QUOTA:
            return [{"total": 1000, "remain": 1000 - self.billed}]
        return self._template(asked) if path == TEMPLATES else await self._message(asked)

    async def _message(self, asked: Json) -> Json:
        message = asked.get("message") or {}
        if set(asked) != {"recipient", "message"} or set(asked["recipient"]) != {"user_id"}:
            self._breaks(f"fields {sorted(asked)}")
        if not set(message) <= {"text", "attachment"}:
            self._breaks(f"fields of the message {sorted(message)}")
        text = str(message.get("text", ""))
        buttons, picture = await self._attached(message.get("attachment"))
        if len(text) > LONGEST_TEXT or (picture is None and not text.strip()):
            self._breaks(f"a text of {len(text)} characters")
        person = self._follower(str(asked["recipient"]["user_id"]))
        self._checks_window(person)
        return self._delivered(person, Seen(f"o{self.next_number():x}", text, picture, buttons))

    def _template(self, asked: Json) -> Json:
        data = asked.get("template_data") or {}
        if set(asked) != {"user_id", "template_id", "template_data"} or asked["template_id"] != TEMPLATE:
            self._breaks(f"template {sorted(asked)}")
        if set(data) != set(TEMPLATE_FIELDS) or any(
            not 0 < len(data[name]) <= longest for name, longest in TEMPLATE_FIELDS.items()
        ):
            self._breaks(f"template data {data}")
        person = self._follower(str(asked["user_id"]))
        self.billed += 1
        return self._delivered(person, Seen(f"t{self.next_number():x}", data["noi_dung"], template=data))

    async def _attached(self, attachment: Any) -> tuple[tuple[tuple[str, str], ...], bytes | None]:
        if attachment is None:
            return (), None
        payload = attachment.get("payload", {})
        if attachment.get("type") != "template":
            self._breaks("an attachment that is no template")
        if payload.get("template_type") == "media":
            (element,) = payload["elements"]
            return (), await self._fetched(str(element["url"]))
        buttons = payload.get("buttons", [])
        for button in buttons:
            if set(button) != {"title", "type", "payload"} or button["type"] != "oa.query.show":
                self._breaks(f"button {button}")
            if not 0 < len(button["title"]) <= LONGEST_TITLE or len(button["payload"]) > LONGEST_PAYLOAD:
                self._breaks("a button that is too long, or says nothing")
        if not 0 < len(buttons) <= MOST_BUTTONS:
            self._breaks(f"{len(buttons)} buttons")
        return tuple((button["title"], button["payload"]) for button in buttons), None

    async def _fetched(self, url: str) -> bytes:
        async with aiohttp.ClientSession() as client, client.get(url) as answer:
            if answer.status != 200:
                raise Refusal(BAD_CALL, "the picture cannot be fetched")
            return await answer.read()

    def _follower(self, user_id: str) -> Person:
        person = self.known.get(user_id)
        if not isinstance(person, Person) or person.blocked:
            raise Refusal(NOT_FOLLOWER, "the user does not follow the OA")
        return person

    def _checks_window(self, person: Person) -> None:
        if person.id in self.shut:
            raise Refusal(WINDOW_SHUT, "the user has not interacted with the OA in the past 7 days")
        if person.heard_at is None:
            raise Refusal(WINDOW_SHUT, "the user has never written")
        silent = self.wall() - person.heard_at
        if silent >= BILLED:
            self._breaks("a message after seven days")
        self.billed += silent >= FREE

    def _delivered(self, person: Person, seen: Seen) -> Json:  # type: ignore[override]
        person.inbox.append(seen)
        return {"message_id": seen.message_id, "user_id": person.id}

    def _breaks(self, rule: str) -> None:
        self.broken.append(rule)
        raise Refusal(BAD_CALL, rule)


def signature_of(body: bytes, stamp: str, app_id: str = APP_ID, secret: str = OA_SECRET) -> str:
    return hashlib.sha256(b"".join((app_id.encode(), body, stamp.encode(), secret.encode()))).hexdigest()
