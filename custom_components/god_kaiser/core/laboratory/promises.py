"""What must hold in a house whatever happens, judged by what its outputs really do and not by what the engine believes."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from ..devices.model import ActuatorKind
from ..ids import ChannelId, device_of
from ..requests import CommandRequest, is_rest
from ..rules.model import Rule, WhenUnknown, held_by
from ..truth import Truth
from .bench import Bench
from .oracle import Case, objects

# A device that is well again is believed to have been told everything after this time.
_CAUGHT_UP = 70.0
# After so long everything has settled: nobody claims anything any more after a restart, and every rest was repeated.
PROBE = 200.0
_ONCE_MORE = 5.0
# A rule that lets go so often while nothing happens will not stop by itself.
_MOST_RELEASES = 2
_TOO_OFTEN = "acts_too_often"


class Promise(StrEnum):
    """One name for each of them."""

    INTERLOCK = "energised_against_interlock"
    STOP = "energised_while_stopped"
    NEVER = "never_together"
    UNWANTED = "runs_unwanted"
    UNKNOWING = "runs_unknowing"
    ENDLESS = "acts_without_end"
    LOOP = "rules_in_a_loop"


class Never(Struct, frozen=True, kw_only=True):
    """What a person never wants: these outputs running together."""

    outputs: tuple[ChannelId, ...]


class Broken(Struct, frozen=True, kw_only=True):
    """One promise that did not hold: about which output or rule, and by what."""

    promise: Promise
    subject: str
    details: dict[str, str | float] = {}


def when_told(bench: Bench, request: CommandRequest, never: tuple[Never, ...]) -> Iterator[Broken]:
    """Judge a command that is about to reach its device."""
    if is_rest(request.level):
        return
    if bench.is_stopped:
        yield Broken(promise=Promise.STOP, subject=request.channel, details={"level": request.level})
    case = Case(bench=bench, channel=request.channel, level=request.level, is_renewal=request.is_renewal)
    yield from _against(case)
    yield from _together(bench, never, request.channel)


def when_settled(bench: Bench, never: tuple[Never, ...]) -> Iterator[Broken]:
    """Judge what runs after everything has happened that follows at once."""
    for channel in bench.scene.outputs:
        if bench.devices.is_ours(channel) and _is_reachable(bench, channel):
            actuator = bench.engine.fleet.actuator(channel)
            # A stopped motor valve stays where it is.
            if bench.is_stopped and actuator is not None and actuator.kind is not ActuatorKind.VALVE:
                yield Broken(promise=Promise.STOP, subject=channel, details={"level": bench.devices.levels[channel]})
            yield from _against(Case(bench=bench, channel=channel, level=bench.devices.levels[channel], is_told=False))
    yield from _together(bench, never, None)


def in_the_end(bench: Bench, never: tuple[Never, ...]) -> Iterator[Broken]:
    """Let time pass in which nothing happens, and judge what is left."""
    before = {key: state.counts.released for key, state in bench.engine.rules.book.states.items()}
    bench.play(PROBE)
    yield from when_settled(bench, never)
    for rule in bench.scene.rules:
        state = bench.engine.rules.book.states[rule.id]
        released = state.counts.released - before[rule.id]
        if state.degraded == _TOO_OFTEN or released > _MOST_RELEASES:
            yield Broken(promise=Promise.ENDLESS, subject=rule.id, details={"released": float(released)})
        yield from _unknowing(bench, rule)
    unwanted = set(_unwanted(bench))
    bench.play(_ONCE_MORE)
    for channel in sorted(unwanted.intersection(_unwanted(bench))):
        yield Broken(promise=Promise.UNWANTED, subject=channel, details={"level": bench.devices.levels[channel]})


def _against(case: Case) -> Iterator[Broken]:
    for interlock in case.bench.engine.around.limits.interlocks_of(case.channel):
        if (details := objects(interlock, case)) is not None:
            kind = str(interlock.__struct_config__.tag)
            yield Broken(promise=Promise.INTERLOCK, subject=f"{kind}: {case.channel}", details=details)


def _together(bench: Bench, never: tuple[Never, ...], told: ChannelId | None) -> Iterator[Broken]:
    for each in never:
        concerned = told is None or told in each.outputs
        if concerned and all(output == told or bench.devices.is_ours(output) for output in each.outputs):
            yield Broken(promise=Promise.NEVER, subject=", ".join(each.outputs))


def _unknowing(bench: Bench, rule: Rule) -> Iterator[Broken]:
    """Yield the outputs that run for a rule whose question nobody can answer, longer than they may."""
    state = bench.engine.rules.book.states[rule.id]
    if state.truth is not Truth.UNKNOWN or rule.id in bench.engine.rules.looks.shut:
        return
    if rule.when_unknown is WhenUnknown.HOLD and bench.clock < (state.unknown_since or bench.clock) + rule.hold_for:
        return
    # A pulse that has begun runs to its end, and what is done instead is meant for this.
    held = rule.outputs if state.is_active else set(held_by(rule.otherwise)) - set(held_by(rule.escalation.instead))
    for output in held:
        outcome = bench.engine.demands.effective(output, bench.now)
        if outcome is not None and outcome.winner.owner == rule.owner and bench.devices.is_ours(output):
            yield Broken(promise=Promise.UNKNOWING, subject=rule.id, details={"output": output})


def _unwanted(bench: Bench) -> Iterator[ChannelId]:
    for channel in bench.scene.outputs:
        # Where a stopped motor valve stands nobody knows; it is for people to move it.
        is_astray = bench.engine.fleet.is_astray(channel)
        if bench.devices.is_ours(channel) and _is_reachable(bench, channel) and not is_astray:
            outcome = bench.engine.demands.effective(channel, bench.now)
            if outcome is None or is_rest(outcome.winner.level):
                yield channel


def _is_reachable(bench: Bench, channel: ChannelId) -> bool:
    device = device_of(channel)
    since = bench.devices.well_since.get(device)
    return bench.devices.is_well(device) and (since is None or since + _CAUGHT_UP <= bench.clock)
