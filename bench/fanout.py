"""B4 and B8: what the platform's limits leave, used to the full: a fan-out beside fresh complaints, a jam in a duty group."""

import re
import tempfile
import time
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from bench.bots import GROUP, OFFICERS, hotline, wait_for
from bench.stub import Accepted, Stub
from bench.table import Line

REMINDERS = 3000
EVERY = 2.0
"""Seconds between two fresh complaints during the fan-out."""
JAM = 1000


def lines() -> list[Line]:
    """The table's lines."""
    return [*_fan_out(), *_jam()]


def _fan_out() -> list[Line]:
    with Stub() as stub, tempfile.TemporaryDirectory() as folder:
        with hotline(stub, Path(folder), paced=True, reminders=REMINDERS):
            wait_for(1, stub)
            chats = 0
            while _reminders(stub.accepted()) < REMINDERS:
                chats += 1
                stub.people_write([chats])
                time.sleep(EVERY)
        sent, written = stub.accepted(), stub.written_at()
    out = [one.at for one in sent if one.chat_id >= OFFICERS]
    during = [one.at for one in sent if out[0] <= one.at <= out[-1]]
    rate = (len(during) - 1) / (out[-1] - out[0])
    most = _most_in_a_second([one.at for one in sent])
    first = {
        chat: min(one.at for one in sent if one.chat_id == chat) for chat in written if chat <= chats - 3
    }
    waits = sorted(first[chat] - written[chat] for chat in first)
    p99 = waits[min(len(waits) - 1, int(0.99 * len(waits)))]
    return [
        Line("B4 fan-out / 30 a second", rate / 30, "≥ 0.99", "", f"{rate:.2f} messages/s", rate >= 29.7),
        Line("B4 most in one second", most, "≤ 30", "", f"{len(sent)} messages", most <= 30),
        Line("B4 receipt p99 meanwhile", p99, "≤ 1 s", "0.2 s", f"{len(waits)} complaints", p99 <= 1.0, " s"),
    ]


def _jam() -> list[Line]:
    with Stub() as stub, tempfile.TemporaryDirectory() as folder:
        stub.people_write(range(1, JAM + 1))
        with hotline(stub, Path(folder), paced=True, group=True):
            wait_for(1, stub)
            began, ends = time.monotonic(), time.monotonic() + 240
            while _seen(stub.accepted()) < JAM and time.monotonic() < ends:
                time.sleep(0.2)
        group = [one for one in stub.accepted() if one.chat_id == GROUP]
    seen = _seen(group)
    took = max(one.at for one in group) - began if group else 0.0
    a_minute = _most_within([one.at for one in group if one.method.startswith("send")], 60)
    return [
        Line(
            f"B8 {JAM} tickets in a group",
            took,
            "≤ 15 s",
            "",
            f"{seen} seen in {len(group)} messages",
            seen == JAM and took <= 15,
            " s",
        ),
        Line("B8 messages a minute", a_minute, "≤ 20", "", "sent, not edited", a_minute <= 20),
    ]


def _reminders(sent: Sequence[Accepted]) -> int:
    return sum(one.chat_id >= OFFICERS for one in sent)


def _seen(sent: Sequence[Accepted]) -> int:
    """How many of the day's numbers 0001 … 1000 the group has read."""
    found = {
        int(n) for one in sent if one.chat_id == GROUP for n in re.findall(r"(?<!\d)\d{4}(?!\d)", one.text)
    }
    return len(found & set(range(1, JAM + 1)))


def _most_in_a_second(times: Sequence[float]) -> int:
    return _most_within(times, 1.0)


def _most_within(times: Sequence[float], seconds: float) -> int:
    """The largest number of them in any window of that length, half open."""
    ordered = sorted(times)
    return max((bisect_right(ordered, at + seconds - 1e-9) - n for n, at in enumerate(ordered)), default=0)
