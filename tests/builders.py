"""Builders: a test spells out only what it is about; the rest is a device like any other."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

from msgspec import UNSET, UnsetType

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.actuator_types import ACTUATOR_TYPES
from custom_components.god_kaiser.core.devices.boards import NO_PIN, Board
from custom_components.god_kaiser.core.devices.calibration import Calibration
from custom_components.god_kaiser.core.devices.model import (
    ActuatorKind,
    Appearance,
    Load,
    Quality,
    SamplingMode,
    Vitals,
)
from custom_components.god_kaiser.core.devices.notices import ConfigPush, Notice
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.effects import (
    Effect,
    Keep,
    Occasion,
    Record,
    Reject,
    Send,
    SendNotice,
    Show,
    Tell,
)
from custom_components.god_kaiser.core.events import (
    BrokerConnected,
    CommandWished,
    DemandReleased,
    Event,
    LockOutHung,
    LockOutTakenOff,
    PlanChanged,
    SafetyChanged,
    StopPressed,
    StopReleased,
    WakeReached,
)
from custom_components.god_kaiser.core.facts import (
    ActuatorReported,
    CommandAnswered,
    ConfigAnswered,
    ConfigFailure,
    ConfigResult,
    Flow,
    HeartbeatReceived,
    OutcomeReported,
    ReadingArrived,
)
from custom_components.god_kaiser.core.fleet.device import Device
from custom_components.god_kaiser.core.fleet.sync import Mark, Sync
from custom_components.god_kaiser.core.ids import ChannelId, CommandId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.journal.decision import Decision
from custom_components.god_kaiser.core.requests import CommandRequest, Origin, Priority
from custom_components.god_kaiser.core.safety.estop import StopMemory
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.limits import DEFAULT_HOLD, ChannelSafety, ShutdownPolicy
from custom_components.god_kaiser.core.safety.lockouts import LockOut, Place
from custom_components.god_kaiser.core.safety.memory import Memory, Remembered
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.sequences.run import Run

ESP: Final = DeviceId("ESP_A1B2C3")
BOOT: Final = "ESP_A1B2C3-b1-r1"
PUMP_PIN: Final = 16
PUMP: Final = actuator_channel(ESP, PUMP_PIN)
ROM: Final = "28FF641E8D3C0C79"
START: Final = datetime(2026, 4, 30, 9, tzinfo=UTC)
_MOST_WAKES: Final = 2000


def an_instant(seconds: float = 0.0) -> Instant:
    """Return a moment, so many seconds after the beginning of the test's time."""
    return Instant(utc=START + timedelta(seconds=seconds), monotonic=1000.0 + seconds)


def a_sensor(
    sensor_type: str = "moisture",
    gpio: int = 34,
    *,
    name: str = "Soil",
    onewire: str = "",
    i2c: int = 0,
    mode: SamplingMode = SamplingMode.CONTINUOUS,
    interval: int = 30,
    calibrations: Mapping[str, Calibration] | None = None,
) -> SensorPlan:
    """Return a sensor as a person configures it; soil moisture on an analog pin unless told otherwise."""
    return SensorPlan(
        gpio=gpio,
        sensor_type=sensor_type,
        name=name,
        onewire_address=onewire,
        i2c_address=i2c,
        mode=mode,
        interval=interval,
        calibrations=dict(calibrations or {}),
    )


def an_actuator(
    kind: ActuatorKind = ActuatorKind.PUMP,
    gpio: int = PUMP_PIN,
    *,
    name: str = "Pump",
    appears_as: Appearance | None = None,
    aux: int = NO_PIN,
    inverted: bool = False,
    default_on: bool = False,
    max_runtime: int = 3600,
    load: Load | UnsetType = UNSET,
) -> ActuatorPlan:
    """Return an actuator as a person configures it; a pump unless told otherwise."""
    return ActuatorPlan(
        gpio=gpio,
        kind=kind,
        name=name,
        appears_as=appears_as or ACTUATOR_TYPES[kind].appearance,
        aux_gpio=aux,
        inverted=inverted,
        default_on=default_on,
        max_runtime=max_runtime,
        load=load,
    )


def a_plan(
    device: str = ESP,
    *,
    sensors: Iterable[SensorPlan] | None = None,
    actuators: Iterable[ActuatorPlan] | None = None,
    board: Board = Board.ESP32_DEV,
    name: str = "Greenhouse",
) -> DevicePlan:
    """Return an approved device; one soil sensor and one pump unless told otherwise."""
    return DevicePlan(
        device=DeviceId(device),
        name=name,
        board=board,
        sensors=(a_sensor(),) if sensors is None else tuple(sensors),
        actuators=(an_actuator(),) if actuators is None else tuple(actuators),
    )


