"""What Home Assistant does for a run: templates, actions and messages, each answered whatever happens."""

import asyncio
from typing import Any
from unittest.mock import patch

from homeassistant.components import persistent_notification
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.setup import async_setup_component
from homeassistant.util.json import JsonObjectType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_mock_service
import voluptuous as vol

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.findings import Check, Severity
from custom_components.god_kaiser.core.sequences.orders import CallHome, TellPeople, WorkOut
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.steps.delay import Delay
from custom_components.god_kaiser.core.sequences.steps.tell import Approval, Log, Notify
from custom_components.god_kaiser.host.approvers import async_missing_approvers
from custom_components.god_kaiser.host.notify_targets import as_plain, phone_of
from custom_components.god_kaiser.host.run_assistant import RunAssistant

from .conftest import turn_the_loop
from .run_parts import KEY, Answers, a_run, a_sequence

PHONE = "notify.hall"
UNEXPECTED = "An unexpected error has happened{}. The log of Home Assistant has the details."


@pytest.fixture(name="answers")
def answers_fixture() -> Answers:
    """Return what the engine is told."""
    return Answers()


@pytest.fixture(name="assistant")
async def assistant_fixture(hass: HomeAssistant, answers: Answers) -> RunAssistant:
    """Return who does things for runs, with the words for that."""
    await async_load_integrations(hass, {DOMAIN})
    return RunAssistant(hass, answers)


def call(action: str = "test.do", **parts: Any) -> CallHome:
    """Return an order to call an action."""
    target, variables = parts.pop("target", {}), parts.pop("variables", {})
    return CallHome(key=KEY, action=action, target=target, fields=parts, variables=variables)


def notify(*to: str, text: str = "Done", title: str = "Tent") -> TellPeople:
    """Return an order to tell something."""
    return TellPeople(key=KEY, step=Notify(text=text, title=title, to=to))


def shown(hass: HomeAssistant) -> dict[str, tuple[str | None, str]]:
    """Return the notifications that Home Assistant shows."""
    kept = persistent_notification._async_get_or_create_notifications(hass)
    return {key: (each["title"], each["message"]) for key, each in kept.items()}


async def done(hass: HomeAssistant) -> None:
    """Wait until everything that was begun is done."""
    await hass.async_block_till_done(wait_background_tasks=True)


# -- Templates ---------------------------------------------------------------------------------------------------------


def test_templates_are_worked_out_at_once(hass: HomeAssistant, assistant: RunAssistant, answers: Answers) -> None:
    """The engine has its answer before the order returns, with the variables of the place where the step stands."""
    templates = {"seconds": "{{ variables.minutes * 60 }}", "text": "{{ minutes }} min"}
    assistant.assist(a_run(), WorkOut(key=KEY, templates=templates, variables={"minutes": 2}))
    assert answers.only.is_done
    assert answers.only.key == KEY
    assert answers.only.values == {"seconds": 120.0, "text": "2 min"}


def test_a_template_that_fails_is_answered(hass: HomeAssistant, assistant: RunAssistant, answers: Answers) -> None:
    """A second attempt would fail the same way."""
    assistant.assist(a_run(), WorkOut(key=KEY, templates={"text": "{{ a.b }}"}, variables={}))
    answer = answers.only
    assert (answer.is_done, answer.code, answer.may_retry) == (False, SequenceCode.INVALID_STEP, False)
    assert answer.reason == "UndefinedError: 'a' is undefined"


