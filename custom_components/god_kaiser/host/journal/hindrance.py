"""Why a file cannot be used, as far as that can be seen from outside; most often it is only the disk."""

from enum import StrEnum
import os
from pathlib import Path
from typing import NamedTuple

from ..database import parts_of


class Obstacle(StrEnum):
    """What a person has to put right: the key of the repair issue."""

    NOT_PERMITTED = "journal_not_permitted"
    IN_THE_WAY = "journal_in_the_way"


class Hindrance(NamedTuple):
    """What is wrong with which file or folder, as people find it in the configuration."""

    obstacle: Obstacle
    place: str


def hindrance_at(path: Path) -> Hindrance | None:
    """Return what keeps us from using a file; None where that is the disk itself, or nothing."""
    try:
        parts = [part for part in parts_of(path) if part.exists()]
        if strange := next((part for part in parts if not part.is_file()), None):
            return Hindrance(Obstacle.IN_THE_WAY, _shown(strange))
        # Of a disk that takes nothing nobody has taken any rights.
        is_fixed = bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return None
    wanted = [(path.parent, os.W_OK | os.X_OK), *((part, os.R_OK | os.W_OK) for part in parts)]
    refused = [place for place, mode in wanted if not _may(place, mode)]
    return Hindrance(Obstacle.NOT_PERMITTED, _shown(refused[-1])) if refused and not is_fixed else None


def _shown(place: Path) -> str:
    return "/".join(place.parts[-2:])


def _may(place: Path, mode: int) -> bool:
    return os.access(place, mode, effective_ids=os.access in os.supports_effective_ids)
