"""Config pushes: merge, remove, refuse, and report per scope."""

from dataclasses import dataclass

from .actuators import ActuatorBank
from .admission import config_acceptance
from .arduino import ParseFailure, integer_or, objects_in, parse, text_or
from .chip import Chip
from .config_answers import ConfigAnswers
from .config_items import ItemError, actuator_item
from .offline_rules import needs_calibration, parse_rules
from .outbound import Outbound
from .outcomes import Intent, Outcomes
from .raw_words import device_of
from .readiness import Readiness
from .scanner import scan_text
from .sensor_setup import SensorSetup
from .sensors import SensorBank
from .states import Severity
from .wire import Json

SIZE_LIMIT = 4352
PUSH_RING = 3
PARSE_BUDGET = 7680
STALE = {"sensors": "STALE_SENSOR_SCOPE", "actuators": "STALE_ACTUATOR_SCOPE", "offline_rules": "STALE_OFFLINE_SCOPE"}
SCOPES = {"sensors": "sensor", "actuators": "actuator", "offline_rules": "system"}


@dataclass(frozen=True, slots=True)
class Push:
    """One push on its way."""

    document: Json
    intent: Intent


@dataclass(slots=True)
class Configurator:
    """Takes config pushes."""

    chip: Chip
    out: Outbound
    sensors: SensorBank
    actuators: ActuatorBank
    sensor_setup: SensorSetup
    outcomes: Outcomes
    answers: ConfigAnswers
    readiness: Readiness
    seconds: float = 0.0
    queued: Push | None = None
    due: float = 0.0

    @property
    def busy(self) -> bool:
        """Return whether a push waits or is being applied."""
        return self.queued is not None

    def receive(self, payload: bytes) -> None:
        """Take one push into the queue, or refuse it."""
        try:
            document = self._read(payload)
        except ParseFailure as failure:
            self._refuse_unread(payload, failure.code)
            return
        correlation = text_or(document, "correlation_id")
        if not correlation:
            self._refuse_uncorrelated()
            return
        generation = integer_or(document, "generation")
        intent = self.outcomes.intent(
            "config", text_or(document, "intent_id"), correlation, generation=max(0, generation)
        )
        if not self.out.registered:
            self.outcomes.final(intent, "rejected", "REGISTRATION_PENDING", "Config rejected", retryable=True)
            return
        if self.busy:
            self.outcomes.final(intent, "rejected", "QUEUE_FULL", "Config queue full/timeout", retryable=True)
            return
        self.outcomes.accepted(intent, config_acceptance(self.chip.state), "Config queued")
        self.queued = Push(document, intent)
        self.due = self.chip.now + self.seconds
        self.chip.nvs.pushes = [*self.chip.nvs.pushes, document][-PUSH_RING:]
        self.tick()

    def tick(self) -> None:
        """Apply what waits, first of all what a reboot interrupted."""
        if self.queued is None and self.chip.nvs.pushes and self.out.registered:
            document = self.chip.nvs.pushes[0]
            intent = self.outcomes.intent("config", text_or(document, "intent_id"), text_or(document, "correlation_id"))
            self.outcomes.accepted(intent, "REPLAY", "Config replayed after reboot")
            self.queued = Push(document, intent)
            self.due = self.chip.now
        if self.queued is not None and self.chip.now >= self.due:
            push, self.queued = self.queued, None
            self.chip.nvs.pushes = [kept for kept in self.chip.nvs.pushes if kept is not push.document]
            self._apply(push.document, push.intent, push.intent.generation)

    def _read(self, payload: bytes) -> Json:
        if len(payload) >= SIZE_LIMIT:
            raise ParseFailure("PAYLOAD_TOO_LARGE")
        return parse(payload, PARSE_BUDGET)

    def _refuse_unread(self, payload: bytes, code: str) -> None:
        text = payload.decode("utf-8", "surrogateescape")
        intent = self.outcomes.intent("config", scan_text(text, "intent_id"), scan_text(text, "correlation_id"))
        if code == "PAYLOAD_TOO_LARGE":
            message = f"[CONFIG] Payload too large: {len(payload)} bytes, max={SIZE_LIMIT}"
            self.actuators.health.track(4031, Severity.ERROR, message)
            self.answers.error("system", code, message, intent.correlation_id)
            self.outcomes.final(intent, "rejected", code, message)
            return
        self.answers.error("system", "JSON_PARSE_ERROR", f"Failed to parse config: {code}", intent.correlation_id)
        self.outcomes.final(intent, "failed", "JSON_PARSE_ERROR", code)

    def _refuse_uncorrelated(self) -> None:
        message = "Config contract violation: required correlation_id missing"
        self.actuators.health.track(4033, Severity.ERROR, message)
        self.answers.error("system", "CONTRACT_MISSING_CORRELATION", message, self.chip.generated_id())
        blank = Intent(flow="config", intent_id="", correlation_id="")
        self.outcomes.final(blank, "failed", "CONTRACT_CORRELATION_MISSING", message)

    def _apply(self, document: Json, intent: Intent, generation: int) -> None:
        failure = ""
        for key, scope in SCOPES.items():
            if key not in document:
                continue
            if generation and generation <= self.chip.nvs.generations.get(key, 0):
                self.answers.error(scope, STALE[key], "generation not newer", intent.correlation_id)
                failure = failure or STALE[key]
                continue
            if generation:
                self.chip.nvs.generations[key] = generation
            if not self._apply_scope(key, document, intent.correlation_id):
                failure = failure or "COMMIT_FAILED"
        self.readiness.after_commit(len(self.sensors.slots), len(self.actuators.slots), len(self.chip.nvs.rules))
        if not failure:
            self.outcomes.final(intent, "persisted", "NONE", "Config persisted")
            return
        self.answers.error("system", "COMMIT_FAILED", "Config apply failed", intent.correlation_id)
        reason = "generation not newer" if failure.startswith("STALE") else "Config apply failed"
        self.outcomes.final(intent, "failed", failure, reason, retryable=failure == "COMMIT_FAILED")

    def _apply_scope(self, key: str, document: Json, correlation: str) -> bool:
        items = objects_in(document, key)
        if items is None:
            # A scope of another type counts as absent, except the rules.
            return key != "offline_rules"
        match key:
            case "sensors":
                return self.sensor_setup.apply(items, correlation)
            case "actuators":
                return self._apply_actuators(items, correlation)
            case _:
                rules = parse_rules(items, self.chip.nvs.rules)
                self.chip.nvs.rules = [rule for rule in rules if not needs_calibration(rule.sensor_value_type)]
                return True

    def _apply_actuators(self, items: list[Json], correlation: str) -> bool:
        if not items:
            self.answers.success("actuator", 0, "No actuators configured", correlation)
            return True
        done = 0
        for item in items:
            try:
                self._apply_actuator(item)
            except ItemError as error:
                self.answers.error("actuator", error.word, error.detail, correlation, item)
            else:
                done += 1
        if done == len(items):
            self.answers.success("actuator", done, f"Configured {done} actuator(s) successfully", correlation)
        return done == len(items)

    def _apply_actuator(self, item: Json) -> None:
        config, active = actuator_item(item)
        if not active:
            self.actuators.remove(config.gpio)
            return
        sensor_pin = any(
            slot.config.gpio == config.gpio and not device_of(slot.config.sensor_type) for slot in self.sensors.slots
        )
        if not self.actuators.configure(config, sensor_pin=sensor_pin):
            raise ItemError("UNKNOWN_ERROR", f"Failed to configure actuator on GPIO {config.gpio}")
