"""Bringing a document in: looked at first, then laid down as a whole, or not at all."""

from contextlib import AsyncExitStack
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from msgspec.structs import replace

from .config_answer import MOVED, ConfigAnswer
from .config_checks import async_faults_in, busy_in, refusals_in, stale_in
from .config_export import OPTIONS, laid_in
from .config_writing import async_lay_down, place_devices
from .core.configuration.comparison import Comparison, Fate, Mode, OnConflict, Wish, compare
from .core.configuration.document import read
from .core.configuration.laid import PARTS, Laid, Option
from .core.errors import DefinitionError
from .core.ids import DeviceId
from .core.journal.actors import Actor, ActorType
from .core.journal.kinds import Noted
from .core.rules.model import Rule
from .core.sequences.limits import SequenceLimits
from .host.engine_host import EngineHost
from .host.hub_options import HubOptions
from .host.sequence_text import as_written
from .host.together import Unfinished
from .people import async_asker
from .plan_edits import plan_lock
from .runtime import GodKaiserConfigEntry
from .targets import entry_of

LONGEST_DOCUMENT: Final = 4_000_000
_MOST_TOLD: Final = 5


async def import_config(call: ServiceCall) -> ServiceResponse:
    """Tell what would become of everything in a document, and lay it down when that is what is wanted."""
    entry = entry_of(call)
    host = entry.runtime_data
    wanted = await _async_read(call, entry)
    async with AsyncExitStack() as held:
        for lock in (plan_lock(host), host.rules.saving, host.rules.store.saving, host.sequences.store.saving):
            await held.enter_async_context(lock)
        here = laid_in(host, entry)
        compared = await _async_compared(call, host, here, wanted)
        telling = ConfigAnswer(host, compared)
        answer = telling.record | {"dry_run": call.data["dry_run"], "is_done": False}
        if call.data["dry_run"]:
            return answer
        _demand_possible(telling, compared)
        if compared.moved_any(*MOVED):
            await _async_lay_down(call, entry, compared, here)
    if (options := _with_others(entry, _options(compared))) is not None:
        await _async_reload(call.hass, entry, options)
    return answer | {"is_done": True}


async def _async_read(call: ServiceCall, entry: GodKaiserConfigEntry) -> Laid:
    """Return what was given; reading much takes longer than the loop may wait."""

    def parsed() -> Laid:
        written = _plain(call.data["document"])
        limits = _limits_of(entry, written)
        return read(written, limits, only=call.data["parts"] or PARTS)

    return await call.hass.async_add_executor_job(parsed)


def _plain(given: object) -> object:
    try:
        return as_written(given, longest=LONGEST_DOCUMENT)
    except DefinitionError as err:
        if err.problem == "definition_no_yaml":
            raise
        given_instead = str(err.details.get("given", ""))
        raise DefinitionError(
            "config_unreadable", place=str(err.details.get("place", "-")), given=given_instead
        ) from err


def _limits_of(entry: GodKaiserConfigEntry, written: object) -> SequenceLimits:
    """Return how large sequences may be afterwards: options come in the same document."""
    options = written.get("options") if isinstance(written, dict) else None
    try:
        return HubOptions.made_of({**entry.options, **(options or {})}).sequence_limits
    except TypeError, ValueError:
        return HubOptions.of(entry).sequence_limits


async def _async_compared(call: ServiceCall, host: EngineHost, here: Laid, wanted: Laid) -> Comparison:
    if not call.data["enable_rules"]:
        wanted = _at_rest(here, wanted)
    wish = Wish(
        mode=Mode(call.data["mode"]),
        on_conflict=OnConflict(call.data["on_conflict"]),
        busy=busy_in(host, here),
        stale=stale_in(host, wanted),
        refusals=refusals_in(host, wanted),
    )
    compared = compare(here, wanted, wish)
    return compared.with_faults(await async_faults_in(host, here, compared))


def _at_rest(here: Laid, wanted: Laid) -> Laid:
    """Return a document in which no rule begins to act by being brought in; people switch it on when they have looked."""

    def resting(rule: Rule) -> Rule:
        known = (here.rules or {}).get(rule.id)
        is_same = known is not None and replace(known, revision=0, enabled=True) == replace(
            rule, revision=0, enabled=True
        )
        return replace(rule, enabled=rule.enabled and known is not None and is_same and known.enabled)

    return replace(
        wanted, rules=None if wanted.rules is None else {k: resting(each) for k, each in wanted.rules.items()}
    )


def _demand_possible(telling: ConfigAnswer, compared: Comparison) -> None:
    refused = [item for item in compared.items if item.fate is Fate.REFUSED]
    if refused:
        reasons = " ".join(telling.problem(item) for item in refused[:_MOST_TOLD])
        raise DefinitionError("config_refused", count=len(refused), reasons=reasons)


async def _async_lay_down(call: ServiceCall, entry: GodKaiserConfigEntry, compared: Comparison, here: Laid) -> None:
    host, asker = entry.runtime_data, await async_asker(call.hass, call.context)
    told = ConfigAnswer(host, compared).trail
    devices, before = compared.after.devices or {}, here.devices or {}
    areas: dict[str, str] = {
        key: devices[key].area
        for key in map(DeviceId, compared.moved("devices", Fate.ADDED, Fate.CHANGED))
        if devices[key].area and (key not in before or before[key].area != devices[key].area)
    }
    options = _with_others(entry, _options(compared))
    later = Unfinished(options=options, areas=areas) if areas or options is not None else None
    await async_lay_down(host, compared, asker, later)
    place_devices(host, areas)
    actor = ActorType.USER if asker.user else ActorType.WEBHOOK
    content = {
        "correlation_id": call.context.id,
        "actor": Actor(type=actor, id=asker.user or "", name=asker.name).record,
        "data": {"mode": call.data["mode"], "on_conflict": call.data["on_conflict"], **told},
    }
    host.journal.note(Noted.CONFIG_IMPORTED, content, subject="config", actor=actor)


def _options(compared: Comparison) -> dict[str, Option] | None:
    """Return the options that are to hold from now on, None where they stay."""
    if not compared.moved("options", *MOVED):
        return None
    return dict(compared.after.options or {})


def _with_others(entry: GodKaiserConfigEntry, options: dict[str, Option] | None) -> dict[str, Any] | None:
    """Return options with what an entry holds beside those that a document may name."""
    others = {name: value for name, value in entry.options.items() if name not in OPTIONS}
    return None if options is None else {**others, **options}


async def _async_reload(hass: HomeAssistant, entry: GodKaiserConfigEntry, options: dict[str, Any]) -> None:
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_reload(entry.entry_id)
