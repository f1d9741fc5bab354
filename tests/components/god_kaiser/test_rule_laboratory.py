"""Rules against the past and against everything that may happen, by action."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import MagicMock, patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done

from custom_components.god_kaiser.const import DOMAIN, EVENT_RULE_PROGRESS
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.laboratory.check import ModelCheck
from custom_components.god_kaiser.host import rule_jobs, rule_past
from custom_components.god_kaiser.host.engine_host import EngineHost
from scripts.event_rows import PROGRESS

from .calls import act, ask
from .conftest import PassTime, id_of
from .rules import OTHER, PUMP, SOIL, Garden, a_rule, save
from .wire import ESP

DAY = 86_400


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Let Home Assistant record before it finds this integration."""


@pytest.fixture(name="garden")
async def garden_fixture(hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, pass_time: PassTime) -> Garden:
    """Return two devices, both online."""
    garden = Garden(hass, host, mqtt_mock, pass_time)
    await garden.begin()
    return garden


def told_by(hass: HomeAssistant, garden: Garden, *told: tuple[float, str], entity: str = "") -> list[State]:
    """Return states of the soil sensor, each so many seconds ago."""
    now = dt_util.utcnow()
    soil = entity or id_of(hass, "sensor", f"{OTHER}_sensor_34_moisture") or ""
    moments = [(now - timedelta(seconds=ago), state) for ago, state in told]
    return [State(soil, state, last_changed=moment, last_updated=moment) for moment, state in moments]


def remembering(*states: State) -> Any:
    """Let the recorder remember these states."""
    found: dict[str, list[State]] = {}
    for state in states:
        found.setdefault(state.entity_id, []).append(state)
    return patch("homeassistant.components.recorder.history.get_significant_states", return_value=found)


async def test_a_rule_is_played_against_what_was_recorded(
    hass: HomeAssistant, garden: Garden, freezer: FrozenDateTimeFactory
) -> None:
    """When it would have acted, next to what has really happened; with progress, and nothing is sent."""
    await save(garden.host, a_rule())
    progress = async_capture_events(hass, EVENT_RULE_PROGRESS)
    soil = told_by(hass, garden, (DAY - 60, "40"), (7200, "20"), (3600, "45"))
    pump = told_by(
        hass,
        garden,
        (DAY - 60, "off"),
        (5000, "on"),
        (4400, "off"),
        entity=id_of(hass, "switch", f"{ESP}_actuator_16") or "",
    )
    with remembering(*soil, *pump):
        told = await ask(hass, "simulate_rule", rule="water", days=1)
    (output,) = told["outputs"]
    assert (output["output"], output["starts"], output["real_starts"]) == (PUMP, 1, 1)
    # The pump may run for no longer than 600 s at a stretch.
    assert output["seconds"] == pytest.approx(600, abs=5)
    assert output["real_seconds"] == pytest.approx(600, abs=1)
    (rule,) = told["rules"]
    assert (rule["rule_id"], rule["fired"], rule["released"]) == ("water", 1, 1)
    assert {tuple(event.data) for event in progress} == {tuple(PROGRESS)}
    assert progress[-1].data == {"what": "simulate", "rule_id": "water", "percent": 100}
    assert garden.host.rules.executions("water") == []


async def test_the_recorder_is_asked_for_what_it_has_recorded(hass: HomeAssistant, garden: Garden) -> None:
    """Really recorded values reach the simulation of a draft."""
    for percent in (40, 20, 41):
        await garden.measure(percent)
        await async_wait_recording_done(hass)
    told = await ask(hass, "simulate_rule", definition=a_rule("draft"), days=1)
    assert [rule["rule_id"] for rule in told["rules"]] == ["draft"]
    assert garden.host.rules.rules == {}


