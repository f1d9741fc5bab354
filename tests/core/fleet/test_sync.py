"""One push in flight as data: launched, answered, concluded, timed out, interrupted."""

from msgspec import UNSET
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.offline_rule import OfflineRule
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.facts import ConfigFailure, ConfigResult, Flow
from custom_components.god_kaiser.core.fleet.sync import (
    ANSWER_TIMEOUT,
    COMMIT_GRACE,
    RETRY_AFTER,
    Flight,
    Mark,
    Sync,
    answered,
    concluded,
    interrupted,
    launch,
    needs_start,
    start,
    timed_out,
)
from tests.builders import BOOT, a_config_answer, a_failure, a_plan, a_sensor, an_actuator, an_outcome

MARKED = Sync(mark=Mark(plan=a_plan(), boot_sequence=BOOT))
CHANGED = a_plan(sensors=[a_sensor(interval=60)])
EMPTY = a_plan(sensors=[], actuators=[])


def a_flight(plan: DevicePlan | None = None) -> Sync:
    """Return a sync whose only push was launched at time zero."""
    return launch(start(Sync(), plan or a_plan(), BOOT), "cfg-1", 0.0)


def in_flight(sync: Sync) -> Flight:
    """Return the push that waits for its answer."""
    assert sync.flight is not None
    return sync.flight


def outcome(*, success: bool = True, final: bool = True, code: str = "", correlation_id: str = "cfg-1") -> Sync:
    """Return the sync after an outcome."""
    fact = an_outcome(correlation_id, flow=Flow.CONFIG, success=success, final=final, code=code)
    return concluded(a_flight(), fact, 1.0)


@pytest.mark.parametrize(
    ("sync", "plan", "boot", "needed"),
    [
        (Sync(), a_plan(), BOOT, True),
        (Sync(), EMPTY, BOOT, True),
        (Sync(), a_plan(sensors=[]), BOOT, True),
        (Sync(), a_plan(actuators=[]), BOOT, True),
        (MARKED, a_plan(), BOOT, False),
        (MARKED, a_plan(name="Cellar"), BOOT, False),
        (MARKED, CHANGED, BOOT, True),
        (MARKED, EMPTY, BOOT, True),
        (MARKED, a_plan(), "b2", True),
        (MARKED, a_plan(), None, False),
        (Sync(mark=Mark(plan=a_plan())), a_plan(), BOOT, True),
        (Sync(mark=Mark(plan=EMPTY, boot_sequence=BOOT)), EMPTY, "b2", True),
        (Sync(mark=Mark(plan=EMPTY, boot_sequence=BOOT)), EMPTY, BOOT, False),
        (a_flight(), CHANGED, BOOT, False),
        (start(Sync(), a_plan(), BOOT), CHANGED, BOOT, False),
        (Sync(failures=(a_failure("GPIO_CONFLICT"),)), a_plan(), BOOT, False),
    ],
)
def test_a_device_is_told_something_only_if_it_needs_it(
    sync: Sync, plan: DevicePlan, boot: str | None, needed: bool
) -> None:
    """Nothing in step is pushed, nothing that failed is tried again by itself."""
    assert needs_start(sync, plan, boot) is needed


@pytest.mark.parametrize(
    ("sync", "plan", "boot", "sensors", "actuators"),
    [
        (Sync(), a_plan(), BOOT, 1, 1),
        (MARKED, a_plan(), BOOT, 0, 0),
        (MARKED, a_plan(), None, 0, 0),
        (MARKED, CHANGED, BOOT, 1, 0),
        (MARKED, a_plan(), "b2", 1, 1),
        (MARKED, CHANGED, "b2", 1, 1),
    ],
)
def test_a_boot_asks_for_everything_and_a_change_for_the_difference(
    sync: Sync, plan: DevicePlan, boot: str | None, sensors: int, actuators: int
) -> None:
    """The device keeps only ten sensors and no limits over a reboot."""
    queue = start(sync, plan, boot).queue
    assert sum(len(batch.sensors) for batch in queue) == sensors
    assert sum(len(batch.actuators) for batch in queue) == actuators


