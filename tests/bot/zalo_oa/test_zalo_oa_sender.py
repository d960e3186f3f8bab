"""The Official Account's mouth: buttons or numbers, the interaction window, and what each refusal of Zalo's means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.outgoing import Button, Outgoing
from bot.zalo_oa.client import (
    AuthError,
    BadCall,
    NoAnswer,
    NotFollower,
    OaError,
    OptedOut,
    Passing,
    QuotaUsedUp,
    RateLimited,
    WindowShut,
)
from bot.zalo_oa.sender import ZALO_OA, OaSender, OutsideWindow
from bot.zalo_oa.updates import parse
from core.notices import NoticeKind
from services.sender import ChannelFacts, Delivery, GiveUp, Sent, TryAgain, Verdict
from storage import choices
from storage.choices import Place
from tests.town import MORNING, Town

CODE = "DDLS-261122-0001"
JUST_NOW, YESTERDAY = timedelta(minutes=1), timedelta(hours=47)
TWO_DAYS, LAST_WEEK = timedelta(hours=48), timedelta(days=7)
COMPLAINT = "Barie đã mở lại, xe 12C-345.67 qua được."
CHOICES = tuple(
    Button(label, f"c:{number}") for number, label in enumerate(("Nhận xử lý", "Chuyển"), start=1)
)


@dataclass
class Wire:
    """The platform's three calls; each error is raised once, in order."""

    errors: list[OaError] = field(default_factory=list)
    texts: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    templates: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def send_text(self, user_id: str, text: str, buttons: Sequence[tuple[str, str]] = ()) -> str:
        self._fails()
        self.texts.append((text, list(buttons)))
        return f"o{len(self.texts)}"

    async def send_picture(self, user_id: str, url: str, text: str) -> str:
        self._fails()
        self.pictures.append((url, text))
        return "p1"

    async def send_template(self, user_id: str, template_id: str, data: Mapping[str, str]) -> str:
        self._fails()
        self.templates.append((template_id, data))
        return "t1"

    def _fails(self) -> None:
        if self.errors:
            raise self.errors.pop(0)


def as_given(delivery: Delivery, facts: ChannelFacts) -> tuple[Outgoing, ...]:
    return tuple(delivery.facts["parts"])


class Mouth:
    def __init__(self, town: Town, way: Any = "call", picture: str | None = None) -> None:
        self.wire, self.town = Wire(), town
        outside = OutsideWindow(way, "307241" if way == "template" else "")
        self._sender = OaSender(town.db, self.wire, ZALO_OA, as_given, lambda file: picture, outside=outside)  # type: ignore[arg-type]

    async def says(
        self,
        *parts: Outgoing | str,
        silent: timedelta = JUST_NOW,
        kind: NoticeKind = NoticeKind.ANSWER,
        errors: Sequence[OaError] = (),
        **more: Any,
    ) -> Verdict:
        self.wire.errors[:] = errors
        made = [part if isinstance(part, Outgoing) else Outgoing(part) for part in parts or (COMPLAINT,)]
        values: dict[str, Any] = {
            "outbox_id": 1, "channel": "zalo_oa", "bot": "579", "chat_id": "7", "chat_kind": "private",
            "language": "vi", "kind": kind, "facts": {"parts": made, "ticket": {"code": CODE}}, "now": MORNING,
            "heard_at": MORNING - silent,
        }  # fmt: skip
        return await self._sender.send(Delivery(**values | more))


# --- what arrives ------------------------------------------------------------------------------------------------


async def test_up_to_five_choices_are_buttons_that_are_read_back_as_presses(town: Town) -> None:
    mouth = Mouth(town)
    assert await mouth.says(Outgoing("Phiếu", choices=CHOICES)) == Sent("o1")
    ((text, buttons),) = mouth.wire.texts
    assert text == "Phiếu"
    assert [title for title, _ in buttons] == ["1. Nhận xử lý", "2. Chuyển"]
    event = {
        "event_name": "user_send_text",
        "sender": {"id": "7"},
        "recipient": {"id": "579"},
        "message": {"msg_id": "m", "text": buttons[0][1]},
    }
    assert getattr(parse("579", "m", event), "payload", None) == "c:1"
    shown = await town.db.read(lambda db: choices.of_message(db, Place("zalo_oa", "579", "7"), "o1"))
    assert shown is not None
    assert shown.offered == (("Nhận xử lý", "c:1"), ("Chuyển", "c:2"))
    assert shown.about == CODE