def a_device(device: str = ESP, *, plan: DevicePlan | None = None) -> Device:
    """Return the record of a device that nobody has heard of yet."""
    return Device(id=DeviceId(device), plan=plan)


def a_heartbeat(
    device: str = ESP,
    *,
    epoch: int | None = 1,
    boot: str | None = BOOT,
    uptime: int | None = None,
    sensors: int | None = None,
    actuators: int | None = None,
    retained: bool = False,
    counters: Mapping[str, int] | None = None,
) -> HeartbeatReceived:
    """Return a heartbeat."""
    vitals = Vitals(boot_sequence=boot, uptime=uptime, sensor_count=sensors, actuator_count=actuators)
    return HeartbeatReceived(
        device=DeviceId(device), retained=retained, epoch=epoch, vitals=vitals, counters=dict(counters or {})
    )


def a_reading(
    sensor_type: str = "moisture",
    gpio: int = 34,
    raw: float | None = 2350.0,
    *,
    device: str = ESP,
    value: float | None = None,
    address: str = "",
    raw_mode: bool = True,
    quality: Quality = Quality.UNKNOWN,
    retained: bool = False,
) -> ReadingArrived:
    """Return a reading; half moist soil unless told otherwise."""
    return ReadingArrived(
        device=DeviceId(device),
        retained=retained,
        gpio=gpio,
        sensor_type=sensor_type,
        raw=raw,
        value=value,
        raw_mode=raw_mode,
        quality=quality,
        address=address,
    )


def a_report(
    level: float | None,
    gpio: int = PUMP_PIN,
    *,
    device: str = ESP,
    kind: ActuatorKind | None = ActuatorKind.PUMP,
    stopped: bool = False,
    retained: bool = False,
) -> ActuatorReported:
    """Return what an actuator says about itself."""
    return ActuatorReported(
        device=DeviceId(device), retained=retained, gpio=gpio, kind=kind, level=level, stopped=stopped
    )


def a_request(
    level: float,
    channel: ChannelId = PUMP,
    *,
    key: str = "wish-1",
    duration: int | None = None,
    origin: Origin = Origin.PERSON,
    owner: str = "",
    priority: int = Priority.NORMAL,
    standing: bool = False,
    renewal: bool = False,
    epoch: int | None = None,
    asked_by: str = "",
) -> CommandRequest:
    """Return a wish to set an actuator."""
    return CommandRequest(
        id=CommandId(key),
        channel=channel,
        level=level,
        origin=origin,
        duration=duration,
        owner=owner,
        priority=priority,
        is_standing=standing,
        is_renewal=renewal,
        epoch=epoch,
        asked_by=asked_by,
    )


def a_tag(
    place: Place = PUMP,
    *,
    now: Instant | None = None,
    seconds: float | None = None,
    by: str = "anna",
    user: str = "",
    reason: str = "",
) -> LockOut:
    """Return a lock-out tag; for good unless told for how many seconds from a moment."""
    since = (now or an_instant()).utc.timestamp()
    until = None if seconds is None else since + seconds
    return LockOut(place=place, by=by, user=user, reason=reason, since=since, until=until)


def an_answer(command: str, *, success: bool = True, device: str = ESP, message: str = "") -> CommandAnswered:
    """Return the response of a device to a command."""
    return CommandAnswered(device=DeviceId(device), success=success, correlation_id=command, message=message)


def an_outcome(
    correlation_id: str,
    *,
    flow: Flow = Flow.COMMAND,
    final: bool = True,
    success: bool = True,
    device: str = ESP,
    code: str = "",
    reason: str = "",
) -> OutcomeReported:
    """Return how an intent went."""
    return OutcomeReported(
        device=DeviceId(device),
        flow=flow,
        correlation_id=correlation_id,
        final=final,
        success=success,
        code=code,
        reason=reason,
    )


def a_failure(error: str, *, scope: str = "sensor", gpio: int | None = 34) -> ConfigFailure:
    """Return one item that a device could not configure."""
    return ConfigFailure(scope=scope, gpio=gpio, error=error)


def a_config_answer(
    scope: str,
    correlation_id: str = "",
    *,
    device: str = ESP,
    result: ConfigResult = ConfigResult.SUCCESS,
    failures: Sequence[ConfigFailure] = (),
    error: str = "",
) -> ConfigAnswered:
    """Return the answer of one scope of a configuration push."""
    return ConfigAnswered(
        device=DeviceId(device),
        result=result,
        scope=scope,
        correlation_id=correlation_id,
        failures=tuple(failures),
        error=error,
    )