def test_everything_can_be_asked_for_without_a_boot() -> None:
    """When the device counts fewer channels than it has confirmed."""
    (batch,) = start(MARKED, a_plan(), BOOT, fully=True).queue
    assert (len(batch.sensors), len(batch.actuators)) == (1, 1)


def test_after_a_boot_what_has_left_the_plan_is_removed_first() -> None:
    """The device still has it in its flash."""
    queue = start(MARKED, a_plan(sensors=[a_sensor(gpio=35)], actuators=[an_actuator(max_runtime=60)]), "b2").queue
    assert [sensor.gpio for sensor in queue[0].removed_sensors] == [34]
    assert [actuator.max_runtime for actuator in queue[0].removed_actuators] == [3600]
    assert (queue[0].sensors, queue[0].actuators) == ((), ())
    assert [sensor.gpio for sensor in queue[-1].sensors] == [35]


def test_a_launched_push_waits_for_each_of_its_scopes() -> None:
    """And no longer than its deadline."""
    flight = in_flight(a_flight())
    assert flight.open_scopes == {"sensor", "actuator"}
    assert flight.deadline == ANSWER_TIMEOUT == 75.0


def test_the_answer_of_one_scope_leaves_the_other_open() -> None:
    """The patience does not change."""
    flight = in_flight(answered(a_flight(), a_config_answer("sensor", "cfg-1"), 1.0))
    assert (set(flight.open_scopes), flight.deadline) == ({"actuator"}, ANSWER_TIMEOUT)


def test_when_every_scope_has_answered_only_the_commit_is_waited_for() -> None:
    """Old firmware sends no outcome."""
    sync = answered(a_flight(), a_config_answer("sensor", "cfg-1"), 1.0)
    flight = in_flight(answered(sync, a_config_answer("actuator", "cfg-1"), 2.0))
    assert flight.deadline == 2.0 + COMMIT_GRACE


@pytest.mark.parametrize("correlation_id", ["cfg-1", ""])
def test_an_answer_belongs_to_the_push_in_flight(correlation_id: str) -> None:
    """A missing id is filled in by device and time: the firmware drops it when its document overflows."""
    flight = in_flight(answered(a_flight(), a_config_answer("sensor", correlation_id), 1.0))
    assert flight.open_scopes == {"actuator"}


def test_the_answer_to_another_push_changes_nothing() -> None:
    """It came too late."""
    assert answered(a_flight(), a_config_answer("sensor", "cfg-0"), 1.0) == a_flight()


def test_an_answer_without_a_push_changes_nothing() -> None:
    """Somebody else may configure the device."""
    assert answered(MARKED, a_config_answer("sensor", "cfg-1"), 1.0) == MARKED
    assert concluded(MARKED, an_outcome("cfg-1", flow=Flow.CONFIG), 1.0) == MARKED
    assert timed_out(MARKED, 1000.0) == MARKED


@pytest.mark.parametrize("result", [ConfigResult.PARTIAL, ConfigResult.ERROR])
def test_failed_items_are_collected(result: ConfigResult) -> None:
    """Partial success is a failure of some."""
    failure = a_failure("GPIO_CONFLICT")
    answer = a_config_answer("sensor", "cfg-1", result=result, failures=[failure])
    assert in_flight(answered(a_flight(), answer, 1.0)).failures == (failure,)


def test_an_error_without_items_is_a_failure_of_its_scope() -> None:
    """The firmware has several forms of an error."""
    answer = a_config_answer("actuator", "cfg-1", result=ConfigResult.ERROR, error="VALIDATION_FAILED")
    assert in_flight(answered(a_flight(), answer, 1.0)).failures == (
        ConfigFailure(scope="actuator", gpio=None, error="VALIDATION_FAILED"),
    )


def test_several_errors_of_one_scope_are_all_kept() -> None:
    """Each bad actuator has a message of its own."""
    sync = a_flight()
    for gpio in (16, 17):
        failure = a_failure("UNKNOWN_ERROR", scope="actuator", gpio=gpio)
        answer = a_config_answer("actuator", "cfg-1", result=ConfigResult.ERROR, failures=[failure])
        sync = answered(sync, answer, 1.0)
    assert [failure.gpio for failure in in_flight(sync).failures] == [16, 17]