def test_what_nobody_has_thought_of_is_answered_as_well(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """A run never waits because of an error in here."""
    with patch("custom_components.god_kaiser.host.run_assistant.render", side_effect=RuntimeError("odd")):
        assistant.assist(a_run(), WorkOut(key=KEY, templates={}, variables={}))
    assert (answers.only.is_done, answers.only.reason) == (False, UNEXPECTED.format(""))


# -- Actions -----------------------------------------------------------------------------------------------------------


async def test_an_action_is_called_with_its_templates_worked_out(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """Fields and target may be templates; without a response there is none in the answer."""
    calls = async_mock_service(hass, "test", "do")
    known = {"level": 3, "where": "tent"}
    order = call(level="{{ level }}", target={"entity_id": ["{{ 'light.' ~ where }}"]}, variables=known)
    assistant.assist(a_run(), order)
    await done(hass)
    assert [dict(each.data) for each in calls] == [{"level": 3, "entity_id": ["light.tent"]}]
    assert (answers.only.is_done, answers.only.values) == (True, {})


async def test_a_run_is_one_context(hass: HomeAssistant, assistant: RunAssistant, answers: Answers) -> None:
    """The logbook can tell what belongs together; what comes after the end of a run does not."""
    calls = async_mock_service(hass, "test", "do")
    for _ in range(2):
        assistant.assist(a_run(), call())
    await done(hass)
    assistant.forget("r1")
    assistant.assist(a_run(), call())
    await done(hass)
    first, second, third = (each.context for each in calls)
    assert first is second
    assert first.id != third.id
    assert first.parent_id is first.user_id is None


async def test_a_run_lends_nobody_rights_that_he_has_not(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, hass_read_only_user: MockUser
) -> None:
    """What a person may not switch, a run that he has started may not switch for him."""
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"lamp": {}}})
    order = call("input_boolean.turn_on", target={"entity_id": "input_boolean.lamp"})
    assistant.assist(a_run(user=hass_read_only_user.id), order)
    await done(hass)
    assert (answers.only.is_done, answers.only.may_retry) == (False, False)
    state = hass.states.get("input_boolean.lamp")
    assert state is not None
    assert state.state == "off"
    assistant.forget("r1")
    assistant.assist(a_run(), order)
    await done(hass)
    state = hass.states.get("input_boolean.lamp")
    assert state is not None
    assert state.state == "on"


@pytest.mark.parametrize("support", [SupportsResponse.ONLY, SupportsResponse.OPTIONAL])
async def test_a_response_comes_back_with_the_answer(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, support: SupportsResponse
) -> None:
    """Only what can be written down is kept."""
    response: JsonObjectType = {"at": [1, "x"]}
    hass.services.async_register("test", "do", lambda _: response, supports_response=support)
    assistant.assist(a_run(), call())
    await done(hass)
    assert answers.only.values == {"response": {"at": [1, "x"]}}


class Odd:
    """Something that cannot be written down."""


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ({"x": "y" * 10_000}, "the response has more than 10000 characters"),
        ({"x": Odd()}, "the response cannot be kept"),
    ],
)
async def test_a_response_that_cannot_be_kept_does_not_undo_the_action(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, response: Any, told: str
) -> None:
    """To do it once more because of that could do it twice."""
    hass.services.async_register("test", "do", lambda _: response, supports_response=SupportsResponse.ONLY)
    assistant.assist(a_run(), call())
    await done(hass)
    assert (answers.only.is_done, answers.only.values, answers.only.reason) == (True, {}, told)


@pytest.mark.parametrize(
    ("error", "reason", "may_retry"),
    [
        (HomeAssistantError("away\nfor long"), "away", True),
        (ServiceValidationError("impossible"), "impossible", False),
        (vol.Invalid("not a number"), "not a number", False),
        (HomeAssistantError("http://a:b@host/?token=c is away"), "http://**REDACTED**@host/?token=**REDACTED**", True),
        (RuntimeError("odd"), UNEXPECTED.format(" in test.do"), True),
        (TimeoutError(), UNEXPECTED.format(" in test.do"), True),
    ],
)
async def test_an_action_that_fails_is_answered(
    hass: HomeAssistant,
    assistant: RunAssistant,
    answers: Answers,
    error: Exception,
    reason: str,
    may_retry: bool,
) -> None:
    """Another attempt makes sense unless it was refused because of what was asked."""
    async_mock_service(hass, "test", "do", raise_exception=error)
    assistant.assist(a_run(), call())
    await done(hass)
    answer = answers.only
    assert (answer.is_done, answer.code, answer.reason) == (False, SequenceCode.STEP_FAILED, reason)
    assert answer.error_tech.partition(":")[0] == (type(error).__name__ if "unexpected" in reason else "")
    assert answer.may_retry is may_retry


