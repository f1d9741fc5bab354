"""How much a disk is given before people hear of it; what people have chosen holds for everything that is kept."""

from typing import Final, NamedTuple

USUAL_RETRIES: Final = 3
# A disk that has not answered by then is a fault, too.
PATIENCE: Final = 30.0


class Endurance(NamedTuple):
    """How often it is tried in vain before people are told, and for how many seconds the disk may think it over."""

    retries: int = USUAL_RETRIES
    patience: float = PATIENCE
