"""Feeds the engine and performs its orders, in their order, inside the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable
import logging
from time import monotonic
from uuid import uuid4

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core import Engine
from ..core.devices.model import Channel
from ..core.devices.plan import DevicePlan
from ..core.effects import (
    ClearIssue,
    Describe,
    Effect,
    Introduce,
    KeepMark,
    Offer,
    Persist,
    RaiseIssue,
    Record,
    Reject,
    Retire,
    Send,
    SendNotice,
    Settle,
    Show,
    ShowAll,
    Tell,
)
from ..core.events import (
    BrokerConnected,
    BrokerLost,
    ChannelForgotten,
    CommandWished,
    DeviceForgotten,
    Event,
    MeasurementWished,
    PlanChanged,
    ScanWished,
    StopPressed,
    StopReleased,
    WakeReached,
)
from ..core.facts import FoundProbe
from ..core.fleet.sync import Mark
from ..core.ids import ChannelId, CommandId, DeviceId
from ..core.instant import Instant
from ..core.journal import Decision
from ..core.requests import CommandRequest
from ..core.safety.estop import StopMemory
from .announcer import Announcer
from .hub_options import HubOptions
from .inbox import Inbox
from .memory_file import MemoryFile, MemoryNotSavedError
from .mqtt_link import MqttLink
from .questions import COMMAND_PATIENCE, Questions
from .registry_sync import RegistrySync
from .storage import PlanStore
from .watchers import Watchers

_LOGGER = logging.getLogger(__name__)


class EngineHost:
    """One namespace of devices in Home Assistant."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, kaiser_id: str) -> None:
        """Put the host together; nothing happens before ``async_start``."""
        options = HubOptions.of(entry)
        self.hass = hass
        self.kaiser_id = kaiser_id
        self.engine = Engine(session=uuid4().hex[:8], offline_after=options.offline_after)
        self.engine.ledger.answer_timeout = options.answer_timeout
        self.fleet = self.engine.fleet
        self.watchers = Watchers()
        self.inbox = Inbox(kaiser_id, lambda device: self.plan_of(device) is not None)
        self.registry = RegistrySync(hass, entry, kaiser_id)
        self.channel_defaults = options.channel_defaults
        self.decisions: deque[Decision] = deque(maxlen=options.keep_decisions)
        self._entry = entry
        self._link = MqttLink(hass, kaiser_id)
        self._announcer = Announcer(hass, entry.entry_id, kaiser_id)
        self._store = PlanStore(hass, entry.entry_id)
        self._memory = MemoryFile(hass, entry.entry_id)
        self._questions = Questions(hass, self.feed, self.name_of)
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    @staticmethod
    def now() -> Instant:
        """Return this moment on both clocks."""
        return Instant(utc=dt_util.utcnow(), monotonic=monotonic())

    async def async_start(self) -> None:
        """Remember everything, then listen: a latched stop is latched from the first message on."""
        stop = await self._memory.async_load()
        stored = await self._store.async_load()
        self.engine.restore([(device.plan, device.mark) for device in stored], stop, self.now())
        self.registry.create_hub()
        for device in stored:
            self.registry.create_device(device.plan)
        await self._link.async_start(self.receive, self._connection_changed)

    @callback
    def stop(self) -> None:
        """Stop listening; devices fall back by themselves when nobody answers them."""
        self._stopped = True
        self._link.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._questions.give_up()

    async def _async_persist(self, memory: StopMemory) -> None:
        try:
            await self._memory.async_save(memory)
        except MemoryNotSavedError:
            _LOGGER.exception("The emergency stop could not be saved; a restart would forget it")
            self._announcer.latch_not_saved()

    async def async_flush(self) -> None:
        """Write what waits to be written."""
        await self._store.async_flush()

    async def async_remove(self) -> None:
        """Delete every file of this entry, and its complaints."""
        self._announcer.clear_all()
        await self._store.async_remove()
        await self._memory.async_remove()

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
        """Hand an event to the engine and perform what follows."""
        moment = now or self.now()
        for effect in self.engine.handle(event, moment):
            try:
                self._perform(effect)
            except Exception:
                # One order that cannot be carried out must not swallow the orders behind it.
                _LOGGER.exception("An order could not be carried out: %s", type(effect).__name__)
        self._set_timer(moment)

    @callback
    def _connection_changed(self, connected: bool) -> None:
        self.feed(BrokerConnected() if connected else BrokerLost())

    @callback
    def _set_timer(self, now: Instant) -> None:
        due = self.engine.next_wake()
        if due is None or self._stopped:
            return
        when = self.hass.loop.time() + max(0.0, due - now.monotonic)
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = self.hass.loop.call_at(when, self._wake)

    @callback
    def _wake(self) -> None:
        self._timer = None
        self.feed(WakeReached())

    @callback
    def _perform(self, effect: Effect) -> None:
        match effect:
            case Show(key):
                self.watchers.wake(key)
            case Send(command):
                self._link.send(command)
            case SendNotice(notice):
                self._link.send(notice)
            case Settle() | Reject():
                self._questions.settle(effect)
            case Record(decision):
                self.decisions.append(decision)
            case ShowAll():
                self.watchers.wake_all()
            case Introduce(channel):
                self.registry.create_unit(channel)
                self.watchers.introduce_channel(channel)
            case Retire(channel):
                self.registry.remove_channel(channel)
            case _:
                self._perform_rarely(effect)

    @callback
    def _perform_rarely(self, effect: Effect) -> None:
        match effect:
            case Offer(device):
                self._offer(device)
            case Describe(device):
                self.registry.describe(self.fleet.devices[device])
            case Tell(device=device):
                name = self.name_of(device)
                self._announcer.tell(effect, name, self.registry.device_id(device) if device else None)
            case Persist(memory):
                self._entry.async_create_task(self.hass, self._async_persist(memory), "god_kaiser latch")
                self.watchers.wake(DeviceId(self.registry.hub_key))
            case KeepMark(plan=plan, boot_sequence=boot):
                self._store.keep_mark(plan.device, Mark(plan=plan, boot_sequence=boot))
            case RaiseIssue(device=device):
                self._announcer.raise_issue(effect, self.name_of(device))
            case ClearIssue(device):
                self._announcer.clear_issue(device)

    @callback
    def _offer(self, device: DeviceId) -> None:
        discovery_flow.async_create_flow(
            self.hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={"entry_id": self._entry.entry_id, "kaiser_id": self.kaiser_id, "device": device},
        )

    async def async_command(self, build: Callable[[CommandId], CommandRequest]) -> None:
        """Ask for a level and wait for the device's word; raises a translated error otherwise."""
        await self._questions.async_ask(lambda key: CommandWished(request=build(key)), patience=COMMAND_PATIENCE)

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
        if device is None:
            return self.kaiser_id
        plan = self.plan_of(device)
        return plan.name if plan else device

    async def async_change_plan(self, plan: DevicePlan) -> None:
        """Save a plan, then act on it."""
        await self._store.async_put(plan)
        is_newcomer = self.plan_of(plan.device) is None
        self.registry.create_device(plan)
        self.feed(PlanChanged(plan=plan))
        for channel in self.channels_of(plan.device):
            self.registry.create_unit(channel)
        if is_newcomer:
            self.watchers.introduce_device(plan.device)

    async def async_forget_device(self, device: DeviceId) -> None:
        """Remove a device from the fleet and from the registries; its next heartbeat offers it anew."""
        await self._store.async_drop(device)
        self.feed(DeviceForgotten(device=device))
        self.registry.remove_device(device)

    @callback
    def forget_channel(self, channel: ChannelId) -> None:
        """Remove a channel that no plan describes."""
        self.feed(ChannelForgotten(channel=channel))

    def channels_of(self, device: DeviceId) -> list[Channel]:
        """Return every channel of a device."""
        known = self.fleet.devices.get(device)
        return [*known.sensors.values(), *known.actuators.values()] if known else []

    @callback
    def press_stop(self, devices: frozenset[DeviceId] | None, *, by: str, reason: str) -> None:
        """Stop devices, or everything."""
        self.feed(StopPressed(devices=devices, by=by, reason=reason))

    @callback
    def release_stop(self, devices: frozenset[DeviceId] | None, *, by: str, reason: str) -> None:
        """Permit devices to run again."""
        self.feed(StopReleased(devices=devices, by=by, reason=reason))
