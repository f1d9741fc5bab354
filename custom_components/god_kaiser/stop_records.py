"""What is known about a stop, in records for answers, attributes and the websocket."""

from typing import Any

from .core.ids import ChannelId, DeviceId
from .core.latency import Latency
from .core.safety.estop import StopScope
from .core.safety.proof import Proof, ProofState
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .host.registry_sync import unit_name

type Record = dict[str, Any]

_FIGURES = ("p50", "p95", "max")


def scope_record(scope: StopScope | None) -> Record:
    """Return who has stopped something last, why and since when; and everybody who has, if these are several."""
    return {
        "by": scope.by or None if scope else None,
        "reason": scope.reason or None if scope else None,
        "since": scope.since or None if scope else None,
        **({"pressed_by": [press.by for press in scope.presses]} if scope and scope.before else {}),
    }


def hub_record(host: EngineHost) -> Record:
    """Return whether a hub is stopped, by whom, and how far each of its devices has shown that it obeys."""
    memory = host.engine.latch.memory
    return {
        "everything_stopped": memory.everything is not None,
        "any_stopped": host.engine.latch.is_latched,
        **scope_record(memory.shown),
        "devices": [device_record(host, device) for device in host.stops.held(None)],
    }


def device_record(host: EngineHost, device: DeviceId) -> Record:
    """Return how far one device has shown that it obeys; this is what the websocket sends, too."""
    return {
        "esp_id": device,
        "device_id": host.registry.device_id(device),
        "name": host.name_of(device),
        **scope_record(host.engine.latch.scope_of(device)),
        **proof_record(host, device),
        "release": release_of(host, device),
    }


def release_of(host: EngineHost, device: DeviceId) -> str | None:
    """Return what the release of a device waits for; None where nobody wants it."""
    stage = host.engine.releases.stage_of(device)
    return None if stage is None else stage.value


def proof_record(host: EngineHost, device: DeviceId) -> Record:
    """Return what a device has proven; who has proven nothing is silent."""
    proof = host.engine.proofs.of(device)
    if proof is None:
        return {"state": ProofState.SILENT.value, "answered_at": None, "rested_at": None, "not_at_rest": []}
    return {
        "state": proof.state.value,
        "answered_at": proof.answered_at.isoformat() if proof.answered_at else None,
        "rested_at": proof.rested_at.isoformat() if proof.rested_at else None,
        "not_at_rest": [_output_record(host, proof, output) for output in _unproven(host, proof)],
    }


def _unproven(host: EngineHost, proof: Proof) -> list[ChannelId]:
    """Return the outputs that may be running: they say so, cannot say, or have a lease and have not said they rest."""
    named = {*proof.energised, *proof.unknown, *proof.lease_ends}
    return [output for output in host.fleet.devices[proof.device].actuators if output in named]


def _output_record(host: EngineHost, proof: Proof, output: ChannelId) -> Record:
    channel = host.fleet.actuator(output)
    report = host.fleet.report(output)
    ends = proof.lease_ends.get(output)
    return {
        "gpio": channel.gpio if channel else None,
        "name": unit_name(channel) if channel else output,
        "entity_id": entity_of(host.hass, channel) if channel else None,
        "level": report.level if report else None,
        "lease_ends": ends.isoformat() if ends else None,
    }


def latency_record(latency: Latency | None) -> Record | None:
    """Return measured times in milliseconds."""
    if latency is None:
        return None
    seconds: dict[str, float] = {name: getattr(latency, name) for name in ("last", *_FIGURES)}
    return {f"{name}_ms": milliseconds(value) for name, value in seconds.items()} | {"count": latency.count}


def latency_figures(latency: Latency | None) -> Record:
    """Return what a sensor tells besides the last of its times: the median, the slow ones, and how many there are."""
    record = latency_record(latency) or {"count": 0}
    return {name: record.get(f"{name}_ms") for name in _FIGURES} | {"count": record["count"]}


def milliseconds(seconds: float) -> float:
    """Return a measured time as people read it."""
    return round(seconds * 1000, 1)