def sent(effects: Iterable[Effect]) -> list[ApprovedCommand]:
    """Return the commands that go out."""
    return [effect.command for effect in effects if isinstance(effect, Send)]


def levels(effects: Iterable[Effect]) -> list[tuple[ChannelId, float]]:
    """Return which outputs are told which level."""
    return [(command.request.channel, command.request.level) for command in sent(effects)]


def of_kind[Kind: Effect](effects: Iterable[Effect], kind: type[Kind]) -> list[Kind]:
    """Return the effects of one kind."""
    return [effect for effect in effects if isinstance(effect, kind)]


def notices(effects: Iterable[Effect]) -> list[Notice]:
    """Return the notices that go out, in their order."""
    return [effect.notice for effect in of_kind(effects, SendNotice)]


def notices_of[Kind](effects: Iterable[Effect], kind: type[Kind]) -> list[Kind]:
    """Return the notices of one kind that go out."""
    return [notice for notice in notices(effects) if isinstance(notice, kind)]


def shown(effects: Iterable[Effect]) -> set[str]:
    """Return who is woken."""
    return {str(effect.key) for effect in of_kind(effects, Show)}


def told(effects: Iterable[Effect], occasion: Occasion) -> list[Tell]:
    """Return what people are told on one occasion."""
    return [tell for tell in of_kind(effects, Tell) if tell.occasion is occasion]


def decisions(effects: Iterable[Effect]) -> list[Decision]:
    """Return what the journal gets."""
    return [record.decision for record in of_kind(effects, Record)]


def kept(effects: Iterable[Effect]) -> dict[str, Remembered | None]:
    """Return what goes to the disk, by row; the last word counts."""
    return {keep.row: keep.content for keep in of_kind(effects, Keep)}


def grounds(effects: Iterable[Effect]) -> list[Ground]:
    """Return every reason for which something was refused."""
    return [reason.ground for reject in of_kind(effects, Reject) for reason in reject.refused.reasons]


