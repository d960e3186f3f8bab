"""The Official Account's tokens: one exchange at a time, committed before it is used, and a loud voice when it fails."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.ears import WEBHOOK_CHECK
from bot.zalo_oa.client import AuthError, OaError, Passing
from bot.zalo_oa.exchange import Exchange, OaAccount
from bot.zalo_oa.tokens import LEASE, Tokens, row_name
from core.notices import NoticeKind
from core.people import Role
from storage import leases, people, tokens
from storage.database import Connection, Database, Unavailable
from tests.doubles.zalooa_oauth import APP_ID, APP_SECRET, OauthDouble
from tests.town import HandClock, KeyInHand

pytestmark = pytest.mark.two_databases
NAME = row_name(APP_ID)
ROOT = Path(__file__).parents[2]


class House:
    """Processes over one database, one key and one OAuth server; the clock of all is moved by hand."""

    def __init__(self, oauth: OauthDouble, clock: HandClock) -> None:
        self.oauth, self.clock, self.seal = oauth, clock, KeyInHand()
        self.slept: list[float] = []
        self.running: list[Tokens] = []

    def process(self, db: Database, seed: str = "", **changed: str) -> Tokens:
        account = OaAccount(APP_ID, changed.get("secret", APP_SECRET), seed, self.oauth.base_url)
        exchange = Exchange(self.clock.now)
        made = Tokens(db, self.seal, account, exchange, self.clock.now, self.clock.now, sleep=self._sleep)
        self.running.append(made)
        return made

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.01)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    clock = HandClock()
    async with OauthDouble(clock.now) as oauth:
        opened = House(oauth, clock)
        yield opened
        oauth.gate.set()
        for one in opened.running:
            await one.close()


async def stored(db: Database) -> tokens.StoredPair:
    found = await db.read(lambda connection: tokens.pair(connection, NAME))
    assert found is not None
    return found


async def alarms(db: Database) -> int:
    def counted(connection: Connection) -> int:
        kind = NoticeKind.CHANNEL_REFUSED
        return int(
            connection.exec_driver_sql(f"SELECT count(*) FROM outbox WHERE kind = '{kind}'").scalar_one()
        )

    return await db.read(counted)


async def an_administrator(db: Database, now: datetime) -> None:
    """Somebody who can be told."""

    def errand(connection: Connection) -> None:
        person = people.add_person(connection, "Quản trị", Role.ADMIN, now)
        people.add_identity(connection, person, "web", "web", "c1", now)

    await db.write(errand)


async def test_the_seed_is_used_once_and_the_pair_is_stored_sealed(db: Database, house: House) -> None:
    first = house.oauth.consents()
    running = house.process(db, first)

    access = await running.access()

    assert house.oauth.accepts(access) == 0
    assert await running.access() == access
    assert await house.process(db, first).access() == access, "a restart uses what is stored"
    assert house.oauth.exchanges == 1
    row = await stored(db)
    sealed = str(row).encode() + row.sealed_pair
    assert access.encode() not in sealed
    assert first.encode() not in sealed
    assert row.refresh_until - row.refreshed_at == timedelta(days=90)


async def test_a_token_is_exchanged_an_hour_before_its_end(db: Database, house: House) -> None:
    running = house.process(db, house.oauth.consents())
    first = await running.access()

    house.clock.passes(hours=23, minutes=59)
    assert await running.access() == first
    house.clock.passes(minutes=1)
    second = await running.access()

    assert second != first
    assert (house.oauth.accepts(second), house.oauth.exchanges) == (0, 2)


@pytest.mark.parametrize("over", [False, True], ids=["early", "nothing else left"])
async def test_tasks_and_processes_that_ask_at_once_make_one_exchange(
    db: Database, other: Database, house: House, over: bool
) -> None:
    seed = house.oauth.consents()
    ours, theirs = house.process(db, seed), house.process(other, seed)
    before = {await ours.access(), await theirs.access()}
    house.clock.passes(hours=26 if over else 24.5)

    got = await asyncio.gather(*(one.access() for one in (ours, theirs) for _ in range(10)))

    assert house.oauth.exchanges == 2
    assert house.oauth.reused == 0
    fresh = {await ours.access(), await theirs.access()}
    assert len(fresh) == 1
    assert set(got) <= fresh | (set() if over else before)


async def test_a_refused_token_is_exchanged_once_whoever_was_refused(
    db: Database, other: Database, house: House
) -> None:
    seed = house.oauth.consents()
    ours, theirs = house.process(db, seed), house.process(other, seed)
    old = await ours.access()
    assert await theirs.access() == old
    house.clock.passes(hours=2)
    house.oauth.forgets(old)

    for one in (ours, theirs, ours):
        await one.refused(old)
    fresh = {await ours.access(), await theirs.access()}
    await ours.refused(old)

    assert len(fresh) == 1
    assert fresh == {await ours.access()}
    assert house.oauth.exchanges == 2


async def test_a_token_that_is_refused_when_it_is_new_is_not_exchanged_for_ever(
    db: Database, house: House
) -> None:
    running = house.process(db, house.oauth.consents())
    access = await running.access()

    await running.refused(access)

    assert await running.access() == access
    assert house.oauth.exchanges == 1


async def test_whoever_waits_may_be_cancelled_the_exchange_goes_on(db: Database, house: House) -> None:
    running = house.process(db, house.oauth.consents())
    house.oauth.gate.clear()
    waiting = asyncio.create_task(running.access())
    await house.oauth.exchanged.wait()

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    house.oauth.gate.set()
    await running.close()

    assert (await stored(db)).version == 1


async def test_nothing_is_used_before_it_is_committed(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_administrator(db, house.clock.now())
    running = house.process(db, house.oauth.consents())
    original, failures = tokens.store, 3

    def away(connection: Connection, name: str, fresh: tokens.StoredPair) -> bool:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise Unavailable("disk full")
        return original(connection, name, fresh)

    monkeypatch.setattr(tokens, "store", away)
    with capture_logs() as logs:
        access = await running.access()

    assert house.oauth.accepts(access) == 0
    assert (await stored(db)).version == 1
    assert [log["event"] for log in logs].count("zalo_oa_token_not_stored") == 3
    assert house.oauth.exchanges == 1


CHILD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from app.sealing import FileSeal
from bot.zalo_oa.exchange import Exchange, OaAccount
from bot.zalo_oa.tokens import Tokens
from storage.database import Database

def wall():
    return datetime.now(UTC)

async def main(url, oauth, key, app_id, secret, seed):
    async with Database(url) as db:
        account = OaAccount(app_id, secret, seed, oauth)
        await Tokens(db, FileSeal(Path(key)), account, Exchange(wall), wall, wall).access()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_killed_between_answer_and_commit_the_next_process_raises_the_alarm(
    db: Database, database: str, house: House, tmp_path: Path
) -> None:
    await an_administrator(db, house.clock.now())
    house.clock.at = datetime.now(UTC)
    seed = house.oauth.consents()
    house.oauth.gate.clear()
    told = (database, house.oauth.base_url, str(tmp_path / "key"), APP_ID, APP_SECRET, seed)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, *told, cwd=ROOT)
    async with asyncio.timeout(60):
        await house.oauth.exchanged.wait()
    child.kill()
    await child.wait()
    house.oauth.gate.set()

    next_one = house.process(db, seed)
    with pytest.raises(Passing):  # the dead one's lease
        await next_one.access()
    await db.write(lambda connection: connection.exec_driver_sql("DELETE FROM leases"))
    with pytest.raises(AuthError), capture_logs() as logs:
        await next_one.access()

    assert [log["event"] for log in logs if log["log_level"] == "critical"] == ["zalo_oa_token_refused"]
    assert seed not in str(logs)
    assert await alarms(db) == 1


async def test_a_dead_holder_is_succeeded_when_its_lease_is_over(db: Database, house: House) -> None:
    running = house.process(db, house.oauth.consents())
    at = house.clock.now()

    def dead(connection: Connection) -> None:
        since = at if db.is_sqlite else leases.server_time(connection) - LEASE
        assert leases.take(connection, NAME, "somebody dead", since, LEASE)

    await db.write(dead)
    if db.is_sqlite:
        with pytest.raises(Passing):
            await running.access()
        house.clock.passes(seconds=LEASE.total_seconds())

    assert house.oauth.accepts(await running.access()) == 0
    assert house.oauth.exchanges == 1


async def test_an_alarm_is_told_once_a_day_and_a_new_seed_ends_it(db: Database, house: House) -> None:
    await an_administrator(db, house.clock.now())
    seed = house.oauth.consents()
    running = house.process(db, seed)
    old = await running.access()
    house.oauth.withdraws()

    house.clock.passes(hours=24, minutes=10)
    assert await running.access() == old, "the old token may still work"
    assert await alarms(db) == 1
    house.clock.passes(hours=1)
    for _ in range(3):
        with pytest.raises(AuthError):
            await running.access()
    asked = len(house.oauth.asked)
    house.clock.passes(hours=24)
    with pytest.raises(AuthError):
        await running.access()
    told = await alarms(db)
    restarted = house.process(db, house.oauth.consents())

    assert asked == 3, "no hammering: the seed, and a try at each of the two hours"
    assert told == 2
    assert house.oauth.accepts(await restarted.access()) == 0
    assert house.oauth.accepts(await running.access()) == 0, "who still runs with the old setting goes on too"


async def test_a_restored_backup_has_an_old_pair_that_a_new_seed_replaces(db: Database, house: House) -> None:
    await an_administrator(db, house.clock.now())
    seed = house.oauth.consents()
    running = house.process(db, seed)
    await running.access()
    saved = await stored(db)
    house.clock.passes(hours=24.5)
    await running.access()

    def put_back(connection: Connection) -> None:
        connection.exec_driver_sql("DELETE FROM tokens")
        assert tokens.store(connection, NAME, saved)

    await db.write(put_back)
    house.clock.passes(hours=24)
    with pytest.raises(AuthError):
        await house.process(db, seed).access()

    assert (await alarms(db), house.oauth.reused) == (1, 1)
    recovered = house.process(db, house.oauth.consents())
    assert house.oauth.accepts(await recovered.access()) == 0


async def test_a_mistyped_seed_is_told_and_what_is_stored_goes_on(db: Database, house: House) -> None:
    await an_administrator(db, house.clock.now())
    seed = house.oauth.consents()
    access = await house.process(db, seed).access()

    running = house.process(db, "refresh-mistyped")
    assert await running.access() == access
    assert await alarms(db) == 1
    house.clock.passes(hours=24.5)

    assert house.oauth.accepts(await running.access()) == 0
    assert list(house.oauth.asked).count("refresh-mistyped") == 1


async def test_a_mistyped_seed_does_not_keep_what_is_stored_from_being_exchanged(
    db: Database, house: House
) -> None:
    await house.process(db, house.oauth.consents()).access()
    house.clock.passes(days=3)
    running = house.process(db, "refresh-mistyped")

    with pytest.raises(AuthError):
        await running.access()

    assert house.oauth.accepts(await running.access()) == 0


async def test_nothing_is_exchanged_that_could_not_be_sealed(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = house.process(db, house.oauth.consents())

    def broken(text: str) -> bytes:
        raise PermissionError("the key file")

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(house.seal, "close", broken)
        with pytest.raises(Passing):
            await running.access()
    house.clock.passes(minutes=1)

    assert [log["event"] for log in logs] == ["zalo_oa_token_cannot_be_sealed"]
    assert house.oauth.accepts(await running.access()) == 0
    assert (len(house.oauth.asked), house.oauth.reused) == (1, 0)


async def test_a_pair_whose_key_is_lost_waits_for_a_new_seed(db: Database, house: House) -> None:
    seed = house.oauth.consents()
    await house.process(db, seed).access()
    house.seal = KeyInHand()

    with pytest.raises(AuthError):
        await house.process(db, seed).access()

    recovered = house.process(db, house.oauth.consents())
    assert house.oauth.accepts(await recovered.access()) == 0


@pytest.mark.parametrize("answer", [(503, {}), (200, {"error": -32, "error_name": "fast"}), (200, [])])
async def test_a_passing_failure_is_no_alarm_and_is_tried_again(
    db: Database, house: House, answer: tuple[int, object]
) -> None:
    await an_administrator(db, house.clock.now())
    running = house.process(db, house.oauth.consents())
    house.oauth.refuses.append(answer)

    for _ in range(3):
        with pytest.raises(Passing):
            await running.access()
    assert len(house.oauth.asked) == 1, "not at once"
    house.clock.passes(minutes=1)

    assert house.oauth.accepts(await running.access()) == 0
    assert await alarms(db) == 0


async def test_a_lost_answer_is_found_out_while_the_old_token_may_still_work(
    db: Database, house: House
) -> None:
    await an_administrator(db, house.clock.now())
    running = house.process(db, house.oauth.consents())
    old = await running.access()
    house.clock.passes(hours=24)
    house.oauth.loses = 1

    with capture_logs() as logs:
        assert await running.access() == old
    assert "zalo_oa_token_answer_lost" in [log["event"] for log in logs]
    house.clock.passes(minutes=1)
    await running.access()

    assert await alarms(db) == 1


async def test_nobody_needs_to_write_for_the_tokens_to_live_on(db: Database, house: House) -> None:
    running = house.process(db, house.oauth.consents())
    begun = house.clock.now()

    while house.clock.now() - begun < timedelta(days=100):
        await running.access()
        house.clock.passes(seconds=WEBHOOK_CHECK)

    assert house.oauth.exchanges in range(100, 106)
    assert house.oauth.accepts(await running.access()) == 0


async def test_without_any_token_a_person_is_asked_for_one(db: Database, house: House) -> None:
    await an_administrator(db, house.clock.now())
    running = house.process(db)

    with pytest.raises(AuthError):
        await running.access()

    assert await alarms(db) == 1
    assert not house.oauth.asked


async def test_neither_secrets_nor_tokens_are_told_in_an_error(db: Database, house: House) -> None:
    seed = house.oauth.consents()
    wrong = house.process(db, seed, secret="not-the-secret-of-the-app")

    with capture_logs() as logs, pytest.raises(OaError) as raised:
        await wrong.access()

    told = f"{raised.value!r} {logs} {wrong._account!r}"
    assert seed not in told
    assert "not-the-secret" not in told
    assert house.oauth.accepts(await house.process(db, seed).access()) == 0, "a right setting mends it"


async def test_a_database_that_is_away_is_a_passing_matter(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = house.process(db, house.oauth.consents())

    async def away(errand: object) -> None:
        raise Unavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(db, "read", away)
        with pytest.raises(Passing):
            await running.access()

    assert house.oauth.accepts(await running.access()) == 0