async def test_what_is_older_than_the_states_is_told_by_means(hass: HomeAssistant, garden: Garden) -> None:
    """Marked as coarse, with the moment since which it is exact."""
    await save(garden.host, a_rule())
    now = dt_util.utcnow()
    soil = id_of(hass, "sensor", f"{OTHER}_sensor_34_moisture") or ""
    means = [
        {"start": (now - timedelta(hours=hours)).timestamp(), "mean": value}
        for hours, value in ((40, 40.0), (39, 20.0), (38, None), (37, 40.0))
    ]
    with (
        remembering(*told_by(hass, garden, (DAY, "40"))),
        patch("homeassistant.components.recorder.statistics.statistics_during_period", return_value={soil: means}),
    ):
        told = await ask(hass, "simulate_rule", rule="water", days=2)
    assert told["rules"][0]["fired"] == 1
    assert told["exact_since"] > told["begin"]
    assert told["notes"][-1]["code"] == "means"
    assert "only means of an hour" in told["notes"][-1]["text"]
    assert [note["text"] for note in told["notes"]] == [
        note["text"] for note in told["notes"] if "{" not in note["text"]
    ]


class Slices:
    """Lets work go on for ever, except what is done."""

    def __init__(self) -> None:
        """Nothing has begun, and nothing is done."""
        self.begun: list[object] = []
        self.done: set[int] = set()

    def __call__(self, work: object) -> float:
        """Play a slice."""
        self.begun += [] if work in self.begun else [work]
        return 1.0 if self.begun.index(work) in self.done else 0.5

    async def has_begun(self, number: int) -> None:
        """Wait until so many pieces of work have begun."""
        while len(self.begun) < number:
            await asyncio.sleep(0)


@pytest.fixture(name="slices")
def slices_fixture() -> Iterator[Slices]:
    """Return who says how far work is."""
    slices = Slices()
    with remembering(), patch("custom_components.god_kaiser.host.rule_laboratory._slice", slices):
        yield slices


async def ask_as(hass: HomeAssistant, user: MockUser, action: str, **fields: Any) -> Any:
    """Call an action for its answer, as a user."""
    return await hass.services.async_call(
        DOMAIN, action, fields, blocking=True, return_response=True, context=Context(user_id=user.id)
    )


async def why_ended(task: asyncio.Task[Any]) -> str | None:
    """Return why a question was not answered."""
    with pytest.raises(ServiceValidationError) as caught:
        await task
    return caught.value.translation_key


async def test_a_newer_question_ends_the_one_before(hass: HomeAssistant, garden: Garden, slices: Slices) -> None:
    """Of the same person: it is told so, and the newer one is answered."""
    await save(garden.host, a_rule())
    slices.done.add(1)
    first = hass.async_create_task(ask(hass, "simulate_rule", rule="water", days=1))
    await slices.has_begun(1)
    second = await ask(hass, "simulate_rule", rule="water", days=1)
    assert await why_ended(first) == "rule_work_superseded"
    assert [rule["rule_id"] for rule in second["rules"]] == ["water"]


