"""Of presses that came one after the other, and are handled together, the earlier one counts."""

import pytest

from bot.inbound import Press
from tests.town import Town


@pytest.mark.parametrize("first", range(4))
async def test_whoever_pressed_first_has_it_whatever_the_chats_are_called(town: Town, first: int) -> None:
    team = [await town.staff(f"Cán bộ {number}", gate="HN") for number in range(4)]
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    payload = team[0].newest("xe chờ").button("Nhận xử lý").payload  # type: ignore[union-attr]
    in_turn = [team[first], *(member for member in team if member is not team[first])]
    await town.stores(*(Press(member._origin(None), None, payload) for member in in_turn))
    await town.settles()
    assert (await town.ticket()).holder_id == team[first].person_id
