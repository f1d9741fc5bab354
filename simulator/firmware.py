"""The parts of the firmware, put together anew with every boot."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .actuators import ActuatorBank
from .boards import PinTable
from .chip import Chip
from .commands import CommandRunner
from .config_answers import ConfigAnswers
from .configuring import Configurator
from .emergency import Emergency
from .health import Health
from .measuring import MeasureRunner
from .offline import OfflineAuthority
from .outbound import Outbound
from .outcomes import Outcomes
from .probing import Physical, Probe
from .readiness import Readiness
from .sensor_setup import SensorSetup
from .sensors import SensorBank
from .session import Session
from .states import SystemState
from .system_commands import SystemCommands
from .wiring import DeviceSpec, WiredActuator
from .zones import Zones

QUIET_STATES = frozenset({SystemState.PENDING_APPROVAL, SystemState.CONFIG_PENDING_AFTER_RESET})


@dataclass(slots=True)
class Condition:
    """What is physically the matter with a device; it outlives a boot."""

    broken: dict[str, set[str]]
    jammed: set[int]
    welded: set[int]
    openings: dict[int, float]
    drain_per_second: float | None = None
    config_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Firmware:
    """Everything that a boot builds anew."""

    chip: Chip
    out: Outbound
    health: Health
    bank: ActuatorBank
    sensors: SensorBank
    offline: OfflineAuthority
    outcomes: Outcomes
    session: Session
    commands: CommandRunner
    measuring: MeasureRunner
    configuring: Configurator
    readiness: Readiness
    emergency: Emergency
    system: SystemCommands
    zones: Zones

    def restore(self) -> None:
        """Bring back what is stored and choose the first state."""
        nvs = self.chip.nvs
        self.bank.restore()
        self.sensors.restore()
        for slot in self.sensors.slots:
            self.configuring.sensor_setup.claim_restored(slot.config)
        self.session.enter(SystemState.OPERATIONAL if nvs.approved else SystemState.PENDING_APPROVAL)
        self.readiness.after_boot(*self.counts)
        for rule in nvs.rules:
            rule.server_override = False

    @property
    def counts(self) -> tuple[int, int, int]:
        """Return how many sensors, actuators and offline rules there are."""
        return len(self.sensors.slots), len(self.bank.slots), len(self.chip.nvs.rules)

    def route(self, topic: str, payload: bytes) -> None:
        """Hand a message to the part it is for."""
        if topic == "kaiser/broadcast/emergency":
            self.emergency.receive_broadcast(payload)
            return
        suffix = topic.partition(f"/esp/{self.chip.esp_id}/")[2]
        routes: dict[str, Callable[[bytes], None]] = {
            "system/heartbeat/ack": self.session.acknowledge,
            "config": self.configuring.receive,
            "system/command": self.system.receive,
            "actuator/emergency": self.emergency.receive,
            "zone/assign": self.zones.assign,
            "subzone/assign": self.zones.assign_subzone,
            "subzone/remove": self.zones.remove_subzone,
            "subzone/safe": self.zones.make_subzone_safe,
        }
        if suffix in routes:
            routes[suffix](payload)
        elif topic.endswith("/server/status"):
            self.session.server_status(payload)
        else:
            self._route_channel(suffix, payload)

    def _route_channel(self, suffix: str, payload: bytes) -> None:
        match suffix.split("/"):
            case ["actuator", gpio, "command"] if (pin := _pin(gpio)) is not None:
                self.commands.receive(pin, payload)
            case ["sensor", gpio, "command"] if (pin := _pin(gpio)) is not None:
                self.measuring.receive(pin, payload)
            case _:
                pass

    def turn(self) -> None:
        """Run every loop once."""
        self.emergency.tick()
        self.configuring.tick()
        self.session.tick(len(self.sensors.slots))
        self.bank.tick(periodic=self.chip.state not in QUIET_STATES)
        self.sensors.tick()
        self.offline.tick(self.sensors.cached)
        self.health.tick(len(self.sensors.slots), len(self.bank.slots))
        self.out.drain()


def assemble(
    chip: Chip, spec: DeviceSpec, physical: Physical, condition: Condition, *, suback_needed: bool
) -> Firmware:
    """Return the firmware of a device, its memory restored."""
    out = Outbound(chip, drain_per_second=condition.drain_per_second)
    health = Health(chip, out)
    pins = PinTable(chip.board)
    bank = _bank(chip, out, health, pins, spec.actuators, condition)
    sensors = SensorBank(chip, out, health, Probe(chip, spec.sensors, physical, health.track, condition.broken))
    offline = OfflineAuthority(chip, bank)
    outcomes = Outcomes(chip, out)
    session = Session(chip, out, bank, offline, outcomes, health, suback_needed=suback_needed)
    readiness = Readiness(chip, out, session)
    emergency = Emergency(chip, out, bank, offline, outcomes, health)
    answers = ConfigAnswers(chip, out)
    setup = SensorSetup(chip, sensors, pins, answers)
    configuring = Configurator(chip, out, sensors, bank, setup, outcomes, answers, readiness, condition.config_seconds)
    firmware = Firmware(
        chip=chip,
        out=out,
        health=health,
        bank=bank,
        sensors=sensors,
        offline=offline,
        outcomes=outcomes,
        session=session,
        commands=CommandRunner(chip, out, bank, offline, outcomes),
        measuring=MeasureRunner(chip, out, sensors, outcomes),
        configuring=configuring,
        readiness=readiness,
        emergency=emergency,
        system=SystemCommands(chip, out, sensors, emergency),
        zones=Zones(chip, out, session, bank, outcomes, configuring),
    )
    firmware.restore()
    return firmware


def _bank(
    chip: Chip, out: Outbound, health: Health, pins: PinTable, actuators: Iterable[WiredActuator], condition: Condition
) -> ActuatorBank:
    return ActuatorBank(
        chip,
        out,
        health,
        pins,
        {actuator.gpio: actuator for actuator in actuators},
        openings=condition.openings,
        jammed=condition.jammed,
        welded=condition.welded,
    )


def _pin(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    return int(text) % 256
