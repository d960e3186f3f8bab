"""Whatever a browser, or somebody who is none, sends: an answer in the hundreds of a mistake, never of a failure of ours."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bot.telegram.webhook import PATH, SECRET_HEADER, webhook_router
from bot.zalo import webhook as zalo
from services.verify import verify
from storage import inbox
from tests.fuzz.botapi_updates import TEXTS, Json, updates
from tests.fuzz.sizes import examples
from tests.web_page import House, Window, open_house, origin_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ("client_id", "payload", "message_id", "gate", "text", "code", "language", "files", "")
)
FORMS = st.dictionaries(NAMES, JSON | TEXTS | st.uuids().map(str), max_size=4)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
SECRET = "gate-secret"


def mostly(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What the platform says that a field holds, and sometimes anything."""
    return st.one_of(right, right, right, JSON)


NUMBERS = st.text("0123456789abcdef", min_size=1, max_size=16)
ZALO_KINDS = st.sampled_from(("text", "text", "image", "sticker", "voice", "unsupported", "", "x"))
ZALO_MESSAGE = st.fixed_dictionaries(
    {
        "message_id": mostly(NUMBERS),
        "chat": mostly(
            st.fixed_dictionaries(
                {
                    "id": mostly(st.sampled_from(("z1", "z2"))),
                    "chat_type": st.sampled_from(("PRIVATE", "GROUP", "")),
                }
            )
        ),
        "from": mostly(
            st.fixed_dictionaries(
                {
                    "id": st.sampled_from(("z1", "z2")),
                    "display_name": mostly(TEXTS),
                    "is_bot": mostly(st.just(False)),
                }
            )
        ),
        "date": mostly(st.sampled_from((0, 1795312800000, 2**63))),
    },
    optional={
        "text": mostly(TEXTS),
        "caption": mostly(TEXTS),
        **dict.fromkeys(
            ("photo", "photo_url", "voice_url", "url", "sticker"), mostly(st.just("https://x.invalid/1.jpg"))
        ),
    },
)
ZALO_UPDATE = st.fixed_dictionaries(
    {
        "event_name": mostly(ZALO_KINDS.map(lambda kind: f"message.{kind}.received")),
        "message": mostly(ZALO_MESSAGE),
    }
)


class Line:
    """The real routes, called from plain functions; one browser with a chat of its own."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self._opening = open_house(folder)
        self.house: House = self.do(self._opening.__aenter__())
        db, clock = self.house.program.db, self.house.program.clock

        async def store(batch: Any) -> None:
            for one in batch:
                await db.write(
                    lambda c, one=one: inbox.store(
                        c, one.channel, one.bot, one.update_id, one.chat_id, one.raw, clock.now()
                    )
                )

        for door in (webhook_router(SECRET, "1", store), zalo.webhook_router(SECRET, "1", store)):
            self.house.program.http.include_router(door)
        self.window: Window = self.do(self.house.window())

    def close(self) -> None:
        assert not self.do(self.house.program.db.read(verify)).findings
        self.do(self._opening.__aexit__(None, None, None))
        self._runner.close()

    def asks(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, and everything that follows from it; nothing may be an error of ours."""
        browser = self.window.browser
        with structlog.testing.capture_logs() as said:
            answer: httpx.Response = self.do(browser.request(method, path, **more))
            self.do(self.house.program.settle())
        assert answer.status_code < 500, answer.text
        assert "Traceback" not in answer.text
        assert not [line for line in said if line["log_level"] in {"error", "critical"}], said
        return answer

    def do(self, errand: Any) -> Any:
        return self._runner.run(errand)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("fuzz"))
        opened = Line(Path("var"))
        yield opened
        opened.close()


@examples(4)
@given(
    st.sampled_from(("messages", "presses", "start")),
    FORMS | JSON,
    st.sampled_from(("json", "form", "multipart", "text")),
    st.booleans(),
)
def test_any_frame_of_a_page_is_answered(line: Line, what: str, body: Any, how: str, ours: bool) -> None:
    headers = line.window.headers() if ours else {"x-hotline-chat": "0"}
    sent: Json = {"content": json.dumps(body).encode()}
    plain = (
        {str(name): str(value).encode(errors="replace") for name, value in body.items()}
        if isinstance(body, dict)
        else {}
    )
    if how == "form":
        sent = {"data": plain}
    elif how == "multipart":
        sent = {"files": [(name, (None, value)) for name, value in plain.items()] or [("x", (None, b""))]}
    elif how == "text":
        sent = {"content": str(body).encode(errors="replace")}
    line.asks("POST", f"/chat/{what}", headers=headers, **sent)


@examples(2)
@given(TEXTS, st.uuids())
def test_what_a_page_sends_properly_is_kept(line: Line, text: str, client_id: Any) -> None:
    words = text.encode(errors="replace").decode()
    answer = line.asks(
        "POST",
        "/chat/messages",
        headers=line.window.headers(),
        files=[("client_id", (None, str(client_id))), ("text", (None, words))],
    )
    if answer.status_code == 200 and answer.json()["row"]:
        shown = line.do(line.window.history())["rows"]
        assert any(row["id"] == answer.json()["row"]["id"] for row in shown)
    else:
        assert 400 <= answer.status_code < 500 or not words.strip()


@examples(2)
@given(
    st.sampled_from(("GET", "POST", "PUT", "HEAD", "OPTIONS")),
    st.sampled_from(("/chat", "/staff", "/in", "/poster", "/files", "/lookup", "/assets", "/metrics", "")),
    st.text(max_size=30),
    st.dictionaries(
        st.sampled_from(("gate", "chat", "since", "code", "lang", "before")), st.text(max_size=12), max_size=3
    ),
    st.dictionaries(
        st.sampled_from(("Range", "Accept-Language", "Cookie", "Origin", "Content-Type")), HEADER, max_size=3
    ),
)
def test_any_address_is_answered(
    line: Line, method: str, base: str, rest: str, query: dict[str, str], headers: dict[str, str]
) -> None:
    path = f"{base}/{quote(rest.encode(errors='replace'))}"
    values = {name: value.encode(errors="replace").decode() for name, value in query.items()}
    line.asks(method, path, params=values, headers={**origin_of(line.window.browser), **headers})


@examples(4)
@given(
    st.one_of(
        JSON.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=200),
        st.builds(
            lambda number, update: json.dumps({"update_id": number, **update}).encode(),
            st.integers(),
            updates(st.text(max_size=20)),
        ),
    ),
    st.sampled_from((SECRET, SECRET, SECRET, "", "Gate-secret")),
)
def test_any_body_of_the_webhook_is_stored_or_refused(line: Line, body: bytes, secret: str) -> None:
    answer = line.asks("POST", PATH, content=body, headers={SECRET_HEADER: secret})
    assert answer.status_code in ({200, 400} if secret == SECRET else {403})


@examples(4)
@given(
    st.one_of(
        ZALO_UPDATE.map(lambda update: json.dumps(update).encode()),
        ZALO_UPDATE.map(lambda update: json.dumps({"ok": True, "result": update}).encode()),
        JSON.map(lambda value: json.dumps(value).encode()),
        st.binary(max_size=200),
    ),
    st.sampled_from((SECRET, SECRET, SECRET, "", "Gate-secret")),
)
def test_any_body_of_zalos_webhook_is_stored_or_refused(line: Line, body: bytes, secret: str) -> None:
    answer = line.asks("POST", zalo.PATH, content=body, headers={zalo.SECRET_HEADER: secret})
    assert answer.status_code in ({200, 400} if secret == SECRET else {403})
