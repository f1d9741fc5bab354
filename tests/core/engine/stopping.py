"""What the tests of the emergency stop have in common: devices in session, and what they say about a stop."""

from collections.abc import Iterable

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan
from custom_components.god_kaiser.core.effects import Effect, Keep, ShowHub
from custom_components.god_kaiser.core.engine.releases import CLEAR_AFTER
from custom_components.god_kaiser.core.facts import StopAcknowledged, StopCleared
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.estop import StopMemory
from custom_components.god_kaiser.core.safety.proof import Proof
from tests.builders import ESP, EngineBench, a_plan, a_report, an_actuator, notices_of, of_kind

OTHER = DeviceId("ESP_0000FF")
OTHER_PUMP = actuator_channel(OTHER, 16)
FAN_PIN = 17
FAN = actuator_channel(ESP, FAN_PIN)
VALVE_PIN = 25
VALVE = actuator_channel(ESP, VALVE_PIN)
PUMP_AND_FAN = (an_actuator(), an_actuator(ActuatorKind.PWM, FAN_PIN, name="Fan"))
PUMP_AND_VALVE = (an_actuator(), an_actuator(ActuatorKind.VALVE, VALVE_PIN, name="Valve", aux=26))
CLEARED = StopCleared(device=ESP)


def one_device(actuators: Iterable[ActuatorPlan] = (an_actuator(),)) -> EngineBench:
    """Return an engine with one device in session."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=actuators))
    return bench


def two_devices() -> EngineBench:
    """Return an engine with two devices in session."""
    bench = one_device()
    bench.online(OTHER)
    return bench


def stop_orders(effects: Iterable[Effect]) -> list[EmergencyStop]:
    """Return the orders to stop one device."""
    return notices_of(effects, EmergencyStop)


def stopped_devices(effects: Iterable[Effect]) -> list[str]:
    """Return the devices that are told to stop, one by one."""
    return [notice.device for notice in stop_orders(effects)]


def cleared_devices(effects: Iterable[Effect]) -> list[str]:
    """Return the devices that are permitted to run."""
    return [notice.device for notice in notices_of(effects, EmergencyClear)]


def written(effects: Iterable[Effect]) -> StopMemory:
    """Return what goes to the disk about the stop, at once and only once."""
    (memory,) = [keep.content for keep in of_kind(effects, Keep) if keep.row == "stop" and keep.is_urgent]
    assert isinstance(memory, StopMemory)
    return memory


def is_kept(effects: Iterable[Effect]) -> bool:
    """Tell whether anything about the stop goes to the disk."""
    return any(keep.row == "stop" for keep in of_kind(effects, Keep))


def shows_hub(effects: Iterable[Effect]) -> int:
    """Return how often whoever watches the hub is woken."""
    return len(of_kind(effects, ShowHub))


def acknowledge(bench: EngineBench, effects: Iterable[Effect], device: str = ESP) -> list[Effect]:
    """Let a device acknowledge the order among the effects."""
    (order,) = [order for order in stop_orders(effects) if order.device == device]
    return bench.feed(StopAcknowledged(device=DeviceId(device), correlation_id=order.correlation_id))


def obey(bench: EngineBench, device: str = ESP) -> list[Effect]:
    """Let every output of a device say that it was stopped, as the firmware does."""
    actuators = list(bench.device(device).actuators.values())
    reports = [a_report(0.0, unit.gpio, device=device, kind=unit.kind, stopped=True) for unit in actuators]
    return [effect for report in reports for effect in bench.feed(report)]


def obey_for_long(bench: EngineBench, *devices: str) -> None:
    """Let devices say that they were stopped, and time pass until they may be released."""
    for device in devices or (ESP,):
        obey(bench, device)
    bench.tick(CLEAR_AFTER)


def proof_of(bench: EngineBench, device: str = ESP) -> Proof:
    """Return what a device has proven."""
    proof = bench.engine.proofs.of(DeviceId(device))
    assert proof is not None
    return proof
