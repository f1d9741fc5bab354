"""Carries out what the engine orders, each order at the one door that it belongs to."""

from collections import deque
from collections.abc import Callable
import logging
from typing import NamedTuple

from homeassistant.core import callback

from ..core.devices.model import Channel
from ..core.devices.notices import EmergencyStop, EmergencyStopAll, Notice, SystemCommand
from ..core.effects import (
    ClearIssue,
    Describe,
    Effect,
    Introduce,
    Keep,
    KeepMark,
    Offer,
    RaiseIssue,
    Record,
    Reject,
    Retire,
    RunEffect,
    Send,
    SendNotice,
    Settle,
    Show,
    ShowAll,
    ShowHub,
    Tell,
)
from ..core.fleet.sync import Mark
from ..core.ids import DeviceId
from ..core.journal.decision import Decision
from ..core.rules.orders import RuleEffect
from .announcer import Announcer
from .command_tally import CommandTally
from .hub_bell import HubBell
from .journal.notes import Notes
from .memory_file import MemoryFile
from .mqtt_link import MqttLink
from .questions import Questions
from .registry_sync import RegistrySync
from .rule_desk import RuleDesk
from .sequence_desk import SequenceDesk
from .stop_desk import StopDesk
from .storage import PlanStore
from .watchers import Watchers

_LOGGER = logging.getLogger(__name__)


class Doors(NamedTuple):
    """Everything outside the engine that an order may concern."""

    link: MqttLink
    watchers: Watchers
    bell: HubBell
    stops: StopDesk
    sequences: SequenceDesk
    rules: RuleDesk
    questions: Questions
    registry: RegistrySync
    store: PlanStore
    memory: MemoryFile
    announcer: Announcer
    decisions: deque[Decision]
    notes: Notes
    tally: CommandTally
    name_of: Callable[[DeviceId | None], str]
    offer: Callable[[DeviceId], None]
    retire: Callable[[Channel], None]
    describe: Callable[[DeviceId], None]


class Performer:
    """Performs effects one by one, in the order given."""

    def __init__(self, doors: Doors) -> None:
        """Remember every door."""
        self._to = doors

    @callback
    def perform(self, effect: Effect) -> None:
        """Perform one effect."""
        match effect:
            case Show(key):
                self._to.watchers.wake(key)
            case RuleEffect():
                self._to.rules.perform(effect)
            case Send(command):
                request = command.request
                _LOGGER.debug("Command %s: %s is told %s", request.id, request.channel, request.level)
                self._to.link.send(command)
                self._to.tally.count(command)
                self._to.watchers.clicks.sent(request)
                # Who has the output and until when is news before the device has answered.
                self._to.watchers.wake(request.channel)
            case SendNotice(notice):
                self._send_notice(notice)
            case Reject(refused):
                self._to.tally.rejected += 1
                self._to.watchers.clicks.refused(refused.request.id)
                self._to.questions.settle(effect)
                self._to.bell.ring_refusal()
            case Settle():
                self._to.watchers.clicks.settled(effect)
                self._to.questions.settle(effect)
                self._to.tally.settle(effect)
                self._to.notes.settled(effect)
            case Record(decision):
                self._to.decisions.append(decision)
                self._to.notes.decision(decision)
            case Introduce() | Describe() | Retire():
                self._register(effect)
            case RunEffect():
                self._to.sequences.perform(effect)
            case _:
                self._perform_rarely(effect)

    def _register(self, effect: Introduce | Describe | Retire) -> None:
        match effect:
            case Introduce(channel):
                self._to.registry.create_unit(channel)
                self._to.watchers.introduce_channel(channel)
            case Describe(device):
                self._to.describe(device)
            case Retire(channel):
                self._to.retire(channel)

    def _send_notice(self, notice: Notice) -> None:
        self._to.link.send(notice)
        if isinstance(notice, SystemCommand):
            self._to.tally.ask(notice.device)
        elif isinstance(notice, EmergencyStop | EmergencyStopAll):
            self._to.stops.handed_over(notice)

    @callback
    def _perform_rarely(self, effect: Effect) -> None:
        match effect:
            case ShowAll():
                self._to.watchers.wake_all()
            case Offer(device):
                self._to.offer(device)
            case Tell(device=device):
                self._to.notes.occasion(effect)
                name = self._to.name_of(device)
                self._to.announcer.tell(effect, name, self._to.registry.device_id(device) if device else None)
                self._to.watchers.tell(effect)
            case Keep(row=row, content=content, is_urgent=is_urgent):
                self._to.memory.keep(row, content, is_urgent=is_urgent)
                if is_urgent:
                    self._to.bell.ring()
            case KeepMark(plan=plan, boot_sequence=boot):
                self._to.store.keep_mark(plan.device, Mark(plan=plan, boot_sequence=boot))
            case RaiseIssue(device=device):
                self._to.announcer.raise_issue(effect, self._to.name_of(device))
            case ShowHub():
                self._to.bell.ring()
            case ClearIssue(device):
                self._to.announcer.clear_issue(device)