async def test_an_action_that_is_not_there_may_come(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """An integration that is being reloaded has no actions for a moment."""
    assistant.assist(a_run(), call("nobody.knows"))
    await done(hass)
    assert (answers.only.is_done, answers.only.code) == (False, SequenceCode.STEP_FAILED)
    assert answers.only.may_retry


async def test_a_field_that_cannot_be_worked_out_calls_nothing(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """Half an action is none."""
    calls = async_mock_service(hass, "test", "do")
    assistant.assist(a_run(), call(level="{{ a.b }}"))
    await done(hass)
    assert calls == []
    assert (answers.only.code, answers.only.may_retry) == (SequenceCode.INVALID_STEP, False)


@pytest.mark.parametrize("end", ["forget", "give_up", "follow"])
async def test_a_run_that_is_over_is_not_answered(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, end: str
) -> None:
    """What is still under way for it is ended."""
    ended = asyncio.Event()

    async def last_long(_: ServiceCall) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    hass.services.async_register("test", "do", last_long)
    assistant.assist(a_run(), call())
    await asyncio.sleep(0)
    if end == "follow":
        assistant.follow(a_run())
        assistant.follow(a_run(status=RunStatus.COMPLETED))
    elif end == "forget":
        assistant.forget("r1")
    else:
        assistant.give_up()
    await done(hass)
    assert ended.is_set()
    assert answers.told == []
    assert assistant._tasks == {}


async def test_one_order_that_is_done_leaves_the_others_of_its_run(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """Each is ended by its own end, or by that of the run."""
    gates = {name: asyncio.Event() for name in ("first", "second")}
    waited: list[str] = []

    async def wait(call: ServiceCall) -> None:
        try:
            await gates[call.data["name"]].wait()
        finally:
            waited.append(call.data["name"])

    hass.services.async_register("test", "do", wait)
    assistant.assist(a_run(), call(name="first"))
    assistant.assist(a_run(), call(name="second"))
    gates["first"].set()
    await turn_the_loop()
    assert waited == ["first"]
    assert answers.only.is_done
    assistant.forget("r1")
    await done(hass)
    assert waited == ["first", "second"]
    assert len(answers.told) == 1


# -- Messages ----------------------------------------------------------------------------------------------------------


async def test_a_message_to_nobody_by_name_is_shown_in_home_assistant(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """It stays there when the run is over, and what devices and people wrote in it is neither link nor picture."""
    assistant.assist(a_run(), notify(text="![x](http://x.y) 5 °C, 3 * 4"))
    assert answers.only.is_done
    assistant.forget("r1")
    assert list(shown(hass).values()) == [("Tent", r"!\[x\](http\://x.y) 5 °C, 3 \* 4")]


async def test_a_line_for_the_log_is_left_to_the_engine(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """Nobody waits for an answer to it."""
    assistant.assist(a_run(), TellPeople(key=KEY, step=Log(text="x")))
    await done(hass)
    assert answers.told == []
    assert shown(hass) == {}


async def test_a_message_goes_to_entities_and_to_actions_of_the_older_kind(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """Whatever a person has named."""
    sent, family = async_mock_service(hass, "notify", "send_message"), async_mock_service(hass, "notify", "family")
    hass.states.async_set(PHONE, "unknown")
    assistant.assist(a_run(), notify(PHONE, "notify.family"))
    await done(hass)
    assert answers.only.is_done
    assert [dict(each.data) for each in sent] == [{"message": "Done", "title": "Tent", "entity_id": PHONE}]
    assert [dict(each.data) for each in family] == [{"message": "Done", "title": "Tent"}]
    assert shown(hass) == {}


async def test_a_message_without_a_title_has_none(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """An empty title is not sent."""
    sent = async_mock_service(hass, "notify", "family")
    assistant.assist(a_run(), notify("notify.family", title=""))
    await done(hass)
    assert [dict(each.data) for each in sent] == [{"message": "Done"}]


@pytest.mark.parametrize("target", [PHONE, "notify.nobody", "light.lamp", "notify.send_message"])
async def test_a_message_that_reaches_nobody_has_failed(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, target: str
) -> None:
    """Home Assistant itself would only say so in its log."""
    async_mock_service(hass, "notify", "send_message")
    hass.states.async_set(PHONE, STATE_UNAVAILABLE)
    hass.states.async_set("light.lamp", "on")
    assistant.assist(a_run(), notify(target))
    await done(hass)
    assert (answers.only.is_done, answers.only.reason, answers.only.may_retry) == (False, target, True)


async def test_who_has_got_a_message_does_not_get_it_twice(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """When one of several is not reached, the message has failed, but is not sent again."""
    async_mock_service(hass, "notify", "family")
    async_mock_service(hass, "notify", "away", raise_exception=HomeAssistantError("gone"))
    async_mock_service(hass, "notify", "odd", raise_exception=RuntimeError("odd"))
    assistant.assist(a_run(), notify("notify.away", "notify.family", "notify.odd"))
    await done(hass)
    answer = answers.only
    assert (answer.is_done, answer.may_retry) == (False, False)
    assert answer.reason == f"notify.away: gone, {UNEXPECTED.format(' in notify.odd')}"
    assert answer.error_tech.startswith("RuntimeError: odd\nTraceback")


def test_only_markup_is_marked() -> None:
    """What is no markup is shown as it is written, and what is, as well."""
    assert as_plain("pH 6.5 (zone_1): 22:30, www.x.y <b>") == r"pH 6.5 (zone\_1): 22:30, www\.x.y \<b\>"


async def test_the_phone_behind_an_entity_is_found(hass: HomeAssistant, entity_registry: er.EntityRegistry) -> None:
    """Only the older action of a phone can show buttons; people name the entity."""
    entry = MockConfigEntry(domain="mobile_app", data={"device_name": "Eva's Pixel"})
    entry.add_to_hass(hass)
    entity = entity_registry.async_get_or_create("notify", "mobile_app", "x", config_entry=entry)
    other = entity_registry.async_get_or_create("notify", "file", "x", config_entry=entry)
    assert phone_of(hass, entity.entity_id) is None
    async_mock_service(hass, "notify", "mobile_app_eva_s_pixel")
    async_mock_service(hass, "notify", "family")
    assert phone_of(hass, entity.entity_id) == "mobile_app_eva_s_pixel"
    assert phone_of(hass, "notify.mobile_app_eva_s_pixel") == "mobile_app_eva_s_pixel"
    assert phone_of(hass, other.entity_id) is phone_of(hass, "notify.family") is phone_of(hass, "nonsense") is None


# -- Before a start ----------------------------------------------------------------------------------------------------


@pytest.mark.req("EXE-19")
async def test_ways_to_people_that_do_not_exist_are_found(hass: HomeAssistant) -> None:
    """A message that reaches nobody at all speaks against a start; an approval is shown in Home Assistant in any case."""
    async_mock_service(hass, "notify", "family")
    steps = (
        Notify(text="x", to=("notify.family", "notify.gone")),
        Notify(text="x", to=("notify.gone",)),
        Approval(text="x", to=("notify.gone",)),
        Notify(text="x"),
        Delay(seconds=1),
    )
    found = await async_missing_approvers(hass, a_sequence(*steps), {})
    assert {(each.check, each.code, each.details["name"]) for each in found} == {
        (Check.SIGNATURE, "notify_missing", "notify.gone")
    }
    assert [(each.place, each.severity) for each in found] == [
        ("main / 1", Severity.WARN),
        ("main / 2", Severity.ERROR),
        ("main / 3", Severity.WARN),
    ]


@pytest.mark.req("EXE-19")
async def test_approvers_who_do_not_exist_are_found(hass: HomeAssistant) -> None:
    """One of several is worth knowing; nobody at all means that the step could never end well."""
    eva = MockUser(name="Eva").add_to_hass(hass)
    MockUser(name="Supervisor", system_generated=True).add_to_hass(hass)
    MockUser(name="Gone", is_active=False).add_to_hass(hass)
    hass.states.async_set("person.eva", "home", {"user_id": eva.id})
    hass.states.async_set("person.guest", "home", {"user_id": ["odd"]})
    everybody = ("eva ", eva.id, "person.eva")
    steps = (
        Approval(text="x", by=everybody),
        Approval(text="x", by=("Eva", "person.guest")),
        Approval(text="x", by=("Supervisor", "Gone", "person.nobody")),
        Approval(text="x"),
    )
    found = await async_missing_approvers(hass, a_sequence(*steps), {})
    assert [(each.place, each.severity, each.code, each.details["name"]) for each in found] == [
        ("main / 2", Severity.WARN, "approver_missing", "person.guest"),
        ("main / 3", Severity.ERROR, "approver_missing", "Supervisor"),
        ("main / 3", Severity.ERROR, "approver_missing", "Gone"),
        ("main / 3", Severity.ERROR, "approver_missing", "person.nobody"),
    ]
