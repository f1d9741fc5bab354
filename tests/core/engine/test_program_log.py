"""The log of a run: what a person reads afterwards, line by line, and which part of the house each line is about."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.engine.program_log import lines_of, logged, with_lines
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.deliveries import Delivery, Signature
from custom_components.god_kaiser.core.sequences.fault import Fault
from custom_components.god_kaiser.core.sequences.findings import Advice, Check, Finding, Severity
from custom_components.god_kaiser.core.sequences.limits import MOST_LINES
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.orders import Order, PhaseBegun, StepBegun, StepEnded, TellPeople
from custom_components.god_kaiser.core.sequences.run import Line, PhaseResult, Run, StepResult, StepStatus
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.steps.tell import Level, Log
from tests.builders import an_instant

RUN = Run(id="r1", program=Sequence(id="water", name="Water", phases=()), status=RunStatus.RUNNING, started_at=0.0)
KEY = CommandId("r1:1")


def lines(before: Run | None, run: Run, *orders: Order) -> list[tuple[str, str, str]]:
    """Return the lines that are added, by level, domain and text."""
    return [(line.level, line.domain, line.text) for line in logged(before, run, orders, an_instant(5.0)).log]


def a_result(status: StepStatus, reason: str = "", code: SequenceCode | None = None) -> StepResult:
    """Return what became of a step."""
    return StepResult(
        place="main / 1", name="", kind="set", status=status, began=0.0, ended=1.0, reason=reason, code=code
    )


@pytest.mark.req("EXE-41")
@pytest.mark.parametrize(
    ("was", "run", "line"),
    [
        (RunStatus.PREFLIGHT, RUN, ("ok", "step", "started")),
        (RunStatus.QUEUED, RUN, ("ok", "step", "started")),
        (RunStatus.PAUSED, RUN, ("ok", "step", "resumed")),
        (RunStatus.RUNNING, replace(RUN, status=RunStatus.PAUSED, halted_by="Ada"), ("ok", "step", "paused")),
        (RunStatus.RUNNING, replace(RUN, status=RunStatus.HELD), ("ok", "step", "held")),
        (RunStatus.RUNNING, replace(RUN, status=RunStatus.INTERRUPTED), ("warn", "step", "interrupted")),
        (RunStatus.INTERRUPTED, RUN, ("ok", "step", "resumed")),
        (RunStatus.RUNNING, replace(RUN, status=RunStatus.COMPLETED), ("ok", "step", "completed")),
        (
            RunStatus.RUNNING,
            replace(RUN, status=RunStatus.FAILED, fault=Fault(code=SequenceCode.STEP_FAILED, reason="stuck")),
            ("error", "step", "stuck"),
        ),
        (
            RunStatus.RUNNING,
            replace(RUN, status=RunStatus.FAILED, fault=Fault(code=SequenceCode.SAFETY_BLOCKED)),
            ("error", "safety", "failed"),
        ),
    ],
)
def test_every_turn_of_a_run_is_a_line(was: RunStatus, run: Run, line: tuple[str, str, str]) -> None:
    """With the part of the house that it is about."""
    assert lines(replace(RUN, status=was), run) == [line]


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.WAITING])
def test_a_run_that_only_goes_on_writes_nothing(status: RunStatus) -> None:
    """A log of everything is read by nobody."""
    assert lines(RUN, replace(RUN, status=status)) == []


def test_who_has_halted_a_run_and_why_stands_in_its_line() -> None:
    """So that nobody has to guess."""
    paused = replace(RUN, status=RunStatus.PAUSED, reason="rain", halted_by="Ada")
    (line,) = logged(RUN, paused, (), an_instant(5.0)).log
    assert line.details == {"reason": "rain", "by": "Ada"}


@pytest.mark.req("EXE-42", "EXE-43")
@pytest.mark.parametrize(
    ("order", "line"),
    [
        (TellPeople(key=KEY, step=Log(text="it rains", level=Level.WARN)), ("warn", "step", "it rains")),
        (StepEnded(result=a_result(StepStatus.FAILED, reason="stuck")), ("error", "step", "stuck")),
        (StepEnded(result=a_result(StepStatus.FAILED, code=SequenceCode.TIMED_OUT)), ("error", "step", "timed_out")),
        (StepEnded(result=a_result(StepStatus.FAILED)), ("error", "step", "failed")),
        (StepEnded(result=a_result(StepStatus.SKIPPED)), ("warn", "step", "skipped")),
        (StepBegun(place="main / 1", name="Pump", attempt=2), ("warn", "step", "Pump")),
        (StepBegun(place="main / 1", name="", attempt=3), ("warn", "step", "main / 1")),
    ],
)
def test_what_a_step_does_wrong_or_says_is_a_line(order: Order, line: tuple[str, str, str]) -> None:
    """What goes right is no news."""
    assert lines(RUN, RUN, order) == [line]
    assert lines(RUN, RUN, StepBegun(place="main / 1", name="Pump", attempt=1)) == []
    assert lines(RUN, RUN, StepEnded(result=a_result(StepStatus.COMPLETED))) == []


def test_each_phase_is_a_line_at_its_begin_and_at_its_end() -> None:
    """In the order in which it has happened, also where several come in one breath, and where one is tried again."""
    fill, water, rest = (PhaseResult(name=name, began=0.0, ended=1.0) for name in ("fill", "water", "rest"))
    failed = replace(water, code=SequenceCode.STEP_FAILED)
    again = replace(water, attempt=2)
    said = TellPeople(key=KEY, step=Log(text="it rains", level=Level.OK))
    water_begun = [PhaseBegun(name="water", attempt=number) for number in (1, 2)]
    begun: tuple[Order, ...] = (*water_begun, said, PhaseBegun(name="rest", attempt=1))
    run = replace(RUN, phases=(fill, failed, again, rest))
    told = logged(replace(RUN, phases=()), run, begun, an_instant(5.0)).log
    assert [(line.level, line.text, line.details.get("phase")) for line in told] == [
        ("ok", "phase_completed", "fill"),
        ("ok", "phase_started", "water"),
        ("ok", "phase_not_completed", "water"),
        ("warn", "phase_again", "water"),
        ("ok", "it rains", None),
        ("ok", "phase_completed", "water"),
        ("ok", "phase_started", "rest"),
        ("ok", "phase_completed", "rest"),
    ]


def test_a_command_that_failed_and_an_answer_of_a_person_are_lines_once() -> None:
    """Those that were known before are not said again."""
    output = ChannelId("ESP_A1B2C3/actuator/16")
    asked = replace(
        RUN,
        deliveries=(Delivery(key=KEY, channel=output, level=1.0),),
        signatures=(Signature(key=KEY, place="main / 2"),),
    )
    answered = replace(
        asked,
        deliveries=(Delivery(key=KEY, channel=output, level=1.0, state="failed", reason="unconfirmed"),),
        signatures=(Signature(key=KEY, place="main / 2", state="rejected", by="Ada"),),
    )
    assert lines(asked, answered) == [("warn", "delivery", "unconfirmed"), ("warn", "signature", "rejected")]
    assert lines(answered, answered) == []
    assert lines(None, replace(answered, status=RunStatus.QUEUED)) == []


@pytest.mark.req("EXE-41")
def test_a_log_is_bounded_and_its_oldest_lines_go_first() -> None:
    """However long a run goes on."""
    written = with_lines(
        RUN, *(Line(level="ok", domain="step", text=str(number)) for number in range(MOST_LINES + 3)), at=7.0
    )
    assert (len(written.log), written.log[0].text, {line.at for line in written.log}) == (MOST_LINES, "3", {7.0})
    assert [number for number, _ in written.numbered_log] == list(range(4, MOST_LINES + 4))
    more = with_lines(written, Line(level="ok", domain="step", text="more"), at=8.0)
    assert (more.numbered_log[0][0], more.numbered_log[-1][0]) == (5, MOST_LINES + 4)
    assert with_lines(RUN, at=7.0) is RUN


def test_what_a_check_has_found_is_a_line_each() -> None:
    """With how serious it is, and where."""
    finding = Finding(
        check=Check.DELIVERY,
        severity=Severity.ERROR,
        code="device_offline",
        advice=Advice.CHECK_POWER_AND_NETWORK,
        place="main / 1",
    )
    assert [(each.level, each.domain, each.text, each.place) for each in lines_of((finding,))] == [
        ("error", "preflight", "device_offline", "main / 1")
    ]
