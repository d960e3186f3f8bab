"""`make fuzz`, or `python -m tests.fuzz --examples N --seed S`: generated input in pieces, each with a seed of its own.

A piece is a run of tests/fuzz of its own: its examples can be had again by its seed alone, and what a generator remembers of
its examples does not grow with their number.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator

PIECE = 5000


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("--examples", type=int, default=100_000)
    asked.add_argument("--seed", type=int, default=1, help="of the first piece; the next one has the next")
    asked.add_argument("--workers", default="auto", help="as pytest-xdist's -n")
    given = asked.parse_args()
    failed = 0
    for seed, size in _pieces(given.examples, given.seed):
        began = time.monotonic()
        code = _run(seed, size, given.workers)
        failed += code != 0
        _say(f"seed {seed}: {size} examples in {time.monotonic() - began:.0f} s{', FAILED' if code else ''}")
    _say(f"{given.examples} examples, {failed} pieces failed")
    return 1 if failed else 0


def _pieces(examples: int, seed: int) -> Iterator[tuple[int, int]]:
    """(seed, size) of each."""
    for number, done in enumerate(range(0, examples, PIECE)):
        yield seed + number, min(PIECE, examples - done)


def _run(seed: int, size: int, workers: str) -> int:
    words = ("-q", "-n", workers, "--no-header", f"--hypothesis-seed={seed}", "tests/fuzz")
    command = [sys.executable, "-m", "pytest", *words]
    return subprocess.run(command, env={**os.environ, "FUZZ_EXAMPLES": str(size)}, check=False).returncode


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
