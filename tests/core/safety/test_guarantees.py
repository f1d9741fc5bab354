"""What holds for an output when things go wrong: derived from what it is and has."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.actuator_types import ACTUATOR_TYPES
from custom_components.god_kaiser.core.devices.model import ActuatorChannel, ActuatorKind, Appearance
from custom_components.god_kaiser.core.fleet.channels import observed_actuator, planned_actuator
from custom_components.god_kaiser.core.ids import ChannelId, sensor_channel
from custom_components.god_kaiser.core.safety.guarantees import ACK_LOSS, Caveat, Guarantee, GuaranteeKind, guarantees
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_report, a_sensor, an_actuator, sent

FLOW = sensor_channel(ESP, 33, "flow", "")
SOIL = sensor_channel(ESP, 34, "moisture", "")
PUMP_KIND, RELAY, VALVE, PWM = ActuatorKind.PUMP, ActuatorKind.RELAY, ActuatorKind.VALVE, ActuatorKind.PWM


def an_output(
    kind: ActuatorKind = PUMP_KIND, *, inverted: bool = False, default_on: bool = False, max_runtime: int = 3600
) -> ActuatorChannel:
    """Return an output that was planned by a person."""
    plan = an_actuator(kind, inverted=inverted, default_on=default_on, max_runtime=max_runtime)
    return planned_actuator(ESP, plan)


def of(output: ActuatorChannel, *interlocks: Interlock) -> dict[GuaranteeKind, Guarantee]:
    """Return what holds for an output of a device with a flow meter and a soil sensor."""
    bench = EngineBench()
    bench.online(plan=a_plan(sensors=[a_sensor("flow", 33, name="Flow"), a_sensor()]))
    safety = ChannelSafety(channel=PUMP, interlocks=interlocks)
    return {found.kind: found for found in guarantees(output, safety, bench.engine.fleet)}


@pytest.mark.parametrize("kind", ActuatorKind)
def test_every_output_has_every_line_once_and_in_the_same_order(kind: ActuatorKind) -> None:
    """Nobody has to look for what is missing."""
    bench = EngineBench()
    found = guarantees(an_output(kind), ChannelSafety(channel=PUMP), bench.engine.fleet)
    assert [line.kind for line in found] == list(GuaranteeKind)


@pytest.mark.parametrize("kind", ActuatorKind)
def test_only_what_can_run_partly_has_levels_without_a_timer_on_the_device(kind: ActuatorKind) -> None:
    """A motor valve half open, and a dimmed output (decision 12)."""
    lease = of(an_output(kind))[GuaranteeKind.DEVICE_LEASE]
    runs_partly = any(0.0 < level < 1.0 and ACTUATOR_TYPES[kind].accepts(level) for level in (0.25, 0.5))
    assert lease.holds
    assert (lease.caveat is Caveat.NOT_PARTIAL_LEVELS) is runs_partly


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize(
    ("max_runtime", "limits", "told", "ours"),
    [
        (3600, [], 300, 3600),
        (120, [], 120, 120),
        (3600, [MaxOnTime(per_run=10)], 10, 10),
        (3600, [MaxOnTime(per_run=600)], 300, 600),
        (3600, [MaxOnTime(per_run=7200)], 300, 3600),
        (3600, [MaxOnTime(per_day=7200), MaxOnTime(per_run=90)], 90, 90),
    ],
)
def test_the_seconds_are_those_that_a_run_gets(max_runtime: int, limits: list[MaxOnTime], told: int, ours: int) -> None:
    """What is promised is what the gate does."""
    found = of(an_output(max_runtime=max_runtime), *limits)
    assert (found[GuaranteeKind.DEVICE_LEASE].seconds, found[GuaranteeKind.OWN_TIMER].seconds) == (told, ours)
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(max_runtime=max_runtime)]))
    bench.lay_down(*limits)
    (command,) = sent(bench.wish(1.0))
    assert (command.duration, command.span) == (told, ours)
    assert command.has_device_timer


def test_our_own_timer_holds_only_while_we_run() -> None:
    """It is named, so that nobody takes it for more."""
    timer = of(an_output())[GuaranteeKind.OWN_TIMER]
    assert (timer.holds, timer.caveat) == (True, Caveat.ONLY_WHILE_WE_RUN)


@pytest.mark.parametrize(
    ("output", "seconds", "caveat"),
    [
        (an_output(), ACK_LOSS, None),
        (an_output(max_runtime=30), 30, None),
        (an_output(PWM, max_runtime=30), ACK_LOSS, None),
        (an_output(VALVE, max_runtime=30), ACK_LOSS, None),
        (an_output(RELAY, default_on=True), None, Caveat.STAYS_ON),
        (observed_actuator(ESP, 16, RELAY), None, Caveat.NOT_CONFIGURED_BY_US),
    ],
)
def test_what_survives_the_loss_of_home_assistant(
    output: ActuatorChannel, seconds: int | None, caveat: Caveat | None
) -> None:
    """Whichever ends a run first; what goes on by itself, or was set up by somebody else, is no promise."""
    kind = GuaranteeKind.SURVIVES_HOME_ASSISTANT
    assert of(output)[kind] == Guarantee(kind=kind, holds=seconds is not None, seconds=seconds, caveat=caveat)
    rest = of(output)[GuaranteeKind.ACK_LOSS_REST]
    assert (rest.holds, rest.caveat) == (seconds is not None, caveat)
    assert rest.seconds == (None if seconds is None else ACK_LOSS)


@pytest.mark.parametrize(
    ("guards", "by"),
    [
        ([], None),
        ([FreshSensor(sensor=SOIL)], None),
        ([FreshSensor(sensor=FLOW)], FLOW),
        ([FreshSensor(sensor=SOIL), FreshSensor(sensor=FLOW, low=0.5)], FLOW),
        ([FreshSensor(sensor=ChannelId(f"{ESP}/sensor/99/flow"))], None),
        ([MaxOnTime(per_run=5)], None),
    ],
)
def test_only_a_flow_meter_that_exists_proves_that_something_moves(
    guards: list[Interlock], by: ChannelId | None
) -> None:
    """It is named; every other guard is no feedback."""
    kind = GuaranteeKind.FEEDBACK_SENSOR
    assert of(an_output(), *guards)[kind] == Guarantee(kind=kind, holds=by is not None, by=by)


def test_there_are_no_rules_on_the_devices_yet() -> None:
    """So nothing is promised of them."""
    assert not of(an_output())[GuaranteeKind.OFFLINE_RULE].holds


@pytest.mark.req("SAF-11")
@pytest.mark.parametrize("kind", ActuatorKind)
def test_a_stop_moves_everything_but_a_motor_valve(kind: ActuatorKind) -> None:
    """The motor stops where it is, and its device says closed (protocol 4.5)."""
    stop = of(an_output(kind))[GuaranteeKind.STOP_MOVES_IT]
    assert stop.holds is (kind is not VALVE)
    assert stop.caveat is (Caveat.STAYS_WHERE_IT_IS if kind is VALVE else None)


@pytest.mark.parametrize(
    ("output", "holds", "caveat"),
    [
        (an_output(), True, None),
        (an_output(RELAY), True, None),
        (an_output(RELAY, inverted=True), False, Caveat.INVERTED),
        (an_output(RELAY, default_on=True), False, Caveat.STAYS_ON),
        (an_output(RELAY, inverted=True, default_on=True), True, None),
        (an_output(PWM, default_on=True), True, None),
        (an_output(VALVE), True, None),
        (observed_actuator(ESP, 16, RELAY), False, Caveat.NOT_CONFIGURED_BY_US),
        (observed_actuator(ESP, 16, PWM), True, None),
    ],
)
def test_what_an_output_does_while_its_device_boots(
    output: ActuatorChannel, holds: bool, caveat: Caveat | None
) -> None:
    """An inverted relay is energised by its default of off (protocol 4.6)."""
    kind = GuaranteeKind.RESTS_AT_BOOT
    assert of(output)[kind] == Guarantee(kind=kind, holds=holds, caveat=caveat)


def test_nothing_is_promised_by_how_an_output_is_shown_or_named() -> None:
    """Only what it is and has counts, whatever it did last."""
    bench = EngineBench()
    bench.online()
    output = an_output()
    before = guarantees(output, ChannelSafety(channel=PUMP), bench.engine.fleet)
    bench.feed(a_report(1.0))
    shown = replace(output, name="Other", appears_as=Appearance.LIGHT)
    assert guarantees(shown, ChannelSafety(channel=PUMP), bench.engine.fleet) == before


def test_the_words_that_translations_and_dashboards_know() -> None:
    """The firmware's silence is bounded by its own 120 s (protocol 3.5); the words are keys of translations."""
    assert ACK_LOSS == 120
    assert [kind.value for kind in GuaranteeKind] == [
        "device_lease",
        "own_timer",
        "ack_loss_rest",
        "feedback_sensor",
        "offline_rule",
        "survives_loss_of_home_assistant",
        "stop_moves_it",
        "rests_at_boot",
    ]
    assert [caveat.value for caveat in Caveat] == [
        "not_partial_levels",
        "only_while_we_run",
        "stays_on",
        "not_configured_by_us",
        "stays_where_it_is",
        "inverted",
        "follows_rule",
    ]


@pytest.mark.parametrize(("ruled", "has_lease"), [(True, False), (False, True)])
def test_a_rule_on_the_device_is_promised_with_what_it_takes_away(*, ruled: bool, has_lease: bool) -> None:
    """Whoever follows a rule without us does not rest without us, and what may go on by it has no timer."""
    output, bench = an_output(), EngineBench()
    found = {
        each.kind: each for each in guarantees(output, ChannelSafety(channel=PUMP), bench.engine.fleet, ruled=ruled)
    }
    assert found[GuaranteeKind.OFFLINE_RULE].holds
    assert found[GuaranteeKind.DEVICE_LEASE].holds is has_lease
    for kind in (GuaranteeKind.ACK_LOSS_REST, GuaranteeKind.SURVIVES_HOME_ASSISTANT):
        assert (found[kind].holds, found[kind].caveat, found[kind].seconds) == (False, Caveat.FOLLOWS_RULE, None)
