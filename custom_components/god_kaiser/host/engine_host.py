"""Feeds the engine and performs its orders, in their order, inside the event loop."""

from collections import deque
from collections.abc import Callable
from functools import partial
import logging

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Context, Event as HassEvent, HassJob, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..core.devices.model import Channel
from ..core.devices.plan import DevicePlan
from ..core.events import (
    BrokerConnected,
    BrokerLost,
    ChannelForgotten,
    CommandWished,
    CrashFound,
    Event,
    MeasurementWished,
    RunsSuspended,
    ScanWished,
)
from ..core.facts import FoundProbe
from ..core.ids import ChannelId, CommandId, DeviceId, device_of
from ..core.instant import Instant
from ..core.journal.decision import Decision
from ..core.requests import CommandRequest
from ..core.safety.gate import Refused
from ..core.safety.limits import ChannelSafety, DeviceSafety
from .announcer import Announcer, Written
from .clicks import signed
from .desks import alarm_desk, engine_of, journal_of, rule_desk, sequence_desk, together_of
from .engine_loop import EngineLoop
from .failures import reasons_of
from .hall import Examined, Hall
from .health_desk import HealthDesk
from .hub_bell import HubBell
from .hub_files import HubFiles
from .hub_options import HubOptions
from .inbox import Inbox
from .journal.notes import Notes
from .laid_down import LaidDown
from .leftover_ear import LeftoverEar
from .memory_file import MemoryFile
from .mqtt_link import MqttLink
from .naming import Names
from .owner_words import owner_text
from .patience import Patience
from .performer import Doors, Performer
from .questions import COMMAND_PATIENCE, Questions
from .registry_sync import RegistrySync
from .stop_desk import StopDesk
from .storage import PlanStore, safety_of
from .watchers import Watchers

_LOGGER = logging.getLogger(__name__)


