"""How often a law is tried: a little in the suite, alike every time; `make fuzz` tries it often, and anew each time."""

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))
"""How many times as many examples are tried as in the suite; a failure is printed with what makes it happen again."""

settings.register_profile(
    "patient",
    max_examples=100 * TIMES,
    # No law is about time, and the first example may have to wait until the kernel is compiled, or for a busy machine.
    deadline=None,
    derandomize=TIMES == 1,
    # One blog does for all examples of a law; a law that needs an empty one counts from where it stood before.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def examples(count: int) -> settings:
    """Return how often a law is tried of which the suite tries so many examples."""
    return settings(settings.get_profile("patient"), max_examples=count * TIMES)
