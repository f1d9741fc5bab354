"""Time as an argument."""

from datetime import datetime

from msgspec import Struct


class Instant(Struct, frozen=True, gc=False):
    """One moment on both clocks: aware UTC for people, monotonic seconds for deadlines."""

    utc: datetime
    monotonic: float