class EngineHost:
    """One namespace of devices in Home Assistant."""

    now = staticmethod(EngineLoop.now)

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, kaiser_id: str) -> None:
        """Put the host together; nothing happens before ``async_start``."""
        options = HubOptions.of(entry)
        self.hass, self.kaiser_id = hass, kaiser_id
        self.engine = engine_of(options)
        self.fleet = self.engine.fleet
        self.watchers, self.patience = Watchers(), Patience(hass.loop)
        self.inbox = Inbox(kaiser_id, lambda device: self.plan_of(device) is not None)
        self.registry = RegistrySync(hass, entry, kaiser_id)
        self.channel_defaults = options.channel_defaults
        self.decisions: deque[Decision] = deque(maxlen=options.keep_decisions)
        self._entry = entry
        self._link = MqttLink(hass, kaiser_id)
        self.messages = self._link.tail
        self.names = Names(hass, self.fleet, self.name_of, partial(owner_text, hass, self.engine))
        self.announcer = Announcer(hass, entry.entry_id, kaiser_id, self.names)
        automatic = options.allow_automatic_release
        self.stops = StopDesk(self.engine, self.watchers, self.announcer, self.feed, allow_automatic=automatic)
        self._bell = HubBell(hass, self.watchers, DeviceId(self.registry.hub_key), self.engine.proofs.count)
        self.store = PlanStore(hass, entry.entry_id, options.endurance)
        takes = partial(self.announcer.disk_takes, Written.STOP)
        self.memory = MemoryFile(hass, entry.entry_id, takes, options.endurance)
        self.journal = journal_of(hass, entry.entry_id, options, self.memory, self.announcer, self.engine)
        self._questions = Questions(hass, self.feed, self.names, options.device_timeout)
        hall = Hall(
            hass, entry.entry_id, self.engine, self.feed, self.watchers, self.memory, self.announcer, self.journal
        )
        self.sequences = sequence_desk(hall, options)
        self.rules, self._rule_issues = rule_desk(hall, options, self.sequences)
        examined = Examined(self._link, LeftoverEar(hass, kaiser_id), self.store, self.sequences, self.rules)
        self.health = HealthDesk(hall, examined, self.registry.hub_key, options)
        self.alarms, self._alarm_watch = alarm_desk(hall, examined, self.health, self.registry.hub_key, entry.options)
        self.notes = Notes(self.journal)
        self.together = together_of(hall, self.store, self.sequences, self.rules)
        self._files = HubFiles(hall, examined, self.together, options.endurance)
        self.laid_down = LaidDown(self.fleet, self.feed, self.registry, self.watchers, self.notes, self.stops)
        self._performer = Performer(self._doors())
        self.loop = EngineLoop(hass, self.engine, self._performer.perform)

    def _doors(self) -> Doors:
        return Doors(
            link=self._link,
            watchers=self.watchers,
            bell=self._bell,
            stops=self.stops,
            sequences=self.sequences,
            rules=self.rules,
            questions=self._questions,
            registry=self.registry,
            store=self.store,
            memory=self.memory,
            announcer=self.announcer,
            decisions=self.decisions,
            notes=self.notes,
            tally=self.health.tally,
            name_of=self.name_of,
            offer=self.registry.offer,
            retire=self._retire,
            describe=lambda device: self.registry.describe(self.fleet.devices[device]),
        )

    async def async_start(self) -> None:
        """Remember everything, then listen: a latched stop is latched from the first message on."""
        stored, memory = await self._files.async_read()
        self.engine.around.zone = dt_util.get_default_time_zone()
        plans = [(device.plan, device.mark) for device in stored]
        self.engine.restore(plans, memory, self.now(), *safety_of(stored), runs=self.memory.runs)
        self.sequences.restore()
        self.rules.restore()
        self._rule_issues.begin()
        await self.health.async_begin()
        self._alarm_watch.begin()
        self.registry.create_hub()
        for device in stored:
            self.registry.create_device(device.plan)
        self._entry.async_on_unload(self.hass.async_add_shutdown_job(HassJob(self.async_shut_down)))
        self._entry.async_on_unload(self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_house_changed))
        lost = self.notes.started(after_crash=not memory.is_clean)
        if not (memory.is_clean or memory.is_empty):
            self.feed(CrashFound(lost=lost))
        self._entry.async_on_unload(self.stops.begin(DeviceId(self.registry.hub_key)))
        await self._link.async_start(self.receive, self._connection_changed)

    @callback
    def stop(self) -> None:
        """Stop listening; devices fall back by themselves when nobody answers them."""
        self._alarm_watch.stop()
        self.health.stop()
        self._link.stop()
        self.loop.stop()
        self.patience.stop()
        self._bell.stop()
        self._questions.give_up()
        self.announcer.bus.stop()
        self._rule_issues.stop()
        self.together.stop()
        self.rules.stop()
        self.sequences.stop()

    @callback
    def suspend(self) -> None:
        """Lay down what goes on, with its outputs at rest, to be taken up when the hub is loaded again."""
        self.feed(RunsSuspended())

    async def async_shut_down(self) -> None:
        """Rest what runs before Home Assistant ends, and leave no mark of a crash."""
        await self.loop.async_shut_down()
        await self._files.async_write_out()

    async def async_flush(self) -> None:
        """Write what waits to be written, and close the journal."""
        await self._files.async_close()

    async def async_give_up(self) -> None:
        """End what was read for a start that has failed: nobody unloads what was never loaded."""
        await self._files.async_lay_down()

    async def async_remove(self) -> None:
        """Delete every file of this entry, and its complaints."""
        self.announcer.clear_all()
        await self._files.async_remove()

    @callback
    def receive(self, topic: str, payload: bytes, retained: bool) -> None:
        """Take one message; nothing that it contains can get further than the engine."""
        now = self.now()
        fact = self.inbox.open(topic, payload, retained=retained, now=now.monotonic)
        if fact is None:
            return
        try:
            self.feed(fact, now)
        except Exception:
            # A mistake of ours about one kind of message must not silence its device for the others.
            if self.inbox.reject(fact.device, type(fact).__name__):
                _LOGGER.exception("A message of %s could not be handled", fact.device)

    @callback
    def feed(self, event: Event, now: Instant | None = None) -> None:
        """Hand an event to the engine and perform what follows, to its end."""
        self.loop.feed(event, now)

    async def _async_house_changed(self, _event: HassEvent) -> None:
        """Follow the time zone, and have the sentences of another language at hand before they are needed."""
        self.engine.around.zone = dt_util.get_default_time_zone()
        await async_get_translations(self.hass, self.hass.config.language, "exceptions", {DOMAIN})

    @callback
    def _connection_changed(self, connected: bool) -> None:
        self.feed(BrokerConnected() if connected else BrokerLost())

    @callback
    def _retire(self, channel: Channel) -> None:
        self.registry.remove_channel(channel)
        # One that only looks different from now on keeps what people have laid down.
        if self.fleet.channel(channel.id) is None:
            self.store.drop_channel(channel.id)

    async def async_command(self, build: Callable[[CommandId], CommandRequest], context: Context | None = None) -> None:
        """Ask for a level and wait for the device's word; raises a translated error otherwise."""
        user = await self.hass.auth.async_get_user(context.user_id) if context and context.user_id else None

        def wish(key: CommandId) -> CommandWished:
            request = signed(build(key), user)
            if context is not None:
                self.watchers.clicks.asked(request.id, context)
                self.notes.asked(request, context)
            return CommandWished(request=request)

        await self._questions.async_ask(wish, patience=COMMAND_PATIENCE, context=context)

    @callback
    def foresee(self, request: CommandRequest) -> dict[str, JsonValueType]:
        """Return whether a wish would be granted now, and for how long, or what speaks against it; nothing is sent."""
        answer = self.engine.preview(request, self.now())
        if isinstance(answer, Refused):
            return {"allowed": False, "reasons": reasons_of(self.hass, answer, self.names)}
        return {"allowed": True, "runs_for": answer}

    async def async_measure(self, device: DeviceId, gpio: int) -> None:
        """Ask a device to read a sensor now and wait for its answer."""
        await self._questions.async_ask(lambda key: MeasurementWished(device=device, gpio=gpio, request_id=key))

    async def async_scan(self, device: DeviceId, gpio: int) -> tuple[FoundProbe, ...]:
        """Ask a device which probes hang on a OneWire pin."""
        await self._questions.async_ask(lambda key: ScanWished(device=device, gpio=gpio, request_id=key))
        return self.fleet.devices[device].probes

    def plan_of(self, device: DeviceId) -> DevicePlan | None:
        """Return the plan of an approved device."""
        known = self.fleet.devices.get(device)
        return known.plan if known else None

    def name_of(self, device: DeviceId | None) -> str:
        """Return what people call a device."""
        plan = self.plan_of(device) if device else None
        return plan.name if plan else device or self.kaiser_id

    async def async_change_plan(self, plan: DevicePlan) -> None:
        """Save a plan, then act on it."""
        await self.store.async_put(plan)
        self.laid_down.plan(plan)

    async def async_change_safety(self, safety: ChannelSafety) -> None:
        """Save the safety settings of an output, then act on them."""
        await self.store.async_put_safety(device_of(safety.channel), safety)
        self.laid_down.safety(safety)

    async def async_change_device_safety(self, safety: DeviceSafety) -> None:
        """Save the safety settings of a device, then act on them."""
        await self.store.async_put_device_safety(safety)
        self.laid_down.device_safety(safety)

    async def async_forget_device(self, device: DeviceId) -> None:
        """Forget a device on the disk, then everywhere else."""
        await self.store.async_drop(device)
        self.laid_down.forgotten(device)

    @callback
    def forget_channel(self, channel: ChannelId) -> None:
        """Remove a channel that no plan describes."""
        self.feed(ChannelForgotten(channel=channel))

    def channels_of(self, device: DeviceId) -> list[Channel]:
        """Return every channel of a device."""
        known = self.fleet.devices.get(device)
        return [*known.sensors.values(), *known.actuators.values()] if known else []
