"""The machine's clock is set: an hour back, or ahead and back again. People are answered all the same."""

from datetime import timedelta

from core.notices import Notice, NoticeKind
from core.people import Role
from services.listening import note_heard
from services.sender import TryAgain
from storage import outbox
from tests.town import Town
from tests.witness import picture_with_place

AN_HOUR = timedelta(hours=1)


async def test_what_waited_when_the_clock_went_back_is_sent_at_once(town: Town) -> None:
    khue, driver = await town.staff("Khuê", gate="HN"), town.citizen("Nam")
    await driver.says("/trogiup")
    town.channel.verdicts[driver.chat_id] = [TryAgain(timedelta(seconds=2), "busy")]
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    assert not driver.sees("Mã phiếu")

    await _notes(town)
    town.clock.at -= AN_HOUR
    await _notes(town)
    await driver.says("Vẫn chưa qua được")
    town.clock.passes(seconds=5)
    await town.settles()

    assert driver.sees("Mã phiếu")
    await khue.presses("Nhận xử lý")
    await khue.presses("Trả lời")
    await khue.says("Xe sẽ qua trong 30 phút.")
    assert driver.sees("Xe sẽ qua trong 30 phút.")


async def test_a_picture_that_was_put_off_when_the_clock_went_back_is_fetched_at_once(town: Town) -> None:
    khue, driver = await town.staff("Khuê", gate="HN"), town.citizen("Nam")
    fetch, town.fetcher.fetchers = town.fetcher.fetchers, {}
    await driver.sends_photo(picture_with_place(), "Hữu Nghị: kẹt xe ở barie")
    assert not [bubble for bubble in khue.bubbles() if bubble.photo]

    town.fetcher.fetchers = fetch
    await _notes(town)
    town.clock.at -= AN_HOUR
    await _notes(town)
    await town.settles()

    assert [bubble for bubble in khue.bubbles() if bubble.photo]


async def test_a_night_that_is_kept_on_purpose_is_kept(town: Town) -> None:
    """A leader's text waits until six, whatever the clock does."""
    leader = await town.staff("Giang", Role.LEADER)
    chat = await town.identity_of(leader)
    now = town.clock.now()
    notice = Notice(NoticeKind.HELP, chat.id)
    await town.db.write(lambda db: outbox.add_delayed(db, notice, now, now + 9 * AN_HOUR))
    read = len(leader.reads())
    await _notes(town)
    town.clock.at += timedelta(minutes=5)
    await _notes(town)
    town.clock.at -= timedelta(minutes=4)
    await _notes(town)
    await town.settles()
    assert len(leader.reads()) == read


async def test_after_a_leap_ahead_and_back_everybody_is_heard_and_answered(town: Town) -> None:
    khue, early, late = await town.staff("Khuê", gate="HN"), town.citizen("Nam"), town.citizen("Lan")
    await early.says("Hữu Nghị: kẹt xe ở barie")
    town.clock.at += 3 * AN_HOUR
    await town.beats()
    await early.says("Vẫn kẹt")
    town.clock.at -= 3 * AN_HOUR
    await town.beats()

    await late.says("Hữu Nghị: thu phí sai")

    assert late.sees("Hẹn trả lời: trước 19:00 hôm nay")
    assert khue.sees("thu phí sai")
    first, second = await town.tickets()
    assert first.due_at == second.due_at


async def _notes(town: Town) -> None:
    """What the program does every five seconds."""
    await town.db.write(lambda db: note_heard(db, town.clock.now()))