async def test_nobody_ends_what_others_have_asked(
    hass: HomeAssistant, garden: Garden, slices: Slices, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Neither by asking nor by cancelling; where too many ask, the last one has to wait."""
    await save(garden.host, a_rule())
    first = hass.async_create_task(ask_as(hass, hass_admin_user, "simulate_rule", rule="water", days=1))
    await slices.has_begun(1)
    with patch.object(rule_jobs, "MOST_JOBS", 1):
        refused = hass.async_create_task(ask_as(hass, hass_read_only_user, "check_rules", rule="water"))
        assert await why_ended(refused) == "rule_work_too_much"
    second = hass.async_create_task(ask_as(hass, hass_read_only_user, "check_rules", rule="water"))
    await slices.has_begun(2)
    assert await ask_as(hass, hass_read_only_user, "cancel_rule_work") == {"cancelled": 1}
    assert await why_ended(second) == "rule_work_cancelled"
    slices.done.add(0)
    assert [rule["rule_id"] for rule in (await first)["rules"]] == ["water"]
    assert await ask_as(hass, hass_admin_user, "cancel_rule_work") == {"cancelled": 0}


async def test_nobody_reads_the_past_that_nobody_wants(hass: HomeAssistant, garden: Garden) -> None:
    """It is read entity by entity, and how far that is belongs to the progress."""
    await save(garden.host, a_rule())
    progress = async_capture_events(hass, EVENT_RULE_PROGRESS)
    read: list[str] = []

    def cancelling(_hass: object, _begin: object, _end: object, entities: list[str], **_more: object) -> object:
        read.extend(entities)
        if len(read) == 2:
            garden.host.rules.jobs.cancel("")
        return {}

    with patch("homeassistant.components.recorder.history.get_significant_states", cancelling):
        asked = hass.async_create_task(ask(hass, "simulate_rule", rule="water", days=1))
        assert await why_ended(asked) == "rule_work_cancelled"
    assert len(read) == 2
    told = [event.data["percent"] for event in progress]
    assert (told[0], 0 < told[-1] < 20) == (0, True)


async def test_without_the_recorder_there_is_no_past(hass: HomeAssistant, garden: Garden) -> None:
    """Whoever asks is told what to do."""
    await save(garden.host, a_rule())
    with patch.object(rule_past, "RECORDER", "no such"), pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "simulate_rule", rule="water")
    assert caught.value.translation_key == "rule_no_recorder"


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (State("switch.x", "on"), 1.0),
        (State("valve.x", "closed"), 0.0),
        (State("number.x", "40"), 0.4),
        (State("fan.x", "on", {"percentage": 25}), 0.25),
        (State("light.x", "on", {"brightness": 255}), 1.0),
        (State("light.x", "on"), 1.0),
        (State("switch.x", "unavailable"), None),
    ],
)
def test_an_output_is_read_as_its_entity_shows_it(recorder_mock: Recorder, state: State, level: float | None) -> None:
    """Whatever it appears as."""
    assert rule_past._level(state) == level


async def test_a_check_ends_in_time(hass: HomeAssistant, garden: Garden, freezer: FrozenDateTimeFactory) -> None:
    """Also where there is more to be tried; what it has found up to then is told."""
    tiny = partial(ModelCheck, bound=1, budget=5)
    with patch("custom_components.god_kaiser.host.rule_laboratory.ModelCheck", tiny):
        told = await ask(hass, "check_rules", definition=a_rule("draft"))
    assert (told["ended"], told["found"]) == ("budget", [])

    def slice_of(_work: object) -> float:
        freezer.tick(1)
        return 0.5

    with patch("custom_components.god_kaiser.host.rule_laboratory._slice", slice_of):
        told = await ask(hass, "check_rules", seconds=3)
    assert told["ended"] == "time"


async def test_a_check_finds_what_is_never_wanted(hass: HomeAssistant, garden: Garden) -> None:
    """With the shortest way there, as a timeline; a house that is sound has none."""
    await act(
        hass,
        "set_actuator",
        device_id=garden.host.registry.device_id(DeviceId(ESP)),
        gpio=17,
        actuator_type="pump",
        name="Acid",
    )
    garden.beat()
    await garden.wait(3)
    other = f"{ESP}/actuator/17"
    await save(garden.host, a_rule())
    await save(garden.host, a_rule("acid", then=[{"kind": "set", "output": other, "level": 1}]))
    small = partial(ModelCheck, bound=2, budget=400)
    with patch("custom_components.god_kaiser.host.rule_laboratory.ModelCheck", small):
        told = await ask(hass, "check_rules", never_together=[[PUMP, other]])
    found = {each["promise"]: each for each in told["found"]}
    assert found["never_together"]["text"].startswith("Pump (Tent), ")
    assert found["never_together"]["text"].endswith(" ran at the same time.")
    assert found["never_together"]["timeline"][-1]["kind"] == "broken"
    assert SOIL in str(found["never_together"]["moves"])
