"""What a program would be refused for because of itself: the run is played before it begins, on imagined outputs."""

from typing import Any, Final

from msgspec.structs import replace

from ..ids import ChannelId
from ..instant import Instant
from ..safety.objections import Objection
from .findings import Finding, Severity
from .house import HouseView
from .limits import MOST_BEGUN, MOST_FORESEEN
from .model import Sequence
from .overrides import Overrides
from .rehearsal import Play, last_moment
from .restart import bring_back
from .run import Run
from .status import RunStatus
from .steps import Branch, Parallel, Repeat, RunSequence, Step
from .steps.base import OnFailure
from .steps.until import Until
from .steps.wait_until import AtTimeout, WaitUntil
from .uses import channels_of

_WORSE: Final = (Severity.WARN, Severity.ERROR)
# What a start may cost, in positions of a run that are looked at: a wide program is not foreseen as far as a narrow one.
_MOST_WORK: Final = 1_500
# Longer than anybody waits.
_NEVER: Final = 1e8
# What a template will say is not known yet: an output does not last for long, and what follows comes after it.
_GUESSES: Final[dict[str, float]] = {"level": 1.0, "duration": 0.01, "seconds": 1.0}


def foreseen(run: Run, house: HouseView, now: Instant) -> tuple[Finding, ...]:
    """Return what the interlocks of its outputs would say to a run as it goes on, each once and the worst of it."""
    limits = house.around.limits
    if not any(map(limits.interlocks_of, channels_of(run.program, run.library, run.roles))):
        return ()
    program = replace(_without_limits(run.program), max_duration=_NEVER)
    library = {name: _without_limits(each) for name, each in run.library.items()}
    playing, first = bring_back(
        replace(
            run,
            program=program,
            library=library,
            status=RunStatus.RUNNING,
            overrides=Overrides(clean_up=run.overrides.clean_up),
            begun=MOST_BEGUN - MOST_FORESEEN,
        )
    )
    play = Play(playing, house, now, _guess, _says_nothing, latest=last_moment(run, now))
    played = play.to_the_end(MOST_FORESEEN, *first, most_work=_MOST_WORK)
    told = [finding for scene in played.timeline for finding in scene.findings]
    worst: dict[tuple[str, ChannelId | None], Finding] = {}
    for finding in told:
        key = (finding.code, finding.channel)
        if key not in worst or (worst[key].severity, finding.severity) == _WORSE:
            worst[key] = finding
    return tuple(worst.values())


def with_foreseen(findings: tuple[Finding, ...], later: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return findings with what is foreseen beside them; of the same the error counts, otherwise what is so already."""
    known = {(each.code, each.channel): each.severity for each in findings}
    added = {
        (each.code, each.channel): each
        for each in later
        if (severity := known.get((each.code, each.channel))) is None or (severity, each.severity) == _WORSE
    }
    return (*(each for each in findings if (each.code, each.channel) not in added), *added.values())


def _guess(templates: dict[str, str], _variables: dict[str, Any]) -> dict[str, Any]:
    return {name: _GUESSES.get(name, "") for name in templates}


def _says_nothing(_channel: ChannelId, _level: float, _seconds: int | None) -> tuple[Objection, ...]:
    return ()


def _without_limits(program: Sequence) -> Sequence:
    """Return a program in which nothing fails and nothing is given up: what waits goes on after the longest time."""
    phases = tuple(
        replace(phase, steps=tuple(map(_patient, phase.steps)), timeout=None, retries=0) for phase in program.phases
    )
    return replace(program, phases=phases, afterwards=tuple(map(_patient, program.afterwards)), abort_on_failure=False)


def _patient(step: Step) -> Step:
    whole = replace(step, on_failure=OnFailure.CONTINUE, recovery=None, retries=0)
    match whole:
        case WaitUntil(timeout=timeout):
            return replace(whole, at_timeout=AtTimeout.GO_ON, timeout=timeout or 0.0)
        case Until():
            return replace(whole, at_timeout=AtTimeout.GO_ON)
        case Branch(then=then, otherwise=otherwise):
            then, otherwise = tuple(map(_patient, then)), tuple(map(_patient, otherwise))
            return replace(whole, then=then, otherwise=otherwise, timeout=None)
        case Parallel(branches=branches):
            return replace(whole, branches=tuple(tuple(map(_patient, each)) for each in branches), timeout=None)
        case RunSequence():
            return replace(whole, timeout=None)
        case Repeat():
            return _turned(replace(whole, steps=tuple(map(_patient, whole.steps)), timeout=None))
        case _:
            return whole


def _turned(step: Repeat) -> Step:
    """Return a loop whose turns nobody knows as it is done once."""
    if step.until_true is not None:
        return replace(step, until_true=None, count=1)
    if step.while_true is not None:
        return Branch(name=step.name, condition=step.while_true, then=step.steps)
    return step
