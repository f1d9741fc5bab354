"""What can be done about a run that has failed: nobody is left with a number."""

import pytest

from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.sequences.advice import ADVICE, advice_about
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.fault import Fault
from custom_components.god_kaiser.core.sequences.findings import Advice


@pytest.mark.req("EXE-09")
@pytest.mark.parametrize("code", SequenceCode)
def test_every_number_has_something_that_can_be_done(code: SequenceCode) -> None:
    """At least one thing."""
    assert ADVICE[code]
    assert advice_about(Fault(code=code, reason="whatever was said")) == ADVICE[code]


@pytest.mark.req("EXE-09")
@pytest.mark.parametrize("ground", Ground)
def test_what_the_gate_had_against_it_knows_better(ground: Ground) -> None:
    """Each of its reasons has advice of its own."""
    assert len(advice_about(Fault(code=SequenceCode.SAFETY_BLOCKED, reason=ground.value))) == 1


def test_several_reasons_have_several_pieces_of_advice_each_once() -> None:
    """In their order."""
    reason = f"{Ground.DEVICE_OFFLINE}, {Ground.EMERGENCY_STOP_ACTIVE}, {Ground.DEVICE_OFFLINE}"
    found = advice_about(Fault(code=SequenceCode.SAFETY_BLOCKED, reason=reason))
    assert found == (Advice.CHECK_POWER_AND_NETWORK, Advice.CLEAR_STOP)
