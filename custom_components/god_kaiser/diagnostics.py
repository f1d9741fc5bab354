"""What a person can download and attach to an issue: everything but secrets, addresses and names of people."""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .alarm_records import alarms_record
from .core.fleet.device import Device
from .core.ids import device_of
from .diagnostics_tail import async_journal_tail, messages_tail, without_sentences
from .host.engine_host import EngineHost
from .output_facts import Record
from .overview import device_record, plain
from .rule_diagnostics import rules_record
from .runtime import GodKaiserConfigEntry
from .sequence_diagnostics import sequences_record
from .stop_records import latency_record
from .subscriptions import subscribers_of
from .targets import target_of

_SECRET: Final = frozenset(
    {
        *("wifi_ip", "wifi_ssid", "wifi_mac", "ip", "ssid", "mac", "mac_address"),
        *("token", "auth_token", "password", "username", "mqtt_username", "mqtt_password"),
        # A target is somebody's phone.
        *("alarm_targets", "alarm_action"),
        *("by", "user", "asked_by", "issued_by", "locked_out_by"),
    }
)


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: GodKaiserConfigEntry) -> Record:
    """Return the state of a whole hub."""
    host = entry.runtime_data
    return _redacted(
        {
            "entry": {"title": entry.title, "data": dict(entry.data), "options": dict(entry.options)},
            "hub": _hub_record(host),
            "devices": [_device_record(host, known) for known in host.fleet.devices.values()],
            "journal": await async_journal_tail(host, None),
            "decisions": [plain(decision) for decision in host.decisions],
            "sequences": sequences_record(hass, host),
            "rules": rules_record(host),
            "alarms": alarms_record(host),
        }
    )


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, device: dr.AnyDeviceEntry
) -> Record:
    """Return the state of one device; the hub's own device stands for the hub."""
    host, key = target_of(hass, device.id)
    if key is None:
        return await async_get_config_entry_diagnostics(hass, entry)
    decisions = [decision for decision in host.decisions if device_of(decision.channel) == key]
    return _redacted(
        {
            "hub": _hub_record(host),
            "device": _device_record(host, host.fleet.devices[key]),
            "journal": await async_journal_tail(host, key),
            "decisions": [plain(decision) for decision in decisions],
        }
    )


def _hub_record(host: EngineHost) -> Record:
    return {
        "kaiser_id": host.kaiser_id,
        "broker_connected": host.fleet.broker_connected,
        "stop": plain(host.engine.latch.memory),
        "stop_proofs": [plain(proof) for proof in host.engine.proofs.all()],
        "stop_hand_over": latency_record(host.stops.hand_over_of(None)),
        "subscriptions": [subscriber.record() for subscriber in subscribers_of(host)],
        "inbox": {
            "accepted": host.inbox.accepted,
            "rejected": {f"{sender} {kind}": count for (sender, kind), count in sorted(host.inbox.rejected.items())},
        },
        "ledger": {
            "answer_timeout": host.engine.ledger.answer_timeout,
            "late_answers": host.engine.ledger.late_answers,
            "duplicate_answers": host.engine.ledger.echoes.duplicates,
            "unknown_answers": host.engine.ledger.echoes.unknown,
        },
    }


def _device_record(host: EngineHost, known: Device) -> Record:
    return device_record(host, known) | {
        "session": plain(known.link),
        "latency": latency_record(host.engine.ledger.latency_of(known.id)),
        "stop_hand_over": latency_record(host.stops.hand_over_of(known.id)),
        "stop_answer": latency_record(host.engine.proofs.latency_of(known.id)),
        "vitals": plain(known.vitals),
        "counters": dict(known.counters),
        "system_state": known.system_state,
        "under_pressure": known.under_pressure,
        "last_error": plain(known.last_error),
        "messages": messages_tail(host, known.id),
        "safety": [plain(host.engine.around.limits.of(channel)) for channel in known.actuators],
    }


def _redacted(record: Record) -> Record:
    redacted: dict[str, Any] = async_redact_data(record, _SECRET)
    return {name: without_sentences(name, value) for name, value in redacted.items()}
