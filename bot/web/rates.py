"""How fast one browser and one address may write. Too fast is never a loss: the page keeps the text and comes again."""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket: `burst` at once, then `per_second`."""

    burst: float
    per_second: float


MEGABYTE = 1024 * 1024
SESSION_MESSAGES = Rate(20, 1)
# A whole truck park sits behind one address of a mobile provider.
ADDRESS_MESSAGES = Rate(300, 20)
SESSION_BYTES = Rate(260 * MEGABYTE, 0.2 * MEGABYTE)
ADDRESS_BYTES = Rate(2000 * MEGABYTE, 4 * MEGABYTE)
SIGN_INS = Rate(10, 1 / 6)
# An office reads its calendars from behind one address; whoever reads what is not there is guessing.
CALENDARS = Rate(120, 2)
CALENDAR_GUESSES = Rate(10, 1 / 6)


class Rates:
    """Buckets by name. At most `most` are remembered, the longest unused go first (a full bucket is like none)."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._buckets: OrderedDict[tuple[str, Rate], tuple[float, float]] = OrderedDict()

    def wait(self, wanted: list[tuple[str, Rate, float]], now: float, take: bool = True) -> int:
        """0 and all of `wanted` (name, rate, cost) is taken; or whole seconds to wait, and nothing is taken.

        Without `take` it only says whether there would be enough.
        """
        levels = [self._level(name, rate, now) for name, rate, _ in wanted]
        short = [
            (min(cost, rate.burst) - level) / rate.per_second
            for level, (_, rate, cost) in zip(levels, wanted, strict=True)
        ]
        if max(short) > 0:
            return ceil(max(short))
        if not take:
            return 0
        for level, (name, rate, cost) in zip(levels, wanted, strict=True):
            self._buckets[name, rate] = (level - min(cost, rate.burst), now)
            self._buckets.move_to_end((name, rate))
        while len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0

    def _level(self, name: str, rate: Rate, now: float) -> float:
        level, at = self._buckets.get((name, rate), (rate.burst, now))
        return min(rate.burst, level + max(0.0, now - at) * rate.per_second)
