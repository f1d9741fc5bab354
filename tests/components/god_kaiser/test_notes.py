"""What the engine tells is noted, all of it."""

from custom_components.god_kaiser.core.effects import Ending, Occasion
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.journal.notes import ENDINGS, FORMER_KINDS, UNTOLD


def test_every_occasion_has_its_kind_in_the_journal() -> None:
    """One that had none would break what is done at that moment."""
    assert set(FORMER_KINDS.values()) | UNTOLD == set(Occasion)
    assert not UNTOLD & set(FORMER_KINDS.values())
    assert set(FORMER_KINDS) <= set(Noted)


def test_every_end_of_a_command_has_its_kind_in_the_journal() -> None:
    """Also one that nobody has thought of."""
    assert ENDINGS.keys() == set(Ending)
