"""How devices are: diagnostics from their heartbeats, their errors and their configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import SIGNAL_STRENGTH_DECIBELS_MILLIWATT, EntityCategory, UnitOfInformation, UnitOfTime
from homeassistant.helpers.typing import StateType

from .core.devices.error_codes import ERROR_KEYS, translation_key
from .core.fleet.device import Device
from .core.fleet.differences import fingerprint
from .entity import DeviceEntity
from .host.engine_host import EngineHost
from .overview import configuration_state
from .stop_records import latency_figures, milliseconds

RESET_REASONS = ["poweron", "ext", "sw", "panic", "int_wdt", "task_wdt", "wdt", "deepsleep", "brownout", "sdio"]
_CLOCKS_AGREE = timedelta(minutes=2)
CONFIGURATION_STATES = ["in_sync", "pending", "pushing", "refused", "unmanaged"]


def _no_attributes(*_: object) -> dict[str, Any] | None:
    return None


@dataclass(frozen=True, kw_only=True)
class DeviceSensorDescription(SensorEntityDescription):
    """One thing to know about a device; some things outlive its connection."""

    value_of: Callable[[EngineHost, Device], StateType | datetime]
    attributes_of: Callable[[EngineHost, Device], dict[str, Any] | None] = _no_attributes
    outlives_connection: bool = False


def _booted_at(_: EngineHost, device: Device) -> datetime | None:
    vitals, beat_at = device.vitals, device.link.beat_at
    if vitals.uptime is None or beat_at is None:
        return None
    counted = beat_at.utc - timedelta(seconds=vitals.uptime)
    # The device's own word does not jitter, but its clock may be wrong or not set since its last restart.
    told = vitals.booted_at or counted
    return told if abs(told - counted) < _CLOCKS_AGREE else counted


def _last_seen(_: EngineHost, device: Device) -> datetime | None:
    return device.link.heard_at.utc if device.link.heard_at else None


def _reset_reason(_: EngineHost, device: Device) -> str | None:
    reason = (device.vitals.reset_reason or "").lower()
    return reason if reason in RESET_REASONS else None


def _last_error(_: EngineHost, device: Device) -> str:
    return translation_key(device.last_error.code if device.last_error else None)


def _error_details(_: EngineHost, device: Device) -> dict[str, Any] | None:
    if (error := device.last_error) is None:
        return None
    return {"code": error.code, "message": error.message, "reported_at": error.at.utc}


def _configuration_details(host: EngineHost, device: Device) -> dict[str, Any]:
    mark = host.engine.sync_of(device.id).mark
    return {"fingerprint": fingerprint(mark.plan) if mark else None}


def _stop_answer(host: EngineHost, device: Device) -> float | None:
    latency = host.engine.proofs.latency_of(device.id)
    return None if latency is None else milliseconds(latency.last)


def _stop_answers(host: EngineHost, device: Device) -> dict[str, Any]:
    return latency_figures(host.engine.proofs.latency_of(device.id))


DEVICE_SENSORS = (
    DeviceSensorDescription(
        key="wifi_rssi",
        translation_key="wifi_rssi",
        device_class=SensorDeviceClass.SIGNAL_STRENGTH,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=SIGNAL_STRENGTH_DECIBELS_MILLIWATT,
        entity_registry_enabled_default=False,
        value_of=lambda _, device: device.vitals.wifi_rssi,
    ),
    DeviceSensorDescription(
        key="heap_free",
        translation_key="heap_free",
        device_class=SensorDeviceClass.DATA_SIZE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.KIBIBYTES,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        value_of=lambda _, device: device.vitals.heap_free,
    ),
    DeviceSensorDescription(
        key="uptime",
        translation_key="uptime",
        device_class=SensorDeviceClass.UPTIME,
        entity_registry_enabled_default=False,
        value_of=_booted_at,
    ),
    DeviceSensorDescription(
        key="last_seen",
        translation_key="last_seen",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_registry_enabled_default=False,
        outlives_connection=True,
        value_of=_last_seen,
    ),
    DeviceSensorDescription(
        key="reset_reason",
        translation_key="reset_reason",
        device_class=SensorDeviceClass.ENUM,
        options=RESET_REASONS,
        entity_registry_enabled_default=False,
        value_of=_reset_reason,
    ),
    DeviceSensorDescription(
        key="stop_answer",
        translation_key="stop_answer",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=0,
        entity_registry_enabled_default=False,
        outlives_connection=True,
        value_of=_stop_answer,
        attributes_of=_stop_answers,
    ),
    DeviceSensorDescription(
        key="last_error",
        translation_key="last_error",
        device_class=SensorDeviceClass.ENUM,
        options=list(ERROR_KEYS),
        outlives_connection=True,
        value_of=_last_error,
        attributes_of=_error_details,
    ),
    DeviceSensorDescription(
        key="configuration",
        translation_key="configuration",
        device_class=SensorDeviceClass.ENUM,
        options=CONFIGURATION_STATES,
        outlives_connection=True,
        value_of=configuration_state,
        attributes_of=_configuration_details,
    ),
)


class DeviceSensor(DeviceEntity, SensorEntity):
    """One thing to know about a device."""

    entity_description: DeviceSensorDescription
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost, device: Device, description: DeviceSensorDescription) -> None:
        """Show what a description asks for."""
        super().__init__(host, device, description.key)
        self.entity_description = description

    @property
    @override
    def available(self) -> bool:
        return self.entity_description.outlives_connection or super().available

    @property
    @override
    def native_value(self) -> StateType | datetime:
        return self.entity_description.value_of(self.host, self.device)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        return self.entity_description.attributes_of(self.host, self.device)
