"""Runs the benchmarks (all, or those named) and prints one line each: `python -m bench [receipts …]`."""

import sys
from importlib import import_module

NAMES = ("plan_reading", "receipts", "fanout", "timers", "stored")


def main() -> int:
    """0 when every bar is met, 1 when one is missed."""
    asked = sys.argv[1:] or NAMES
    if unknown := [name for name in asked if name not in NAMES]:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    met = True
    for name in asked:
        for line in import_module(f"bench.{name}").lines():
            print(line, flush=True)
            met = met and line.met
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
