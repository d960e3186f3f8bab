"""Any order of asking, waiting, refusals, restarts and new first tokens: no refresh token is used twice, nobody is left outside."""

import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.zalo_oa.client import OaError
from bot.zalo_oa.exchange import Exchange, OaAccount
from bot.zalo_oa.tokens import Tokens
from storage.database import Database
from tests.doubles.zalooa_oauth import APP_ID, APP_SECRET, OauthDouble
from tests.town import HandClock, KeyInHand, new_file

PROCESSES = 3
NUMBER = st.integers(0, PROCESSES - 1)
STEPS = st.one_of(
    st.tuples(st.just("all ask"), st.integers(1, 4)),
    st.tuples(st.just("one asks"), NUMBER),
    st.tuples(st.just("restarts"), NUMBER),
    st.tuples(st.just("hours pass"), st.sampled_from([0.01, 0.5, 1, 23, 24, 24.5, 26, 24 * 5])),
    st.tuples(st.just("platform forgets"), st.just(0)),
    st.tuples(st.just("refuses"), NUMBER),
    st.tuples(st.just("fails for a moment"), st.just(0)),
    st.tuples(st.just("new consent"), NUMBER),
)


@dataclass(slots=True)
class Walk:
    """Three processes of one account; `seed` is what the setting says now."""

    oauth: OauthDouble
    clock: HandClock
    doors: Sequence[Database]
    seed: str
    seal: KeyInHand = field(default_factory=KeyInHand)
    running: list[Tokens] = field(default_factory=list)

    def start(self, number: int) -> Tokens:
        account = OaAccount(APP_ID, APP_SECRET, self.seed, self.oauth.base_url)
        now = self.clock.now
        return Tokens(self.doors[number], self.seal, account, Exchange(now), now, now, sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.002)

    async def step(self, name: str, what: float) -> None:
        match name:
            case "all ask":
                asking = (one.access() for one in self.running for _ in range(int(what)))
                await asyncio.gather(*asking, return_exceptions=True)
            case "one asks":
                with suppress(OaError):
                    await self.running[int(what)].access()
            case "restarts":
                await self.running[int(what)].close()
                self.running[int(what)] = self.start(int(what))
            case "hours pass":
                self.clock.passes(hours=what)
            case "platform forgets":
                self.oauth.forget_all()
            case "refuses":
                await self._meets_a_refusal(self.running[int(what)])
            case "fails for a moment":
                self.oauth.refuses.append((503, {}))
            case "new consent":
                self.seed = self.oauth.consents()
                await self.step("restarts", what)

    async def _meets_a_refusal(self, one: Tokens) -> None:
        """As the client does: what the platform refuses is handed back."""
        with suppress(OaError):
            token = await one.access()
            if self.oauth.accepts(token):
                await one.refused(token)

    async def settled(self, number: int) -> int:
        """What the platform says of the token of a process, once the weather is fine and whatever waits was waited out."""
        self.oauth.refuses.clear()
        self.clock.passes(hours=1)
        for _ in range(3):
            await self._meets_a_refusal(self.running[number])
        return self.oauth.accepts(await self.running[number].access())


@settings(max_examples=25)
@given(st.lists(STEPS, max_size=14))
def test_no_refresh_token_is_used_twice_and_everybody_ends_with_a_good_token(
    steps: list[tuple[str, float]],
) -> None:
    async def walked() -> None:
        clock = HandClock()
        with tempfile.TemporaryDirectory() as folder:
            url = new_file(Path(folder) / "walk.db")
            async with (
                OauthDouble(clock.now) as oauth,
                Database(url) as a,
                Database(url) as b,
                Database(url) as c,
            ):
                walk = Walk(oauth, clock, (a, b, c), oauth.consents())
                walk.running = [walk.start(number) for number in range(PROCESSES)]
                for name, what in steps:
                    await walk.step(name, what)
                    assert oauth.reused == 0
                assert [await walk.settled(number) for number in range(PROCESSES)] == [0, 0, 0]
                assert oauth.reused == 0
                for one in walk.running:
                    await one.close()

    asyncio.run(walked())
