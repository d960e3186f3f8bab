"""Runs the benchmarks (all, or those named) and prints one line each: `python -m bench [plan_reading …]`."""

import sys
from importlib import import_module

NAMES = ("plan_reading",)


def main() -> int:
    """0 when every bar is met, 1 when one is missed."""
    asked = sys.argv[1:] or NAMES
    if unknown := [name for name in asked if name not in NAMES]:
        print(f"unknown: {', '.join(unknown)}; known: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    met = [import_module(f"bench.{name}").main() for name in asked]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
