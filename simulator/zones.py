"""Zones and subzones."""

from collections.abc import Callable
from dataclasses import dataclass
import re

from .actuators import ActuatorBank
from .arduino import MISSING_TEXT, ParseFailure, boolean_or, parse, stringified, text_or
from .chip import Chip
from .configuring import Configurator
from .nvs import MAX_SUBZONES, Subzone
from .outbound import Outbound
from .outcomes import Outcomes
from .session import Session
from .states import SystemState
from .wire import Json, encoded

ZONE_BUDGET = 512
SUBZONE_BUDGET = 1024
REMOVE_BUDGET = 256
SAFE_BUDGET = 512
SAVE_FAILED = 2506
LANE_BUSY: Json = {"reason_code": "CONFIG_LANE_BUSY", "message": "Config persistence lane busy; retry later"}

_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
_KAISER = re.compile(r"[A-Za-z0-9_]{1,63}")


@dataclass(slots=True)
class Zones:
    """Assigns the device to a zone and its pins to subzones."""

    chip: Chip
    out: Outbound
    session: Session
    bank: ActuatorBank
    outcomes: Outcomes
    configuring: Configurator

    # -- zone ----------------------------------------------------------------------------------------------------

    def assign(self, payload: bytes) -> None:
        """Take a zone; a key that is missing reads as the word `null`."""
        try:
            document = parse(payload, ZONE_BUDGET)
        except ParseFailure as failure:
            message = f"JSON parse error: {failure.code}"
            self._zone_ack("error", {"reason_code": "JSON_PARSE_ERROR", "message": message}, "")
            return
        correlation = text_or(document, "correlation_id")
        if self.configuring.busy:
            self._zone_ack("error", LANE_BUSY, correlation)
            return
        zone, master = stringified(document, "zone_id"), stringified(document, "master_zone_id")
        name, kaiser = stringified(document, "zone_name"), stringified(document, "kaiser_id") or "god"
        if zone == "":
            self._remove_zone(correlation)
            return
        if not (_ID.fullmatch(zone) and len(master) <= 32 and len(name) <= 64 and _KAISER.fullmatch(kaiser)):
            self._zone_ack("error", {"message": "Zone validation failed"}, correlation)
            return
        nvs = self.chip.nvs
        nvs.zone_id, nvs.master_zone_id, nvs.zone_name = zone, master, name
        # Publishing moves to the new root at once; the subscriptions stay at the old one until a reboot.
        nvs.kaiser_id = self.chip.kaiser_id = kaiser
        if self.chip.state is not SystemState.CONFIG_PENDING_AFTER_RESET:
            self.session.enter(SystemState.ZONE_CONFIGURED)
        self._zone_ack("zone_assigned", {"zone_id": zone, "master_zone_id": master}, correlation)
        self.session.beat_forced = True

    def _remove_zone(self, correlation: str) -> None:
        nvs = self.chip.nvs
        nvs.zone_id = nvs.master_zone_id = nvs.zone_name = ""
        nvs.subzones.clear()
        self.chip.pulled_up.clear()
        if self.chip.state is not SystemState.CONFIG_PENDING_AFTER_RESET:
            self.session.enter(SystemState.PENDING_APPROVAL)
        self._zone_ack("zone_removed", {"zone_id": "", "master_zone_id": ""}, correlation)
        self.session.beat_forced = True

    def _zone_ack(self, status: str, fields: Json, correlation: str) -> None:
        payload: Json = {"esp_id": self.chip.esp_id, "status": status} | fields | {"ts": self.chip.unix}
        payload |= {"seq": self.chip.next_sequence(), "correlation_id": correlation or self.chip.generated_id()}
        self.out.send("zone/ack", encoded(payload), 1)
        intent = self.outcomes.intent("zone", correlation, correlation)
        if status == "error":
            self.outcomes.final(intent, "failed", str(fields.get("reason_code", "VALIDATION_FAIL")), "Zone refused")
        else:
            self.outcomes.final(intent, "persisted", "NONE", "Zone persisted")

    # -- subzones ------------------------------------------------------------------------------------------------

    def assign_subzone(self, payload: bytes) -> None:
        """Group pins; safe mode is on unless it is sent as off."""
        document = self._read(payload, SUBZONE_BUDGET)
        if document is None:
            return
        subzone, correlation = stringified(document, "subzone_id"), text_or(document, "correlation_id")
        pins = document.get("assigned_gpios")
        gpios = tuple(pin for pin in pins if isinstance(pin, int)) if isinstance(pins, list) else ()
        objection = self._objection(subzone, stringified(document, "parent_zone_id"), gpios)
        if objection:
            self._subzone_error(subzone, correlation, {"error_code": SAVE_FAILED, "message": objection})
            return
        safe = boolean_or(document, "safe_mode_active", default=True)
        self._drop(subzone)
        name = stringified(document, "subzone_name")
        self.chip.nvs.subzones.append(Subzone(subzone_id=subzone, name=name, gpios=gpios, safe_mode=safe))
        if safe:
            self.chip.pulled_up |= set(gpios) - set(self.bank.slots)
        self._subzone_ack("subzone_assigned", subzone, {}, correlation)

    def _objection(self, subzone: str, parent: str, gpios: tuple[int, ...]) -> str:
        nvs = self.chip.nvs
        others = [zone for zone in nvs.subzones if zone.subzone_id != subzone]
        checks: tuple[tuple[Callable[[], bool], str], ...] = (
            (lambda: subzone in {"", MISSING_TEXT}, "subzone_id is required"),
            (lambda: parent not in {"", nvs.zone_id}, "parent_zone_id mismatch"),
            (lambda: not nvs.zone_id, "ESP zone not assigned"),
            (lambda: not _ID.fullmatch(subzone), "subzone config validation failed"),
            (lambda: not gpios or any(pin not in self.chip.board.usable for pin in gpios), "GPIO assignment failed"),
            (lambda: any(set(gpios) & set(zone.gpios) for zone in others), "GPIO assignment failed"),
            (lambda: len(others) >= MAX_SUBZONES, "NVS save failed"),
        )
        return next((message for applies, message in checks if applies()), "")

    def remove_subzone(self, payload: bytes) -> None:
        """Dissolve a group."""
        document = self._read(payload, REMOVE_BUDGET)
        if document is None:
            return
        subzone, correlation = stringified(document, "subzone_id"), text_or(document, "correlation_id")
        if not self._drop(subzone):
            fields: Json = {"reason_code": "SUBZONE_NOT_FOUND", "message": "subzone not found"}
            self._subzone_error(subzone, correlation, fields)
            return
        self._subzone_ack("subzone_removed", subzone, {}, correlation)

    def make_subzone_safe(self, payload: bytes) -> None:
        """Pull the pins of a group up, or let them go; success is silent."""
        document = self._read(payload, SAFE_BUDGET)
        if document is None:
            return
        subzone, correlation = text_or(document, "subzone_id"), text_or(document, "correlation_id")
        found = next((zone for zone in self.chip.nvs.subzones if zone.subzone_id == subzone), None)
        if found is None:
            fields: Json = {"reason_code": "SUBZONE_NOT_FOUND", "message": "subzone not found"}
            self._subzone_error(subzone, correlation, fields)
            return
        pins = set(found.gpios) - set(self.bank.slots)
        if boolean_or(document, "safe_mode", default=text_or(document, "action", "enable") == "enable"):
            self.chip.pulled_up |= pins
        else:
            self.chip.pulled_up -= pins

    def _drop(self, subzone: str) -> bool:
        found = [zone for zone in self.chip.nvs.subzones if zone.subzone_id == subzone]
        for zone in found:
            self.chip.nvs.subzones.remove(zone)
            self.chip.pulled_up -= set(zone.gpios)
        return bool(found)

    def _read(self, payload: bytes, budget: int) -> Json | None:
        try:
            document = parse(payload, budget)
        except ParseFailure as failure:
            message = f"JSON parse error: {failure.code}"
            self._subzone_error("unknown", "", {"reason_code": "JSON_PARSE_ERROR", "message": message})
            return None
        if self.configuring.busy:
            self._subzone_error(text_or(document, "subzone_id"), text_or(document, "correlation_id"), LANE_BUSY)
            return None
        return document

    def _subzone_error(self, subzone: str, correlation: str, fields: Json) -> None:
        self._subzone_ack("error", subzone, fields, correlation)

    def _subzone_ack(self, status: str, subzone: str, fields: Json, correlation: str) -> None:
        payload: Json = {"esp_id": self.chip.esp_id, "status": status, "subzone_id": subzone}
        payload |= {"timestamp": self.chip.unix} | fields
        payload |= {"seq": self.chip.next_sequence(), "correlation_id": correlation or self.chip.generated_id()}
        self.out.send("subzone/ack", encoded(payload), 1)
