"""Whatever Telegram's description allows: handled or turned away in words, never a failure of ours, nothing lost."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.payloads import Action, write
from tests.fuzz.botapi_updates import GROUPS, PEOPLE, Json, updates
from tests.fuzz.house import House
from tests.fuzz.sizes import examples

FORGED = st.one_of(
    st.builds(write, st.sampled_from(Action), st.integers(0, 2**63 - 1)),
    st.builds(
        lambda action, number, argument: f"{action}:{number}:{argument}",
        st.sampled_from(Action),
        st.text("0123456789abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14),
        st.text(max_size=20),
    ),
    st.text(max_size=64),
)


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with House() as opened:
        yield opened


@examples(41)
@given(st.lists(updates(FORGED), min_size=1, max_size=2), st.sampled_from((0,) * 14 + (20, 700)))
def test_any_update_is_handled(house: House, sent: list[Json], minutes: float) -> None:
    house.receives(*sent, minutes=minutes)


@examples(30)
@given(
    st.sampled_from(PEOPLE),
    st.sampled_from((None, None, *GROUPS)),
    st.integers(0, 10**6),
    st.integers(0, 64),
    st.sampled_from(("as it is", "as it is", "truncated", "another id", "another act", "another argument")),
    st.sampled_from(Action),
    st.text("abcHN0123=.-", max_size=12),
)
def test_any_button_that_was_ever_shown_may_be_pressed_by_anybody(
    house: House, person: int, group: int | None, which: int, cut: int, how: str, act: Action, argument: str
) -> None:
    """Old, forwarded, cut short, of another ticket or another person: a button is a request, never a right."""
    shown = house.payloads()
    if not shown:
        house.receives(_message(101, "Xe hàng chờ 4 tiếng ở Hữu Nghị chưa được qua"))
        shown = house.payloads()
    payload = shown[-1 - which % len(shown)]
    action, number, *_ = [*payload.split(":"), "0"]
    other = shown[which % len(shown)].split(":")
    match how:
        case "truncated":
            payload = payload[:cut]
        case "another id":
            payload = ":".join([action, *other[1:]])
        case "another act":
            payload = f"{act}:{number}"
        case "another argument":
            payload = f"{action}:{number}:{argument}"
    house.receives(_press(person, group, payload))


@examples(10)
@given(st.sampled_from(PEOPLE), st.lists(st.text(max_size=70), min_size=1, max_size=3))
def test_what_follows_a_press_may_be_any_words(house: House, person: int, words: list[str]) -> None:
    """A dialogue takes every text: the answer, the number of percents, the agency, the code of a ticket."""
    shown = house.payloads() or ["h:0"]
    house.receives(
        _press(person, None, shown[len(words[0]) % len(shown)]), *(_message(person, text) for text in words)
    )


def _press(person: int, group: int | None, payload: str) -> Json:
    chat = {"id": group, "type": "supergroup"} if group else {"id": person, "type": "private"}
    message = {"message_id": 7, "date": 1795312800, "chat": chat, "text": "…"}
    return {
        "callback_query": {
            "id": "1",
            "from": _user(person),
            "chat_instance": "1",
            "message": message,
            "data": payload,
        }
    }


def _message(person: int, text: str) -> Json:
    chat = {"id": person, "type": "private"}
    return {
        "message": {"message_id": 9, "date": 1795312800, "chat": chat, "from": _user(person), "text": text}
    }


def _user(person: int) -> Json:
    return {"id": person, "is_bot": False, "first_name": "Lái xe"}
