"""The Official Account's pair of tokens: one opens everything for 25 hours, the other brings the next pair, once, within 3 months.

Used twice, or lost between Zalo's answer and our commit, the second is dead, and a person has to connect the account anew. So
one exchange runs at a time, whatever the number of tasks and processes; a pair is used only when it is committed; and it is
exchanged early, while the old one still works. Source: the platform's documentation, "Xác thực và ủy quyền" (docs/zalo.md).
"""

import asyncio
import hashlib
import json
import os
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.zalo_oa.alarm import tell_administrators
from bot.zalo_oa.client import AuthError, NoAnswer, OaError, Passing
from bot.zalo_oa.exchange import Exchange, OaAccount, Pair
from services.config import Seal
from storage import leases, tokens
from storage.database import Connection, Database, Unavailable
from storage.tokens import StoredPair

EARLY = timedelta(hours=1)
LEASE = timedelta(minutes=1)
"""So long an exchange may take, all of it; whoever died in the middle is succeeded then."""
YOUNG = timedelta(minutes=5)
"""Refused so soon after it was made, a token is not over: the next one would be refused as well."""
AFTER_REFUSAL, AFTER_FAILURE = timedelta(minutes=20), timedelta(minutes=1)
LONGEST_END = 20.0
"""Seconds that the program's end waits for an exchange: its question, and a commit."""
LOOKS, LOOK_AGAIN = 20, 0.5
"""So often, in seconds, another process's exchange is waited for when nothing else is left."""

_log = structlog.get_logger("bot.zalo_oa")


def row_name(app_id: str) -> str:
    """Under which name the pair of this app is stored, and its exchange is leased."""
    return f"zalo_oa {app_id}"


def digest(token: str) -> str:
    """What is kept of a first token that somebody set: enough to know it again."""
    return hashlib.sha256(token.encode()).hexdigest()


def opened(seal: Seal, stored: StoredPair) -> Pair | None:
    """The pair itself; None when it was sealed with a key that is not there any more."""
    try:
        access, refresh = json.loads(seal.open(stored.sealed_pair))
    except Exception as error:  # whatever the seal says: the key is gone, or another one
        _log.error("zalo_oa_token_sealed_by_another_key", error=type(error).__name__)
        return None
    return Pair(access, refresh, stored.refreshed_at, stored.access_until, stored.refresh_until)


@dataclass(frozen=True, slots=True)
class _Held:
    """A stored pair, opened if it can be."""

    stored: StoredPair
    pair: Pair | None = field(repr=False)


