"""What is wrong with what lies on the disk."""

from collections.abc import Mapping

from msgspec import Struct

from .finding import Finding, HealthCode

# A file may be so much larger than it should, until it is cleaned up.
_SLACK = 1.05
_BEHIND = 0.5
_MEGABYTE = 1_000_000
# Nobody lays anything down in the journal, so nobody can enter it anew.
_SET_ASIDE = {"journal": HealthCode.JOURNAL_SET_ASIDE}


class JournalPicture(Struct, frozen=True, kw_only=True):
    """How large the journal is and may be, in bytes, how much waits to be written, and what else there is to say of it."""

    size: int
    most: int
    waiting: int
    most_waiting: int
    is_healthy: bool = True
    # What it is called that it is written, but cannot be read.
    unreadable: HealthCode | None = None
    # Events among the others that cannot be read.
    unreadable_rows: int = 0
    was_removed: bool = False
    # Events of runs that go on for which there was no room.
    cut: int = 0


def journal(picture: JournalPicture) -> list[Finding]:
    """Return what is wrong with the journal: it cannot be written or read, is far behind or too large, or was taken away."""
    found: list[Finding] = []
    if not picture.is_healthy:
        found.append(Finding(code=HealthCode.JOURNAL_FAILING, details={"waiting": picture.waiting}))
    if picture.waiting > _BEHIND * picture.most_waiting:
        found.append(Finding(code=HealthCode.JOURNAL_BEHIND, details={"waiting": picture.waiting}))
    if picture.unreadable is not None:
        found.append(Finding(code=picture.unreadable))
    if picture.unreadable_rows:
        found.append(Finding(code=HealthCode.JOURNAL_ROWS_UNREADABLE, details={"count": picture.unreadable_rows}))
    if picture.was_removed:
        found.append(Finding(code=HealthCode.JOURNAL_REMOVED))
    if picture.cut:
        found.append(Finding(code=HealthCode.RUN_EVENTS_CUT, details={"count": picture.cut}))
    if picture.size > _SLACK * picture.most:
        size, most = round(picture.size / _MEGABYTE, 1), round(picture.most / _MEGABYTE, 1)
        found.append(Finding(code=HealthCode.LOG_SIZE, details={"megabytes": size, "limit": most}))
    return found


def set_aside(files: Mapping[str, str]) -> list[Finding]:
    """Return the files that could not be used, each with what was wrong with it."""
    return [
        Finding(
            code=_SET_ASIDE.get(name, HealthCode.STORE_SET_ASIDE), subject=name, details={"file": name}, technical=why
        )
        for name, why in files.items()
    ]


def unusable(definitions: Mapping[str, str]) -> list[Finding]:
    """Return the definitions that no longer validate, each with the reason."""
    return [
        Finding(code=HealthCode.DEFINITION_SET_ASIDE, subject=name, details={"name": name}, technical=why)
        for name, why in definitions.items()
    ]
