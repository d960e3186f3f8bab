"""How many examples: a thousand in all in every run of the tests, any number by `make fuzz` (FUZZ_EXAMPLES)."""

import os

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1000"))


def share(percent: int) -> int:
    return max(1, EXAMPLES * percent // 100)
