"""System commands: questions, scans, log level, tokens, safe mode and factory reset."""

from dataclasses import dataclass

from .admission import system_refusal
from .arduino import ParseFailure, integer_or, parse, text_or
from .chip import Chip
from .emergency import Emergency
from .heartbeat import config_status, wifi_ip
from .outbound import Outbound
from .sensors import SensorBank
from .wire import Json, encoded

BUDGET = 256
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
TOKEN_LIMIT = 64
SCAN_LIMIT = 10
RESET_SECONDS = 3.0
FAMILIES = {"28": "ds18b20", "10": "ds18s20", "22": "ds1822"}


@dataclass(slots=True)
class SystemCommands:
    """Answers the commands that concern the whole device."""

    chip: Chip
    out: Outbound
    sensors: SensorBank
    emergency: Emergency
    reset_at: float | None = None

    def receive(self, payload: bytes) -> None:
        """Take one system command."""
        try:
            document = parse(payload, BUDGET)
        except ParseFailure as failure:
            self._respond(
                {"command": "", "success": False, "esp_id": self.chip.esp_id, "error": "JSON_PARSE_ERROR"}
                | {"message": failure.code, "reason_code": "JSON_PARSE_ERROR", "ts": self.chip.unix},
                {"correlation_id": self.chip.generated_id()},
            )
            return
        word = text_or(document, "command")
        code = system_refusal(self.chip, self.out, word)
        if code is not None:
            refused: Json = {"error": code, "reason_code": code, "state": "CONFIG_PENDING_AFTER_RESET"}
            self._answer(word, refused, success=False)
            return
        self._run(word, document)

    def _run(self, word: str, document: Json) -> None:
        questions = {"status": self._status, "diagnostics": self._diagnostics, "get_config": self._get_config}
        tasks = {
            "set_log_level": self._set_log_level,
            "set_emergency_token": self._set_token,
            "onewire/scan": self._scan,
        }
        if word in questions:
            self._answer(word, questions[word]())
        elif word in tasks:
            tasks[word](document)
        elif word == "safe_mode":
            self.emergency.stop_everything()
            self._answer(word, {"message": "Safe mode activated"})
        elif word == "exit_safe_mode":
            self.emergency.bank.clear_all()
            self._answer(word, {"message": "Safe mode deactivated"})
        elif word == "factory_reset":
            self._reset(confirmed=document.get("confirm") is True)
        else:
            self._respond(
                {"command": word, "success": False, "error": "Unknown command"}
                | {"esp_id": self.chip.esp_id, "ts": self.chip.unix}
            )

    def _reset(self, *, confirmed: bool) -> None:
        if not confirmed:
            self._answer("factory_reset", {"error": "Confirmation required"}, success=False)
            return
        self._respond({"status": "factory_reset_initiated", "esp_id": self.chip.esp_id})
        self.reset_at = self.chip.now + RESET_SECONDS

    def _respond(self, payload: Json, tail: Json | None = None) -> None:
        numbered = payload | {"seq": self.chip.next_sequence()} | (tail or {})
        self.out.send("system/command/response", encoded(numbered), 1)

    def _answer(self, word: str, fields: Json, *, success: bool = True) -> None:
        head: Json = {"command": word, "success": success, "esp_id": self.chip.esp_id}
        self._respond(head | fields | {"ts": self.chip.unix})

    def _counts(self) -> tuple[int, int]:
        return len(self.sensors.slots), len(self.emergency.bank.slots)

    def _status(self) -> Json:
        sensors, actuators = self._counts()
        return {
            "state": int(self.chip.state),
            "uptime": self.chip.uptime,
            "heap_free": self.chip.heap_free(sensors, actuators),
            "wifi_rssi": self.chip.rssi,
            "sensor_count": sensors,
            "actuator_count": actuators,
            "zone_id": self.chip.nvs.zone_id,
            "zone_assigned": bool(self.chip.nvs.zone_id),
        }

    def _diagnostics(self) -> Json:
        chip = self.chip
        sensors, actuators = self._counts()
        mac = ":".join(("24", "6F", "28", *(chip.esp_id[-6:][place : place + 2] for place in (0, 2, 4))))
        return {
            "state": int(chip.state),
            "uptime": chip.uptime,
            "heap_free": chip.heap_free(sensors, actuators),
            "heap_min": 171_200,
            "chip_model": "ESP32-D0WD-V3",
            "chip_revision": 3,
            "flash_size": 4_194_304,
            "sdk_version": "v4.4.7",
            "wifi_ssid": "Greenhouse",
            "wifi_ip": wifi_ip(chip),
            "wifi_rssi": chip.rssi,
            "wifi_mac": mac,
            "zone_id": chip.nvs.zone_id,
            "master_zone_id": chip.nvs.master_zone_id,
            "zone_assigned": bool(chip.nvs.zone_id),
            "kaiser_id": chip.kaiser_id,
            "sensor_count": sensors,
            "actuator_count": actuators,
            "boot_count": chip.nvs.boot_count,
            "config_status": config_status(chip),
        }

    def _get_config(self) -> Json:
        nvs = self.chip.nvs
        sensors, actuators = self._counts()
        zone = {
            "zone_id": nvs.zone_id,
            "master_zone_id": nvs.master_zone_id,
            "zone_name": nvs.zone_name,
            "kaiser_id": nvs.kaiser_id,
            "zone_assigned": bool(nvs.zone_id),
        }
        # The lists are always empty: the firmware never fills them.
        return {
            "zone": zone,
            "sensors": [],
            "sensor_count": sensors,
            "actuators": [],
            "actuator_count": actuators,
        }

    def _set_log_level(self, document: Json) -> None:
        level = text_or(document, "level") or text_or(_params(document), "level")
        if level not in LEVELS:
            self._answer("set_log_level", {"error": "Invalid log level", "requested_level": level}, success=False)
            return
        self.chip.nvs.log_level = level
        self._answer("set_log_level", {"level": level, "message": f"Log level set to {level}", "persisted": True})

    def _set_token(self, document: Json) -> None:
        token, kind = text_or(document, "token"), text_or(document, "token_type")
        if not 1 <= len(token) <= TOKEN_LIMIT or kind not in {"esp", "broadcast"}:
            self._answer("set_emergency_token", {"error": "Invalid token or token_type"}, success=False)
            return
        if kind == "esp":
            self.chip.nvs.emergency_token = token
        else:
            self.chip.nvs.broadcast_token = token
        self._answer("set_emergency_token", {"token_type": kind, "message": "Emergency token stored"})

    def _scan(self, document: Json) -> None:
        default = integer_or(_params(document), "pin", self.chip.board.onewire_pin)
        pin = integer_or(document, "pin", default)
        active = next((slot.config.gpio for slot in self.sensors.slots if slot.config.onewire_address), pin)
        if active != pin:
            error = "OneWire bus already active on another pin"
            self._answer("onewire/scan", {"error": error, "requested_pin": pin, "active_pin": active}, success=False)
            return
        if pin in self.chip.board.reserved | self.chip.board.input_only or pin not in self.chip.board.usable:
            self._answer("onewire/scan", {"error": "Failed to initialize OneWire bus", "pin": pin}, success=False)
            return
        roms = self.sensors.probe.rom_codes(pin)[:SCAN_LIMIT]
        devices = [{"rom_code": rom, "device_type": FAMILIES.get(rom[:2], "unknown"), "pin": pin} for rom in roms]
        payload = {"devices": devices, "found_count": len(devices), "seq": self.chip.next_sequence()}
        self.out.send("onewire/scan_result", encoded(payload), 1, kaiser_id="god")
        self._answer("onewire/scan", {"status": "ok", "found_count": len(devices), "pin": pin})


def _params(document: Json) -> Json:
    params = document.get("params")
    return params if isinstance(params, dict) else {}