async def test_six_choices_are_lines_of_the_text(town: Town) -> None:
    mouth, six = Mouth(town), tuple(Button(f"Lựa chọn {n}", f"c:{n}") for n in range(6))
    await mouth.says(Outgoing("Phiếu", choices=six))
    assert mouth.wire.texts == [("Phiếu", [])]


async def test_a_long_label_is_cut_to_what_a_button_carries(town: Town) -> None:
    mouth = Mouth(town)
    await mouth.says(Outgoing("Phiếu", choices=(Button("Rất dài\n" * 40, "c:1"),)))
    ((_, ((title, said),)),) = mouth.wire.texts
    assert len(title) == 100
    assert "\n" not in said


async def test_parts_follow_one_another(town: Town) -> None:
    mouth = Mouth(town)
    assert await mouth.says("một", "hai") == Sent("o1", more=True)
    assert await mouth.says("một", "hai", part=1) == Sent("o2")


async def test_a_picture_goes_by_its_address_and_its_words_go_without_it_when_it_cannot(town: Town) -> None:
    picture = Outgoing("Ảnh của phiếu", photo=Path("x.jpg"))
    mouth = Mouth(town, picture="https://hotline.example/once/x.jpg")
    assert await mouth.says(picture) == Sent("p1")
    assert await mouth.says(picture, errors=[BadCall(-201, "no picture")]) == Sent("o1")
    assert "ảnh" in mouth.wire.texts[0][0]
    nowhere = Mouth(town)
    await nowhere.says(picture)
    assert nowhere.wire.texts[0][0].endswith("Ảnh của phiếu")


# --- the window --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["call", "billed", "template"])
@pytest.mark.parametrize("silent", [timedelta(), YESTERDAY, TWO_DAYS - timedelta(seconds=1)])
async def test_within_two_days_it_goes_freely(town: Town, way: str, silent: timedelta) -> None:
    assert await Mouth(town, way).says(silent=silent) == Sent("o1")


@pytest.mark.parametrize("silent", [TWO_DAYS, LAST_WEEK, timedelta(days=300)])
async def test_later_it_waits_for_nobody_and_somebody_calls(town: Town, silent: timedelta) -> None:
    mouth = Mouth(town, "call")
    verdict = await mouth.says(silent=silent)
    assert isinstance(verdict, GiveUp)
    assert (verdict.elsewhere, verdict.unreachable) == (True, False)
    assert mouth.wire == Wire()


async def test_billed_goes_until_the_seventh_day(town: Town) -> None:
    mouth = Mouth(town, "billed")
    assert await mouth.says(silent=TWO_DAYS) == Sent("o1", billed=True)
    assert await mouth.says(silent=LAST_WEEK - timedelta(seconds=1)) == Sent("o2", billed=True)
    late = await mouth.says(silent=LAST_WEEK)
    assert isinstance(late, GiveUp)
    assert late.elsewhere


@pytest.mark.parametrize("silent", [TWO_DAYS, LAST_WEEK])
async def test_a_template_names_the_ticket_and_tells_nothing_of_the_matter(
    town: Town, silent: timedelta
) -> None:
    mouth = Mouth(town, "template")
    assert await mouth.says(silent=silent) == Sent("t1", billed=True)
    ((template, data),) = mouth.wire.templates
    assert template == "307241"
    assert data["ma_phieu"] == CODE
    assert set(data) == {"ma_phieu", "noi_dung"}
    assert "Barie" not in data["noi_dung"]
    assert "12C" not in data["noi_dung"]
    assert mouth.wire.texts == []


