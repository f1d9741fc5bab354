"""Tries rules out for people: against what the recorder remembers, and against everything that may happen."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Final, NamedTuple, Protocol

from homeassistant.core import callback
from homeassistant.util import dt as dt_util
from msgspec.structs import replace

from ..const import EVENT_RULE_PROGRESS
from ..core.ids import ChannelId
from ..core.journal.kinds import Domain, Nature
from ..core.laboratory.check import ModelCheck
from ..core.laboratory.promises import Never
from ..core.laboratory.replay import Replay, Replayed
from ..core.laboratory.scene import Scene
from ..core.laboratory.witness import Checked
from ..core.rules.model import Rule
from ..core.safety.limits import DeviceSafety
from .engine_host import EngineHost
from .naming import shown_channels
from .rule_jobs import Job
from .rule_past import Past, async_past

# So long a thread works before somebody looks whether it is still wanted.
_SLICE: Final = 0.2
# The share of a simulation that reading the past has.
_READING: Final = 0.2
_PROGRESS: Final = Nature(Domain.RULE)


class Work(Protocol):
    """Something that takes long and can be played in slices."""

    def play(self, steps: int) -> float:
        """Play so many steps, and return how much is done: 1 when it is over."""


class Asked(NamedTuple):
    """Who has asked, and who tells whether the hub is still there."""

    person: str
    is_there: Callable[[], bool]


async def async_simulate(host: EngineHost, rule: Rule, days: int, asked: Asked) -> tuple[Past, Replayed]:
    """Let a rule, and those that it has to do with, live through the last days."""
    with host.rules.jobs.working("simulate", rule.id, asked.person) as job:
        scene = scene_of(host, rule).around(rule.id)
        end = dt_util.utcnow()

        def go_on(done: float) -> None:
            _tell(host, job, done * _READING)
            _demand_wanted(host, job, asked)

        past = await async_past(host, scene, end - timedelta(days=days), end, go_on)
        replay = await host.hass.async_add_executor_job(Replay, scene, past.history)
        await _async_play(host, replay, job, asked, begin=_READING)
        return past, await host.hass.async_add_executor_job(replay.result)


async def async_check(
    host: EngineHost, rules: list[Rule], never: list[tuple[ChannelId, ...]], seconds: float, asked: Asked
) -> tuple[Checked, bool]:
    """Look for an order of events in which rules break a promise; the second is whether the time was too short."""
    with host.rules.jobs.working("check", ", ".join(rule.id for rule in rules), asked.person) as job:
        scene = scene_of(host, *rules)
        if rules:
            scene = scene.around(*(rule.id for rule in rules))
        promises = tuple(Never(outputs=outputs) for outputs in never)
        begin = dt_util.utcnow()
        search = await host.hass.async_add_executor_job(lambda: ModelCheck(scene, begin, promises))
        is_over = await _async_play(host, search, job, asked, seconds=seconds)
        return search.result(), not is_over


@callback
def scene_of(host: EngineHost, *drafts: Rule) -> Scene:
    """Return the house with drafts in the place of the rules of their names, all of them switched on."""
    rules = {**host.rules.rules, **{draft.id: replace(draft, enabled=True) for draft in drafts}}
    plans = [known.plan for known in host.fleet.devices.values() if known.plan is not None]
    limits = host.engine.around.limits
    return Scene(
        plans=tuple(plans),
        rules=tuple(rules.values()),
        safeties=tuple(limits.all()),
        device_safeties=tuple(
            DeviceSafety(device=plan.device, stop_mode=limits.mode_of(plan.device)) for plan in plans
        ),
        zone=host.engine.around.zone,
        sun_at=host.engine.rules.world.sun_at,
        shown=shown_channels(host.hass, host.fleet),
    )


async def _async_play(
    host: EngineHost, work: Work, job: Job, asked: Asked, *, begin: float = 0.0, seconds: float | None = None
) -> bool:
    """Play until everything is done or time is over, and tell how far it is; raises where nobody wants it any more."""
    hass = host.hass
    ends = None if seconds is None else hass.loop.time() + seconds
    while True:
        done = await hass.async_add_executor_job(_slice, work)
        _tell(host, job, begin + done * (1 - begin))
        if done >= 1.0:
            return True
        if ends is not None and hass.loop.time() >= ends:
            return False
        _demand_wanted(host, job, asked)
        # Whoever else has something to do goes first.
        await asyncio.sleep(0)


@callback
def _tell(host: EngineHost, job: Job, done: float) -> None:
    if (percent := int(done * 100)) != job.percent:
        job.percent = percent
        told = {"what": job.kind, "rule_id": job.rule, "percent": percent}
        host.announcer.bus.put(EVENT_RULE_PROGRESS, told, EVENT_RULE_PROGRESS, _PROGRESS)


@callback
def _demand_wanted(host: EngineHost, job: Job, asked: Asked) -> None:
    if host.hass.is_stopping or not asked.is_there():
        job.end("rule_work_cancelled")
    job.demand_wanted()


def _slice(work: Work) -> float:
    ends = monotonic() + _SLICE
    while (done := work.play(1)) < 1.0 and monotonic() < ends:
        pass
    return done
