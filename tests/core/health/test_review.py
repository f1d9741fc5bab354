"""A look back at many runs, against numbers that were counted by hand."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.health.review import Review
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.fault import Fault
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.run import Run
from custom_components.god_kaiser.core.sequences.status import RunStatus

RUN = Run(
    id="0", program=Sequence(id="w", name="Watering", phases=()), status=RunStatus.COMPLETED, started_at=0.0, clock=1.0
)


@pytest.mark.req("ROB-82")
def test_the_numbers_are_those_of_the_runs() -> None:
    """How many went well, of what the others failed, and which took longest; then it begins anew."""
    review = Review()
    for number in range(6):
        review.add(replace(RUN, id=str(number), clock=float(number)))
    review.add(replace(RUN, id="x", status=RunStatus.FAILED, fault=Fault(code=SequenceCode.STEP_FAILED), clock=90.0))
    review.add(replace(RUN, id="y", status=RunStatus.TIMED_OUT, reason="emergency_timeout", clock=0.5))
    told = review.conclude()
    assert (told["runs"], told["success_rate"]) == (8, 75.0)
    assert told["by_status"] == {"completed": 6, "failed": 1, "timed_out": 1}
    assert told["failures"] == {"step_failed": 1, "emergency_timeout": 1}
    slowest = told["slowest"]
    assert isinstance(slowest, list)
    assert [each["run"] for each in slowest] == ["x", "5", "4", "3", "2"]
    assert slowest[0] == {"run": "x", "sequence": "Watering", "seconds": 90.0}
    again = Review()
    review.add(RUN)
    again.gathered = review.gathered
    again.add(replace(RUN, id="1", clock=2.0))
    assert (again.conclude()["runs"], review.conclude()["runs"]) == (2, 1)
    empty = review.conclude()
    assert (empty["runs"], empty["success_rate"], empty["slowest"]) == (0, 0.0, [])
