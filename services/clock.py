"""The one place that asks what time it is; who needs to know is given a `Clock`, so that a test can give its own."""

import time
from collections.abc import Callable

Clock = Callable[[], int]


def now_us() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1_000
