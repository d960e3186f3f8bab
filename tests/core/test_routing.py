"""Which chat gets a notice: the preferred one when it can be reached, else the one used last; never one that was tried."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.routing import way_to

NOON = datetime(2026, 11, 22, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Chat:
    id: int
    reachable: bool = True
    preferred: bool = False
    last_seen_at: datetime = NOON


def used(chat: Chat, minutes_ago: int) -> Chat:
    return replace(chat, last_seen_at=NOON - timedelta(minutes=minutes_ago))


@st.composite
def anybodys_chats(draw: st.DrawFn) -> list[Chat]:
    count = draw(st.integers(0, 6))
    preferred = draw(st.none() | st.integers(0, 5))
    return [used(Chat(n, draw(st.booleans()), n == preferred), draw(st.integers(0, 3))) for n in range(count)]


def test_without_a_preferred_chat_the_one_used_last_is_written_to() -> None:
    old, new = used(Chat(1), 60), used(Chat(2), 1)
    assert way_to([new, old]) == way_to([old, new]) == new


def test_the_preferred_chat_goes_first_as_long_as_it_can_be_reached() -> None:
    preferred, new = used(Chat(1, preferred=True), 60), used(Chat(2), 1)
    assert way_to([preferred, new]) == preferred
    assert way_to([replace(preferred, reachable=False), new]) == new


def test_who_can_be_reached_nowhere_is_written_to_nowhere() -> None:
    assert way_to([]) is None
    assert way_to([Chat(1, reachable=False, preferred=True)]) is None


@given(anybodys_chats(), st.sets(st.integers(0, 5)))
def test_a_notice_goes_where_it_can_and_was_not(chats: list[Chat], tried: set[int]) -> None:
    way = way_to(chats, tried)
    open_ways = [chat for chat in chats if chat.reachable and chat.id not in tried]
    assert (way is None) == (not open_ways)
    if way is not None:
        assert way in open_ways
        assert way.preferred or not any(chat.preferred for chat in open_ways)
        assert way.preferred or all(way.last_seen_at >= chat.last_seen_at for chat in open_ways)


@given(anybodys_chats(), st.randoms())
def test_the_order_in_which_chats_are_known_decides_nothing(chats: list[Chat], chance: object) -> None:
    shuffled = list(chats)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert way_to(shuffled) == way_to(chats)


@given(anybodys_chats())
def test_a_notice_goes_round_once_to_each_reachable_chat_and_stops(chats: list[Chat]) -> None:
    tried: list[int] = []
    while (way := way_to(chats, tried)) is not None:
        tried.append(way.id)
    assert sorted(tried) == sorted(chat.id for chat in chats if chat.reachable)


@given(anybodys_chats(), st.data())
def test_losing_a_chat_that_was_not_in_use_changes_nothing(chats: list[Chat], data: st.DataObject) -> None:
    way = way_to(chats)
    others = [chat for chat in chats if chat != way]
    if others:
        lost = data.draw(st.sampled_from(others))
        left = [replace(chat, reachable=False) if chat == lost else chat for chat in chats]
        assert way_to(left) == way