def test_an_error_of_the_system_ends_the_whole_push_soon() -> None:
    """No other scope will answer."""
    answer = a_config_answer("system", "cfg-1", result=ConfigResult.ERROR, error="COMMIT_FAILED")
    flight = in_flight(answered(a_flight(), answer, 1.0))
    assert (flight.open_scopes, flight.deadline) == (frozenset(), 1.0 + COMMIT_GRACE)


def test_a_good_outcome_lands_the_push() -> None:
    """Also when an answer got lost on the way."""
    sync = outcome()
    assert sync.is_idle
    assert sync.failures == ()


@pytest.mark.parametrize("sync", [outcome(final=False), outcome(correlation_id="cfg-0"), outcome(correlation_id="")])
def test_an_outcome_that_says_nothing_about_this_push_changes_nothing(sync: Sync) -> None:
    """Accepted is not persisted."""
    assert sync == a_flight()


def test_a_bad_outcome_is_a_failure_of_the_system() -> None:
    """Its code says why."""
    sync = outcome(success=False, code="CONTRACT_CORRELATION_MISSING")
    assert sync.is_idle
    assert [(failure.scope, failure.error) for failure in sync.failures] == [("system", "CONTRACT_CORRELATION_MISSING")]


def test_a_bad_outcome_after_failed_items_adds_nothing() -> None:
    """The items say more."""
    answer = a_config_answer("sensor", "cfg-1", result=ConfigResult.ERROR, failures=[a_failure("GPIO_CONFLICT")])
    sync = answered(a_flight(), answer, 1.0)
    sync = concluded(sync, an_outcome("cfg-1", flow=Flow.CONFIG, success=False, code="FAILED"), 2.0)
    assert [failure.error for failure in sync.failures] == ["GPIO_CONFLICT"]


@pytest.mark.parametrize(
    "code",
    [
        "QUEUE_FULL",
        "CONFIG_LANE_BUSY",
        "WRITE_TIMEOUT",
        "REGISTRATION_PENDING",
        "NVS_WRITE_FAILED",
        "NVS_FULL",
        "COMMIT_FAILED",
        "REPLAY_QUEUE_FULL",
    ],
)
def test_what_may_pass_is_tried_again_later(code: str) -> None:
    """The same push, after a while."""
    sync = outcome(success=False, code=code)
    assert (sync.flight, len(sync.queue), sync.attempts) == (None, 1, 1)
    assert sync.not_before == 1.0 + RETRY_AFTER[0]
    assert sync.failures == ()


@pytest.mark.parametrize(
    "code",
    ["VALIDATION_FAILED", "TYPE_MISMATCH", "MISSING_FIELD", "GPIO_CONFLICT", "PAYLOAD_TOO_LARGE", "UNKNOWN_ERROR", ""],
)
def test_what_will_not_pass_is_told_to_people(code: str) -> None:
    """Trying again would end in a loop."""
    sync = outcome(success=False, code=code)
    assert sync.is_idle
    assert [failure.error for failure in sync.failures] == [code]


def test_one_hopeless_item_makes_the_push_hopeless() -> None:
    """It would fail again for the same reason."""
    answer = a_config_answer(
        "sensor",
        "cfg-1",
        result=ConfigResult.ERROR,
        failures=[a_failure("NVS_WRITE_FAILED"), a_failure("GPIO_CONFLICT")],
    )
    sync = answered(a_flight(), answer, 1.0)
    assert concluded(sync, an_outcome("cfg-1", flow=Flow.CONFIG, success=False), 2.0).queue == ()


def test_a_push_is_tried_again_three_times_with_growing_patience() -> None:
    """Then people are told."""
    sync = a_flight()
    waits = []
    for _ in RETRY_AFTER:
        sync = concluded(sync, an_outcome("cfg-1", flow=Flow.CONFIG, success=False, code="QUEUE_FULL"), 0.0)
        waits.append(sync.not_before)
        sync = launch(sync, "cfg-1", 0.0)
    assert waits == [10.0, 30.0, 60.0]
    sync = concluded(sync, an_outcome("cfg-1", flow=Flow.CONFIG, success=False, code="QUEUE_FULL"), 0.0)
    assert sync.is_idle
    assert [failure.error for failure in sync.failures] == ["QUEUE_FULL"]