@pytest.mark.parametrize("kind", [NoticeKind.RESOLVED, NoticeKind.QUESTION])
async def test_a_template_is_no_delivery_where_a_clock_hangs_on_it(town: Town, kind: NoticeKind) -> None:
    mouth = Mouth(town, "template")
    verdict = await mouth.says(silent=TWO_DAYS, kind=kind)
    assert isinstance(verdict, GiveUp)
    assert (verdict.elsewhere, verdict.billed) == (True, True)
    assert len(mouth.wire.templates) == 1


@pytest.mark.parametrize(
    "other", [{"kind": NoticeKind.HELP}, {"facts": {"parts": [Outgoing("Xin chào")]}},
              {"facts": {"parts": [Outgoing("Niêm phong")], "ticket": {"code": CODE, "sealed": True}}}]
)  # fmt: skip
async def test_what_nobody_is_owed_or_what_is_sealed_costs_no_template(
    town: Town, other: dict[str, Any]
) -> None:
    mouth = Mouth(town, "template")
    assert isinstance(await mouth.says(silent=TWO_DAYS, **other), GiveUp)
    assert mouth.wire.templates == []


async def test_whoever_never_wrote_is_not_written_to(town: Town) -> None:
    assert isinstance(await Mouth(town, "billed").says(heard_at=None), GiveUp)


@pytest.mark.parametrize("code", [-230, -232])
async def test_the_platform_knows_better_when_the_window_is_shut(town: Town, code: int) -> None:
    shut = WindowShut(code, "seven days")
    for way in ("call", "billed"):
        verdict = await Mouth(town, way).says(errors=[shut])
        assert isinstance(verdict, GiveUp)
        assert verdict.elsewhere
    assert await Mouth(town, "template").says(errors=[shut]) == Sent("t1", billed=True)
    twice = await Mouth(town, "template").says(errors=[shut, shut])
    assert isinstance(twice, GiveUp)
    assert twice.elsewhere


async def test_a_template_that_is_refused_is_not_tried_again_at_once(town: Town) -> None:
    mouth = Mouth(town, "template")
    assert await mouth.says(silent=TWO_DAYS, errors=[WindowShut(-230, "x")]) == GiveUp(
        "-230: x", elsewhere=True, window_shut=True
    )
    assert mouth.wire.templates == []


# --- refusals: the table of docs/flows.md -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AuthError(-216, "x"), TryAgain(timedelta(minutes=2), "-216: x", whole_bot=True)),
        (RateLimited(-32, "x"), TryAgain(timedelta(minutes=1), "-32: x", whole_bot=True)),
        (QuotaUsedUp(-211, "x"), TryAgain(timedelta(hours=1), "-211: x", whole_bot=True, used_up=True)),
        (Passing(502, "x"), TryAgain(None, "502: x")),
        (NoAnswer(0, "x"), TryAgain(None, "x")),
        (NotFollower(-213, "x"), GiveUp("-213: x", unreachable=True)),
        (OptedOut(-244, "x"), GiveUp("-244: x", unreachable=True)),
        (BadCall(-201, "x"), GiveUp("-201: x")),
        (WindowShut(-230, "x"), GiveUp("-230: x", elsewhere=True, window_shut=True)),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_each_refusal_has_its_verdict(town: Town, error: OaError, expected: Verdict) -> None:
    assert await Mouth(town).says(errors=[error]) == expected


async def test_no_money_for_one_message_does_not_hold_those_that_cost_nothing(town: Town) -> None:
    verdict = await Mouth(town, "billed").says(silent=TWO_DAYS, errors=[QuotaUsedUp(-321, "no money")])
    assert verdict == GiveUp("-321: no money", elsewhere=True)


async def test_a_card_that_offers_nothing_new_is_not_said_again(town: Town) -> None:
    mouth, card = Mouth(town), Outgoing("Phiếu", choices=CHOICES)
    assert await mouth.says(card, kind=NoticeKind.CARD) == Sent("o1")
    assert await mouth.says(card, kind=NoticeKind.CARD, edits="o1", outbox_id=2) == Sent("o1", said=False)
    assert len(mouth.wire.texts) == 1
    assert await mouth.says(Outgoing("Phiếu", choices=CHOICES[:1]), edits="o1", outbox_id=3) == Sent("o2")
