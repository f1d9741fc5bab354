"""What goes wrong with those who follow live: no room for one more, clients that do not read, and what cannot be told again."""

from collections import deque

from msgspec import Struct

from .finding import Finding, HealthCode

# What has happened once is told for so long.
LATELY = 600.0
_MOST = 1000


class StreamPicture(Struct, frozen=True, kw_only=True):
    """How many listen and may listen, how many were let go lately, and for how many nothing could be told again, with why."""

    listening: int
    most: int
    let_go: int = 0
    broken: int = 0
    technical: str = ""


class StreamTally:
    """Who listens, and what has gone wrong with that lately."""

    def __init__(self, most: int) -> None:
        """Start with nobody, and room for so many."""
        self.listening = 0
        self._most = most
        self._let_go: deque[float] = deque(maxlen=_MOST)
        self._broken: deque[float] = deque(maxlen=_MOST)
        self._technical = ""

    def let_go(self, at: float) -> None:
        """Count a client that did not read what it was sent."""
        self._let_go.append(at)

    def broke(self, at: float, technical: str) -> None:
        """Count a client to which what it had missed could not be told."""
        self._broken.append(at)
        self._technical = technical

    def picture(self, now: float) -> StreamPicture:
        """Return how it is now."""
        broken = _lately(self._broken, now)
        return StreamPicture(
            listening=self.listening,
            most=self._most,
            let_go=_lately(self._let_go, now),
            broken=broken,
            technical=self._technical if broken else "",
        )


def streams(picture: StreamPicture) -> list[Finding]:
    """Return what is wrong with those who follow live."""
    found: list[Finding] = []
    if picture.listening >= picture.most:
        found.append(Finding(code=HealthCode.STREAMS_FULL, details={"count": picture.listening}))
    if picture.let_go:
        found.append(Finding(code=HealthCode.STREAM_CLIENTS_LOST, details={"count": picture.let_go}))
    if picture.broken:
        details: dict[str, str | int | float] = {"count": picture.broken}
        found.append(Finding(code=HealthCode.STREAM_BROKEN, details=details, technical=picture.technical))
    return found


def _lately(moments: deque[float], now: float) -> int:
    while moments and moments[0] < now - LATELY:
        moments.popleft()
    return len(moments)