def test_a_push_that_nobody_answers_times_out_and_is_tried_again() -> None:
    """Not a second earlier."""
    assert timed_out(a_flight(), 74.9) == a_flight()
    sync = timed_out(a_flight(), 75.0)
    assert (sync.flight, len(sync.queue), sync.attempts) == (None, 1, 1)


def test_a_push_whose_scopes_have_all_answered_lands_without_an_outcome() -> None:
    """That is all that old firmware says."""
    sync = answered(a_flight(), a_config_answer("sensor", "cfg-1"), 1.0)
    sync = answered(sync, a_config_answer("actuator", "cfg-1"), 1.0)
    assert timed_out(sync, 6.0).is_idle
    assert timed_out(sync, 6.0).failures == ()


def test_a_push_that_answered_badly_in_part_ends_with_what_was_said() -> None:
    """The silence of the rest is not a failure of its own."""
    answer = a_config_answer("sensor", "cfg-1", result=ConfigResult.ERROR, failures=[a_failure("GPIO_CONFLICT")])
    sync = timed_out(answered(a_flight(), answer, 1.0), 75.0)
    assert [failure.error for failure in sync.failures] == ["GPIO_CONFLICT"]


def test_a_failed_push_does_not_hold_up_the_next_one() -> None:
    """Good items get through although others fail."""
    many = a_plan(sensors=[a_sensor("ds18b20", 4, onewire=f"{number:016X}") for number in range(12)])
    sync = concluded(
        a_flight(many), an_outcome("cfg-1", flow=Flow.CONFIG, success=False, code="VALIDATION_FAILED"), 1.0
    )
    assert len(sync.queue) == 1
    assert len(sync.failures) == 1


def test_an_interrupted_push_starts_afresh() -> None:
    """What was confirmed before still is."""
    sync = interrupted(launch(start(MARKED, CHANGED, BOOT), "cfg-1", 0.0))
    assert sync.is_idle
    assert sync.mark == MARKED.mark
    assert needs_start(sync, CHANGED, BOOT)


# -- rules for the time without us -----------------------------------------------------------------------------------

RULES = (OfflineRule(gpio=16),)
RULED = replace(a_plan(), rules=RULES)


@pytest.mark.parametrize(
    ("before", "wanted", "known"),
    [
        (a_plan(), RULED, None),
        (RULED, a_plan(), None),
        (RULED, replace(RULED, sensors=()), None),
        (a_plan(), CHANGED, UNSET),
    ],
)
def test_while_a_push_changes_rules_nobody_knows_which_a_device_has(
    before: DevicePlan, wanted: DevicePlan, known: object
) -> None:
    """Whatever becomes of it: they are told again, and not taken for confirmed."""
    marked = Sync(mark=Mark(plan=before, boot_sequence=BOOT))
    sync = interrupted(launch(start(marked, wanted, BOOT), "cfg-1", 0.0))
    assert sync.mark is not None
    assert sync.mark.plan == replace(before, rules=known)
    assert needs_start(sync, before, BOOT) is (known is None)


def test_a_newcomer_knows_nothing_that_could_be_in_doubt() -> None:
    """There is nothing to forget."""
    assert a_flight(RULED).mark is None


def test_a_push_of_rules_that_nobody_answers_is_no_success() -> None:
    """It has no scope that would answer: only its outcome proves it."""
    flying = launch(start(Sync(mark=Mark(plan=a_plan(), boot_sequence=BOOT)), RULED, BOOT), "cfg-1", 0.0)
    assert in_flight(flying).batch.rules == RULES
    assert timed_out(flying, ANSWER_TIMEOUT).attempts == 1
    landed = concluded(flying, an_outcome("cfg-1", flow=Flow.CONFIG), 1.0)
    assert (landed.is_idle, landed.failures) == (True, ())
