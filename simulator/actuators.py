"""The actuator table: configuration, control, status, and the defects between its two copies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .boards import NO_PIN, PinTable
from .chip import Chip
from .drivers import BinaryDriver, Driver, ValveDriver, create, limited
from .health import Health
from .nvs import ActuatorConfig
from .outbound import Outbound
from .states import ActuatorType, Severity
from .wire import Json, concatenated
from .wiring import WiredActuator

STATUS_SECONDS = 30.0
DEVICE_WIDE = 255


@dataclass(slots=True)
class Slot:
    """One configured actuator with the table's own copy of its configuration."""

    driver: Driver
    config: ActuatorConfig
    stopped: bool = False
    ends_at: int = 0
    source: str = ""


@dataclass(slots=True)
class ActuatorBank:
    """All actuators of one device."""

    chip: Chip
    out: Outbound
    health: Health
    pins: PinTable
    wired: Mapping[int, WiredActuator]
    slots: dict[int, Slot] = field(default_factory=dict)
    openings: dict[int, float] = field(default_factory=dict)
    jammed: set[int] = field(default_factory=set)
    welded: set[int] = field(default_factory=set)
    status_at: float = 0.0

    def restore(self) -> None:
        """Bring back the stored actuators, their pins at the default level."""
        for config in self.chip.nvs.restored_actuators():
            self._create(config)

    def unpowered(self) -> None:
        """Forget everything but where the motor valves really stand."""
        for gpio, slot in self.slots.items():
            self._note_opening(gpio, slot)
        self.slots.clear()
        self.pins.owners.clear()

    def _note_opening(self, gpio: int, slot: Slot) -> None:
        if isinstance(slot.driver, ValveDriver):
            self.openings[gpio] = slot.driver.output(inverted_wiring=False, millis=self.chip.millis)

    # -- configuration -------------------------------------------------------------------------------------------

    def configure(self, config: ActuatorConfig, *, sensor_pin: bool) -> bool:
        """Add, change or leave an actuator as it is."""
        if config.gpio == NO_PIN:
            return False
        if sensor_pin:
            self.health.track(1002, Severity.ERROR, "GPIO conflict sensor vs actuator")
            return False
        slot = self.slots.get(config.gpio)
        if slot is not None:
            if slot.config == config:
                return True
            same_driver = (slot.config.actuator_type, slot.config.aux_gpio) == (config.actuator_type, config.aux_gpio)
            if same_driver:
                self._change_softly(slot, config)
                return True
            slot.driver.set_binary(state=False, millis=self.chip.millis)
            self.remove(config.gpio)
        if not self._create(config):
            return False
        self._store()
        self.publish_status(config.gpio)
        return True

    def _change_softly(self, slot: Slot, config: ActuatorConfig) -> None:
        slot.config = config
        limited(slot.driver, config.max_runtime_ms)
        self._store()
        # The status message refreshes the table's copy from the driver, which never saw the change.
        self.publish_status(config.gpio)

    def _create(self, config: ActuatorConfig) -> bool:
        pins = self._pins_of(config)
        component = config.name or "actuator"
        refusals = [why for pin in pins if (why := self.pins.conflict(pin, "actuator", component)) is not None]
        if refusals or any(pin in self.chip.board.input_only for pin in pins):
            self.health.track(1001, Severity.ERROR, refusals[0] if refusals else f"GPIO {config.gpio} is input only")
            return False
        if len(self.slots) >= self.chip.board.max_actuators:
            self.health.track(1051, Severity.ERROR, "Actuator slots exhausted")
            return False
        driver = create(config, self.chip.millis, self.openings.pop(config.gpio, 0.0))
        if driver is None:
            return False
        for pin in pins:
            self.pins.claim(pin, "actuator", component)
        self.slots[config.gpio] = Slot(driver, driver.config)
        return True

    def _pins_of(self, config: ActuatorConfig) -> tuple[int, ...]:
        if config.actuator_type != ActuatorType.VALVE:
            return (config.gpio,)
        return config.gpio, config.gpio + 1 if config.aux_gpio == NO_PIN else config.aux_gpio

    def remove(self, gpio: int) -> None:
        """Switch an actuator off and give its pins back."""
        slot = self.slots.pop(gpio, None)
        if slot is None:
            return
        slot.driver.set_binary(state=False, millis=self.chip.millis)
        self._note_opening(gpio, slot)
        for pin in self._pins_of(slot.config):
            self.pins.release(pin)
        self._store()

    def _store(self) -> None:
        self.chip.nvs.actuators = [slot.config for slot in self.slots.values()]

    # -- control -------------------------------------------------------------------------------------------------

    def control_binary(self, gpio: int, state: bool, *, announce: bool = True) -> bool:
        """Switch an actuator; a state it already has is left alone."""
        slot = self.slots.get(gpio)
        if slot is None:
            self.health.track(1052, Severity.ERROR, "Actuator missing (binary control)")
            return False
        if slot.stopped:
            return False
        if slot.driver.state == state:
            return True
        done = slot.driver.set_binary(state, self.chip.millis)
        self._report_refusal(slot)
        if done and announce:
            self.publish_status(gpio)
        return done

    def control(self, gpio: int, value: float, *, announce: bool = True) -> bool:
        """Set a level; the pin is driven even when nothing changes."""
        slot = self.slots.get(gpio)
        if slot is None or slot.stopped:
            return False
        if slot.config.actuator_type != ActuatorType.PWM and not 0.0 <= value <= 1.0:
            self.health.track(4020, Severity.ERROR, "Actuator value invalid")
            return False
        done = slot.driver.set_value(value, self.chip.millis)
        self._report_refusal(slot)
        if done and announce:
            self.publish_status(gpio)
        return done

    def _report_refusal(self, slot: Slot) -> None:
        if isinstance(slot.driver, BinaryDriver) and slot.driver.refused:
            slot.driver.refused = False
            self.health.track(1050, Severity.WARNING, "Pump runtime protection triggered")

    def all_to_default(self) -> None:
        """Bring every actuator to its default state."""
        for gpio, slot in self.slots.items():
            self.control_binary(gpio, slot.driver.config.default_state)

    def uncovered_to_default(self, covered: set[int]) -> None:
        """Bring to the default state what no offline rule looks after."""
        for gpio, slot in self.slots.items():
            was_on = slot.driver.state
            if gpio in covered:
                if was_on:
                    self.alert(gpio, "offline_rule_hold", "Actuator held ON — offline rule coverage active")
                continue
            self.control_binary(gpio, slot.driver.config.default_state)
            if was_on:
                suffix = " (critical)" if slot.driver.config.critical else ""
                self.alert(gpio, "safety_forced_off", f"No offline rule — forced to default_state{suffix}")

    def stop_all(self) -> None:
        """Stop everything and refuse commands until cleared."""
        for gpio, slot in self.slots.items():
            slot.driver.emergency_stop(self.chip.millis)
            slot.stopped = True
            self.alert(gpio, "emergency_stop", "Actuator stopped")
            self.publish_status(gpio)

    def clear_all(self) -> None:
        """Accept commands again; nothing is published."""
        for slot in self.slots.values():
            slot.driver.clear_emergency()
            slot.stopped = False

    def tick(self, *, periodic: bool) -> None:
        """Run the motors and timers, and report now and then."""
        for gpio, slot in self.slots.items():
            if slot.ends_at and slot.driver.state and self.chip.millis >= slot.ends_at:
                slot.ends_at = 0
                slot.source = "firmware:auto_duration"
                self.control_binary(gpio, state=False, announce=False)
                self.publish_status(gpio)
            slot.driver.loop(self.chip.millis)
        if periodic and self.chip.now - self.status_at >= STATUS_SECONDS:
            self.publish_all()

    def levels(self) -> Iterator[tuple[int, float]]:
        """Return what each connected actuator really does."""
        for gpio, wired in self.wired.items():
            slot = self.slots.get(gpio)
            if gpio in self.welded:
                yield gpio, 1.0
            elif gpio in self.jammed or slot is None:
                yield gpio, self.openings.get(gpio, 0.0)
            else:
                yield gpio, slot.driver.output(wired.inverted, self.chip.millis)

    # -- messages ------------------------------------------------------------------------------------------------

    def publish_all(self) -> None:
        """Report every actuator."""
        self.status_at = self.chip.now
        for gpio in self.slots:
            self.publish_status(gpio)

    def publish_status(self, gpio: int) -> None:
        """Report one actuator, refreshing the table's copy from the driver."""
        slot = self.slots[gpio]
        slot.config = slot.driver.config
        payload: Json = {
            "esp_id": self.chip.esp_id,
            "seq": self.chip.next_sequence(),
            "zone_id": self.chip.nvs.zone_id,
            "subzone_id": slot.config.subzone_id,
            "ts": self.chip.unix,
            "gpio": gpio,
            "type": slot.config.actuator_type,
            "state": gpio in self.welded or slot.driver.state,
            "pwm": 255 if gpio in self.welded else slot.driver.pwm,
            "runtime_ms": slot.driver.runtime_ms(self.chip.millis),
            "emergency": "active" if slot.driver.stopped else "normal",
        }
        if slot.source:
            payload["command_source"] = slot.source
        self.out.send(f"actuator/{gpio}/status", concatenated(payload), 1)

    def alert(self, gpio: int, alert_type: str, message: str) -> None:
        """Report a safety event."""
        payload = {
            "esp_id": self.chip.esp_id,
            "seq": self.chip.next_sequence(),
            "zone_id": self.chip.nvs.zone_id,
            "ts": self.chip.unix,
            "gpio": gpio,
            "alert_type": alert_type,
            "message": message,
        }
        self.out.send(f"actuator/{gpio}/alert", concatenated(payload), 1)