class Tokens:
    """The tokens of one account; any number of tasks and processes may ask. Who asks now and then, keeps them alive for ever.

    `now` is the program's clock (notices go by it), `wall` the real one: the platform's times are real, also in a drill.
    """

    def __init__(
        self,
        db: Database,
        seal: Seal,
        account: OaAccount,
        exchange: Exchange,
        now: Callable[[], datetime],
        wall: Callable[[], datetime],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db, self._seal, self._account, self._exchange = db, seal, account, exchange
        self._now, self._wall, self._sleep = now, wall, sleep
        self._name = row_name(account.app_id)
        self._holder = f"{os.getpid()}-{secrets.token_hex(6)}"
        self._seed = digest(account.seed) if account.seed else None
        self._held: _Held | None = None
        self._over: str | None = None
        self._failed: OaError | None = None
        self._not_before: datetime | None = None
        self._flight: asyncio.Task[None] | None = None

    async def access(self) -> str:
        """A valid access token; a new one early, so that trouble has an hour to be mended in. Raises AuthError, Passing."""
        if self._is_due():
            try:
                await self._renewed()
            except OaError:
                if self._is_over():
                    raise
        pair = self._held.pair if self._held else None
        if pair is None:
            raise Passing(0, "the stored token was replaced by one that cannot be read")
        return pair.access

    async def refused(self, token: str) -> None:
        """The platform says that `token` is over: `access` gives another one. Nothing happens when it was replaced already."""
        if self._held is None or self._held.pair is None or self._held.pair.access != token:
            return
        if self._wall() < self._held.stored.refreshed_at + YOUNG:
            _log.error("zalo_oa_refuses_a_new_token")
            return
        self._over = token

    async def close(self) -> None:
        """Lets an exchange that was begun come to its end: cut off, it would lose the pair."""
        if self._flight is not None:
            await asyncio.wait({self._flight}, timeout=LONGEST_END)
        await self._exchange.close()

    async def _renewed(self) -> None:
        """One flight in this process; it goes on when those who wait for it are cancelled."""
        if self._flight is None or self._flight.done():
            self._flight = asyncio.create_task(self._fly())
            # Its error is for whoever waits; when nobody does any more, it was logged.
            self._flight.add_done_callback(lambda flight: flight.cancelled() or flight.exception())
        await asyncio.shield(self._flight)

    async def _fly(self) -> None:
        try:
            self._held = await self._db.read(self._look)
            if self._is_due():
                self._check_patience()
                await self._exchanged()
        except Unavailable as error:
            raise Passing(0, f"database: {error}") from None
        self._failed = self._not_before = None

    def _check_patience(self) -> None:
        failed, until = self._failed, self._not_before
        if failed is not None and until is not None and self._wall() < until:
            raise type(failed)(failed.code, failed.words)

    async def _exchanged(self) -> None:
        for _ in range(LOOKS):
            begun = self._wall()
            self._held, ours = await self._db.write(self._claim)
            if not self._is_due():
                if ours:
                    await self._db.write(lambda db: leases.give_back(db, self._name, self._holder))
                return
            # A process that was frozen since may have been succeeded.
            if ours and self._wall() - begun < LEASE / 4:
                await self._exchange_now()
                return
            if not self._is_over():
                return
            await self._sleep(LOOK_AGAIN)
        raise Passing(0, "another process is refreshing the token")

    async def _exchange_now(self) -> None:
        """Holds the lease. The order is the point: ask, commit, and only then use."""
        seed = self._seed if self._has_fresh_seed() else None
        token = self._account.seed if seed else self._refresh_token()
        try:
            if token is None:
                raise AuthError(0, "no refresh token that could be used")
            self._check_seal()
            pair = await self._exchange.ask(self._account, token)
        except OaError as error:
            await self._failed_with(error, seed)
            raise
        await self._saved(self._to_store(pair, seed))

    def _check_seal(self) -> None:
        """What could not be sealed afterwards would be lost."""
        try:
            self._seal.close("")
        except Exception as error:  # whatever the seal says: no key can be made or read
            _log.critical("zalo_oa_token_cannot_be_sealed", error=type(error).__name__)
            raise Passing(0, "the key file cannot be used") from None

    async def _saved(self, fresh: StoredPair) -> None:
        while True:
            try:
                self._held = await self._db.write(partial(self._put, fresh))
                break
            except Unavailable:
                _log.critical(
                    "zalo_oa_token_not_stored",
                    advice="do not stop the program: make the database writable, or the account must be connected anew",
                )
                await self._sleep(1.0)
        _log.info("zalo_oa_token_refreshed", until=fresh.access_until.isoformat())

    async def _failed_with(self, error: OaError, seed: str | None) -> None:
        refused = isinstance(error, AuthError)
        self._failed = error if refused else Passing(error.code, error.words)
        self._not_before = self._wall() + (AFTER_REFUSAL if refused else AFTER_FAILURE)
        if refused and seed and self._refresh_token():
            self._seed = self._failed = None  # mistyped, or used elsewhere: what is stored may go on
        if refused:
            _log.critical(
                "zalo_oa_token_refused",
                code=error.code,
                advice="a wrong app id or secret is mended first, the token is not used up by it; else get a new one and set "
                "HOTLINE_ZALO_OA_REFRESH_TOKEN to it (docs/zalo.md)",
            )
        elif isinstance(error, NoAnswer):
            _log.error("zalo_oa_token_answer_lost")
        with suppress(Unavailable):  # then the lease runs out by itself, and the next failure is told
            await self._db.write(partial(self._give_up, refused))

    # --- What runs inside a transaction

    def _look(self, db: Connection) -> _Held | None:
        stored = tokens.pair(db, self._name)
        return None if stored is None else _Held(stored, opened(self._seal, stored))

    def _claim(self, db: Connection) -> tuple[_Held | None, bool]:
        at = self._wall() if db.dialect.name == "sqlite" else leases.server_time(db)
        ours = leases.take(db, self._name, self._holder, at, LEASE)
        return self._look(db), ours

    def _put(self, fresh: StoredPair, db: Connection) -> _Held | None:
        if not tokens.store(db, self._name, fresh):
            _log.error("zalo_oa_token_was_replaced")
        leases.give_back(db, self._name, self._holder)
        return self._look(db)

    def _give_up(self, refused: bool, db: Connection) -> None:
        leases.give_back(db, self._name, self._holder)
        if refused:
            tell_administrators(db, self._now())

    # --- What is known

    def _to_store(self, pair: Pair, seed: str | None) -> StoredPair:
        before = self._held.stored if self._held else None
        used = (*before.seeds, *((seed,) if seed else ())) if before else (seed,)
        return StoredPair(
            before.version + 1 if before else 1,
            self._seal.close(json.dumps([pair.access, pair.refresh])),
            [one for one in used if one],
            pair.asked_at,
            pair.access_until,
            pair.refresh_until,
        )

    def _refresh_token(self) -> str | None:
        return (self._held.pair.refresh or None) if self._held and self._held.pair else None

    def _has_fresh_seed(self) -> bool:
        """Whether somebody has set a first token that was not used yet: it works once, so it is tried once more at most."""
        return self._seed is not None and (self._held is None or self._seed not in self._held.stored.seeds)

    def _is_due(self) -> bool:
        return self._is_over(EARLY) or self._has_fresh_seed()

    def _is_over(self, early: timedelta = timedelta(0)) -> bool:
        pair = self._held.pair if self._held else None
        return pair is None or pair.access == self._over or self._wall() >= pair.access_until - early
