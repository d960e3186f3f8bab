"""How many examples: a thousand in all in every run of the tests, any number by `make fuzz` (FUZZ_EXAMPLES)."""

import os

from hypothesis import HealthCheck, Phase, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1000"))


def examples(percent: int) -> settings:
    """So much of all examples. What fails is shown as it was met: a house remembers what came before, a shorter example says less
    than the seed, and looking for it takes minutes."""
    return settings(
        max_examples=max(1, EXAMPLES * percent // 100),
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )
