"""What is wrong with what lies on the disk."""

from collections.abc import Mapping

from msgspec import Struct

from .finding import Finding, HealthCode

# A file may be so much larger than it should, until it is cleaned up.
_SLACK = 1.05
_BEHIND = 0.5
_MEGABYTE = 1_000_000


class JournalPicture(Struct, frozen=True, kw_only=True):
    """How large the journal is and may be, in bytes, and how much waits to be written."""

    size: int
    most: int
    waiting: int
    most_waiting: int
    is_healthy: bool = True


def journal(picture: JournalPicture) -> list[Finding]:
    """Return what is wrong with the journal: it cannot be written, is far behind, or has grown too large."""
    found: list[Finding] = []
    if not picture.is_healthy:
        found.append(Finding(code=HealthCode.JOURNAL_FAILING, details={"waiting": picture.waiting}))
    if picture.waiting > _BEHIND * picture.most_waiting:
        found.append(Finding(code=HealthCode.JOURNAL_BEHIND, details={"waiting": picture.waiting}))
    if picture.size > _SLACK * picture.most:
        size, most = round(picture.size / _MEGABYTE, 1), round(picture.most / _MEGABYTE, 1)
        found.append(Finding(code=HealthCode.LOG_SIZE, details={"megabytes": size, "limit": most}))
    return found


def set_aside(files: Mapping[str, str]) -> list[Finding]:
    """Return the files that could not be used, each with what was wrong with it."""
    return [
        Finding(code=HealthCode.STORE_SET_ASIDE, subject=name, details={"file": name}, technical=why)
        for name, why in files.items()
    ]


def unusable(definitions: Mapping[str, str]) -> list[Finding]:
    """Return the definitions that no longer validate, each with the reason."""
    return [
        Finding(code=HealthCode.DEFINITION_SET_ASIDE, subject=name, details={"name": name}, technical=why)
        for name, why in definitions.items()
    ]
