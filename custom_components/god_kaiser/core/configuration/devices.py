"""How the plan of a device looks when another one is laid over it, checked as if a person had entered every channel."""

from msgspec.structs import replace

from ..devices.plan import DevicePlan, SensorPlan
from ..fleet.planning import is_same_sensor, tidy_name, with_actuator, with_sensor
from .document import ordered
from .laid import LaidDevice


def laid_over(here: LaidDevice | None, wanted: LaidDevice) -> LaidDevice:
    """Return a device as it is wanted, with what it has beside that; raises for what no board or chip can do."""
    plan = DevicePlan(device=wanted.plan.device, name=tidy_name(wanted.plan.name), board=wanted.plan.board)
    pins = {actuator.gpio for actuator in wanted.plan.actuators}
    kept = here.plan if here is not None else plan
    for sensor in (*(each for each in kept.sensors if not _is_among(wanted, each)), *wanted.plan.sensors):
        plan = with_sensor(plan, sensor)
    for actuator in (*(each for each in kept.actuators if each.gpio not in pins), *wanted.plan.actuators):
        plan = with_actuator(plan, actuator)
    area = wanted.area or (here.area if here is not None else "")
    return ordered(replace(wanted, plan=plan, area=area))


def _is_among(wanted: LaidDevice, sensor: SensorPlan) -> bool:
    return any(is_same_sensor(sensor, each) for each in wanted.plan.sensors)
