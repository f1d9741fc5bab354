"""How Home Assistant itself is, and the checks."""

from .finding import Finding, HealthCode

SLOW_LOOP = 0.5


def loop(lag: float) -> list[Finding]:
    """Return that everything waits for its turn for too long; the lag is in seconds."""
    return [Finding(code=HealthCode.LOOP_SLOW, details={"milliseconds": round(lag * 1000)})] if lag > SLOW_LOOP else []


def failed(check: str, technical: str) -> Finding:
    """Return that a check has failed itself, which says nothing about what it looks at."""
    return Finding(code=HealthCode.CHECK_FAILED, subject=check, details={"check": check}, technical=technical)