class EngineBench:
    """Drives an engine: feeds events under a clock that only the test moves, and keeps what follows."""

    def __init__(self, *, offline_after: float = 180.0, connected: bool = True) -> None:
        """Start an engine; the broker is there unless told otherwise."""
        self._offline_after = offline_after
        self.engine = Engine(session="t1", offline_after=offline_after)
        self.seconds = 0.0
        self.history: list[Effect] = []
        self._wishes = count(1)
        if connected:
            self.feed(BrokerConnected())

    @property
    def now(self) -> Instant:
        """Return this moment on both clocks."""
        return an_instant(self.seconds)

    def feed(self, event: Event) -> list[Effect]:
        """Hand one event to the engine and return what follows."""
        effects = self.engine.handle(event, self.now)
        self.history += effects
        return effects

    def tick(self, seconds: float) -> list[Effect]:
        """Let time pass and wake the engine whenever it wants to be woken, as the host does."""
        target = self.seconds + seconds
        effects: list[Effect] = []
        for _ in range(_MOST_WAKES):
            due = self.engine.next_wake()
            if due is None or due > an_instant(target).monotonic:
                self.seconds = target
                return effects
            self.seconds = max(self.seconds, due - an_instant().monotonic)
            effects += self.feed(WakeReached())
        raise AssertionError("the engine wants to be woken again and again without letting time pass")

    def restore(
        self,
        *plans: DevicePlan,
        stop: StopMemory | None = None,
        marked: str | None = None,
        memory: Memory | None = None,
        safeties: Iterable[ChannelSafety] = (),
        runs: Iterable[Run] = (),
    ) -> None:
        """Give the engine what it remembered before a restart; ``marked`` is the boot that confirmed the plans."""
        stored = [(plan, Mark(plan=plan, boot_sequence=marked) if marked else None) for plan in plans]
        self.engine.restore(stored, memory or Memory(stop=stop or StopMemory()), self.now, safeties, runs=runs)

    def restarted(self, plan: DevicePlan, *, after: float = 0.0, boot: str = BOOT) -> EngineBench:
        """Return the bench of the next run of Home Assistant, which remembers what this one has written down."""
        successor = EngineBench(offline_after=self._offline_after)
        successor.seconds = self.seconds + after
        memory = self.engine.memory(self.now)
        successor.restore(plan, marked=boot, memory=memory, safeties=self.engine.around.limits.all())
        return successor

    def device(self, device: str = ESP) -> Device:
        """Return the record of a device."""
        return self.engine.fleet.devices[DeviceId(device)]

    def sync(self, device: str = ESP) -> Sync:
        """Return where the configuration of a device stands."""
        return self.engine.sync_of(DeviceId(device))

    def approve(self, plan: DevicePlan) -> list[Effect]:
        """Let a person approve a device or change its plan."""
        return self.feed(PlanChanged(plan=plan))

    def online(self, device: str = ESP, *, plan: DevicePlan | None = None, boot: str = BOOT) -> list[Effect]:
        """Bring a device online that has confirmed its plan in this boot; return what followed."""
        wanted = plan or a_plan(device)
        self.engine.restore([(wanted, Mark(plan=wanted, boot_sequence=boot))], self.engine.memory(self.now), self.now)
        effects = self.feed(a_heartbeat(wanted.device, boot=boot))
        return effects + self.tick(2.0)

    def wish(
        self,
        level: float,
        channel: ChannelId = PUMP,
        *,
        duration: int | None = None,
        origin: Origin = Origin.PERSON,
        owner: str = "",
        priority: int = Priority.NORMAL,
        standing: bool = False,
        epoch: int | None = None,
        asked_by: str = "",
    ) -> list[Effect]:
        """Ask for a level, under an id of its own."""
        request = a_request(
            level,
            channel,
            key=f"wish-{next(self._wishes)}",
            duration=duration,
            origin=origin,
            owner=owner,
            priority=priority,
            standing=standing,
            epoch=epoch,
            asked_by=asked_by,
        )
        return self.feed(CommandWished(request=request))

    def let_go(self, owner: str, channel: ChannelId = PUMP) -> list[Effect]:
        """Let an owner want nothing of an output any more."""
        return self.feed(DemandReleased(channel=channel, owner=owner))

    def lay_down(
        self,
        *interlocks: Interlock,
        channel: ChannelId = PUMP,
        hold: int = DEFAULT_HOLD,
        on_shutdown: ShutdownPolicy = ShutdownPolicy.REST,
    ) -> list[Effect]:
        """Change the safety settings of an output."""
        safety = ChannelSafety(channel=channel, interlocks=interlocks, hold=hold, on_shutdown=on_shutdown)
        return self.feed(SafetyChanged(safety=safety))

    def hang(self, place: Place = PUMP, *, seconds: float | None = None) -> list[Effect]:
        """Hang a tag on an output or on a device."""
        tag = a_tag(place, now=self.now, seconds=seconds, by="anna", user="u1", reason="repair")
        return self.feed(LockOutHung(tag=tag))

    def take_off(self, place: Place = PUMP) -> list[Effect]:
        """Take a tag off."""
        return self.feed(LockOutTakenOff(place=place, by="anna"))

    def energise(self, channel: ChannelId = PUMP, *, duration: int | None = None, level: float = 1.0) -> CommandId:
        """Energise an output of a device in session and return the id of the command."""
        (command,) = sent(self.wish(level, channel, duration=duration))
        return command.request.id

    def press(self, *devices: str, reason: str = "test") -> list[Effect]:
        """Press the emergency stop of the given devices, or of all of them."""
        return self.feed(StopPressed(devices=_scope(devices), by="anna", user="u1", reason=reason))

    def release(self, *devices: str) -> list[Effect]:
        """Release the emergency stop of the given devices, or of all of them."""
        return self.feed(
            StopReleased(devices=_scope(devices), by="anna", user="u1", is_admin=True, reason="checked"),
        )

    def confirm(self, push: ConfigPush) -> list[Effect]:
        """Let a device take a configuration push in, as the firmware answers a good one."""
        effects: list[Effect] = []
        for scope, items in (
            ("sensor", push.sensors + push.removed_sensors),
            ("actuator", push.actuators + push.removed_actuators),
        ):
            if items:
                effects += self.feed(a_config_answer(scope, push.correlation_id, device=push.device))
        return effects + self.feed(an_outcome(push.correlation_id, flow=Flow.CONFIG, device=push.device))

    def configure(self, effects: Iterable[Effect]) -> list[ConfigPush]:
        """Confirm the push among the effects and every one that follows; return them all."""
        pushes: list[ConfigPush] = []
        waiting = notices_of(effects, ConfigPush)
        while waiting:
            push = waiting.pop(0)
            pushes.append(push)
            waiting += notices_of(self.confirm(push), ConfigPush)
        return pushes


def _scope(devices: Sequence[str]) -> frozenset[DeviceId] | None:
    return frozenset(DeviceId(device) for device in devices) if devices else None
