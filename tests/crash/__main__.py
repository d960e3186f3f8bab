"""`make crash`, or `python -m tests.crash --kills N --seed S --database postgresql`: the program is killed N times, and what
it left is looked at."""

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests import postgres
from tests.crash.lives import DATABASES, MOST_IN_FLIGHT, Result, database_of, endured

A_FOLDER = 50
"""Kills of one folder of data: as many as people have the patience for; then a fresh one is begun."""


A_PAGE = 40
"""Findings of one folder that are printed."""


async def _run(kind: str, kills: int, seed: int, server_kills: int) -> list[Result]:
    results, done = [], 0
    for first in range(0, kills, A_FOLDER):
        folder, began = Path(tempfile.mkdtemp(prefix="hotline-crash-")), time.monotonic()
        async with database_of(kind, folder) as address:
            share, left = min(A_FOLDER, kills - first), server_kills - done
            here = min(A_FOLDER, left) if first + A_FOLDER < kills else left
            result = await endured(folder, address, share, seed + first, here)
            done += here
            if result.findings and kind == "postgresql":
                await asyncio.to_thread(postgres.dump, address, folder / "left.sql")
        results.append(result)
        _say(_line(result, time.monotonic() - began))
        if result.findings:
            _say(f"  to be looked at: {folder}")
        else:
            shutil.rmtree(folder)
    return results


def _line(result: Result, seconds: float) -> str:
    told = f"{result.messages} messages, {result.answers} answers, {result.fired} timers"
    told += f", claimed {result.claims['ByTelephone']} by telephone, {result.claims['AtADesk']} at a desk"
    doubled = f"{result.doubled} receipts doubled, at most {result.most_in_flight} by one kill"
    where = ", ".join(f"{name} {count}" for name, count in sorted(result.at.items()))
    wrong = "".join(f"\n  WRONG: {finding}" for finding in result.findings[:A_PAGE])
    if (more := len(result.findings) - A_PAGE) > 0:
        wrong += f"\n  … and {more} more"
    return f"seed {result.seed}: {result.kills} kills in {seconds:.0f} s ({where}); {told}; {doubled}{wrong}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--seed", type=int, default=None, help="the same deaths and words again")
    asked.add_argument("--database", choices=DATABASES, default=DATABASES[0])
    asked.add_argument(
        "--server-kills", type=int, default=0, help="of the PostgreSQL server, while the program lives"
    )
    given = asked.parse_args()
    if given.server_kills and given.database != "postgresql":
        asked.error("a file has no server")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    _say(f"--database {given.database} --seed {seed}")
    try:
        results = asyncio.run(_run(given.database, given.kills, seed, given.server_kills))
    finally:
        postgres.stop()
    wrong = sum(len(result.findings) for result in results)
    most = max((result.most_in_flight for result in results), default=0)
    kills = sum(result.kills for result in results)
    _say(f"{kills} kills, {wrong} findings, at most {most} receipts in flight")
    return 1 if wrong or most > MOST_IN_FLIGHT else 0


if __name__ == "__main__":
    sys.exit(main())
