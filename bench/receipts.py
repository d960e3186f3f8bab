"""B1 and B3: how fast a message gets its receipt, in a burst and one by one, beside the bot that one writes first."""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from bench.bots import STAFF, hotline, naive
from bench.raw import commits_a_second
from bench.stub import Stub
from bench.table import Line

BURST = 5000
RATE = 20
SECONDS = 15
Bot = Callable[[Stub, Path], AbstractContextManager[object]]


def lines() -> list[Line]:
    """The table's lines."""
    with tempfile.TemporaryDirectory() as folder:
        raw = commits_a_second(Path(folder))
    ours, theirs = burst(hotline), burst(naive)
    near, near_naive = steady(hotline, 0.0), steady(naive, 0.0)
    far, far_naive = steady(hotline, 0.05), steady(naive, 0.05)
    return [
        Line(
            "B1 burst / naive",
            ours / theirs,
            "≥ 3",
            "7",
            f"{ours:.0f} and {theirs:.0f} receipts/s",
            ours >= 3 * theirs,
        ),
        Line("B1 burst / raw", ours / raw, "≥ 0.25", "0.5", f"raw {raw:.0f} commits/s", ours >= 0.25 * raw),
        Line("B3 receipt p50", near / near_naive, "≤ 1", "0.5", _ms(near, near_naive), near <= near_naive),
        Line("B3 at 50 ms", far / far_naive, "≤ 0.05", "", _ms(far, far_naive), far <= 0.05 * far_naive),
    ]


def burst(bot: Bot, messages: int = BURST) -> float:
    """Receipts a second, from the start of the first answer to the last receipt, all messages waiting before the start."""
    with Stub() as stub, tempfile.TemporaryDirectory() as folder:
        stub.people_write(range(1, messages + 1))
        with bot(stub, Path(folder)):
            receipts = _receipts(stub, messages)
    times = sorted(receipts.values())
    # From the first receipt on: starting up is measured elsewhere.
    return (len(times) - 1) / (times[-1] - times[0])


def steady(bot: Bot, latency: float) -> float:
    """The median seconds from a message waiting to its receipt accepted, at RATE messages a second."""
    with Stub() as stub, tempfile.TemporaryDirectory() as folder, bot(stub, Path(folder)):
        stub.people_write([1])
        _receipts(stub, 1)  # it is up
        stub.slow(latency)
        began, total = time.monotonic(), RATE * SECONDS
        for number in range(total):
            time.sleep(max(0.0, began + number / RATE - time.monotonic()))
            stub.people_write([2 + number])
        receipts = _receipts(stub, total + 1)
        written = stub.written_at()
    return statistics.median(receipts[chat] - written[chat] for chat in receipts if chat > 1)


def _receipts(stub: Stub, people: int, seconds: float = 300) -> dict[int, float]:
    """Chat → when its first message was accepted. Raises TimeoutError."""
    found: dict[int, float] = {}
    seen, ends = 0, time.monotonic() + seconds
    while len(found) < people:
        if time.monotonic() > ends:
            raise TimeoutError(f"{len(found)} of {people} receipts after {seconds:g} s")
        news = stub.accepted(seen)
        seen += len(news)
        for one in news:
            if one.chat_id > 0 and one.chat_id not in STAFF:
                found.setdefault(one.chat_id, one.at)
        time.sleep(0.05)
    return found


def _ms(ours: float, theirs: float) -> str:
    return f"{1000 * ours:.1f} and {1000 * theirs:.1f} ms"


def shown(values: Sequence[Line]) -> None:
    for line in values:
        print(line)


if __name__ == "__main__":
    shown(lines())
