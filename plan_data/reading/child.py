"""The process that takes one file apart: the file on stdin, its ending and its seconds as arguments, JSON on stdout."""

import sys

from plan_data.reading.apart import MEMORY_BYTES, OUT_OF_MEMORY, packed, refused
from plan_data.reading.files import read_source
from plan_data.reading.source import BadPlan


def main() -> int:
    """0 with the source or a refusal on stdout; OUT_OF_MEMORY when the file needs more than it may."""
    ending, seconds = sys.argv[1], int(sys.argv[2])
    _limit(seconds)
    try:
        answer = packed(read_source(sys.stdin.buffer.read(), f"plan{ending}"))
    except BadPlan as bad:
        answer = refused(str(bad))
    except MemoryError:
        return OUT_OF_MEMORY
    sys.stdout.buffer.write(answer)
    return 0


def _limit(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows: there the parent's time limit has to do
        return
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    raise SystemExit(main())
