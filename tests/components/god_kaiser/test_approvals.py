"""Approvals: shown, asked for on phones, decided by the people who may, and taken back."""

import json
from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_load_integrations
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_mock_service

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import CommandId
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.deliveries import Signature
from custom_components.god_kaiser.core.sequences.orders import TellPeople
from custom_components.god_kaiser.core.sequences.run import Cursor, Node, Run, Stage
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.steps.tell import Approval
from custom_components.god_kaiser.host.run_assistant import RunAssistant

from .calls import PACKAGE
from .run_parts import KEY, SECOND, Answers, a_run
from .test_run_assistant import done, shown

TAG = "god_kaiser_approval_r1_1"
TAPPED = "mobile_app_notification_action"
PIXEL = "notify.mobile_app_pixel"


@pytest.fixture(name="answers")
def answers_fixture() -> Answers:
    """Return what the engine is told."""
    return Answers()


@pytest.fixture(name="assistant")
async def assistant_fixture(hass: HomeAssistant, answers: Answers) -> RunAssistant:
    """Return who asks for runs, in English."""
    await async_load_integrations(hass, {DOMAIN})
    return RunAssistant(hass, answers)


@pytest.fixture(name="eva")
def eva_fixture(hass: HomeAssistant) -> MockUser:
    """Return a person."""
    return MockUser(name="Eva").add_to_hass(hass)


@pytest.fixture(name="guest")
def guest_fixture(hass: HomeAssistant) -> MockUser:
    """Return another person."""
    return MockUser(name="Guest").add_to_hass(hass)


@pytest.fixture(name="pixel")
def pixel_fixture(hass: HomeAssistant) -> list[ServiceCall]:
    """Return what is sent to a phone."""
    return async_mock_service(hass, "notify", "mobile_app_pixel")


def ask(
    assistant: RunAssistant, *, key: CommandId = KEY, waits_for: tuple[CommandId, ...] = (KEY,), **parts: Any
) -> Run:
    """Have a run ask for an approval, and return it."""
    run = a_run(waits_for=waits_for)
    assistant.assist(run, TellPeople(key=key, step=Approval(**{"text": "Open the main valve?", **parts})))
    return run


async def refusal(assistant: RunAssistant, **decision: Any) -> tuple[str | None, dict[str, str]]:
    """Return why a decision is refused; the reason has a text."""
    with pytest.raises(ServiceValidationError) as caught:
        await assistant.async_decide("r1", **{"approved": True, **decision})
    key, words = caught.value.translation_key, caught.value.translation_placeholders or {}
    texts = json.loads((PACKAGE / "translations" / "en.json").read_text(encoding="utf-8"))["exceptions"]
    assert texts[key]["message"].format(**words)
    return key, words


async def tap(hass: HomeAssistant, action: object, user: MockUser | None) -> None:
    """Tap a button of a notification, as a companion app tells it."""
    context = Context(user_id=user.id if user is not None else None)
    hass.bus.async_fire(TAPPED, {"action": action}, context=context)
    await done(hass)


# -- Asking ------------------------------------------------------------------------------------------------------------


async def test_an_approval_is_shown_and_listed(hass: HomeAssistant, assistant: RunAssistant, answers: Answers) -> None:
    """Who may, how, and what it is about; nothing is answered before somebody has decided."""
    run = replace(a_run(waits_for=(KEY,)), signatures=(Signature(key=KEY, place="main / 1"),))
    assistant.assist(run, TellPeople(key=KEY, step=Approval(text="Open [it](x)?", by=("Eva", "person.max"))))
    await done(hass)
    title, message = shown(hass)[TAG]
    assert title == "Approval wanted: Irrigation"
    assert message.startswith(r"Open \[it\](x)?")
    assert "Eva, person.max" in message
    assert "r1" in message
    open_one = assistant.open[KEY]
    assert (open_one.run, open_one.place, open_one.text) == ("r1", "main / 1", "Open [it](x)?")
    assert (open_one.by, open_one.sequence) == (("Eva", "person.max"), "Irrigation")
    assert answers.told == []


async def test_a_phone_gets_buttons(hass: HomeAssistant, assistant: RunAssistant, pixel: list[ServiceCall]) -> None:
    """They name this approval, and the notification can be taken back."""
    ask(assistant, to=(PIXEL,))
    await done(hass)
    assert [dict(call.data) for call in pixel] == [
        {
            "message": "Open the main valve?",
            "title": "Approval wanted: Irrigation",
            "data": {
                "actions": [
                    {"action": "GOD_KAISER_APPROVE_r1:1", "title": "Approve", "authenticationRequired": True},
                    {"action": "GOD_KAISER_REJECT_r1:1", "title": "Reject", "authenticationRequired": True},
                ],
                "tag": TAG,
            },
        }
    ]


@pytest.mark.parametrize("error", [HomeAssistantError("gone"), RuntimeError("odd")])
async def test_an_approval_can_be_given_although_nobody_could_be_told(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, eva: MockUser, error: Exception
) -> None:
    """It is shown in Home Assistant in any case; whoever can be told otherwise is."""
    family = async_mock_service(hass, "notify", "family")
    async_mock_service(hass, "notify", "mobile_app_pixel", raise_exception=error)
    ask(assistant, to=(PIXEL, "notify.nobody", "notify.family"))
    await done(hass)
    assert [dict(call.data) for call in family] == [
        {"message": "Open the main valve?", "title": "Approval wanted: Irrigation"}
    ]
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id)
    await done(hass)
    assert answers.only.is_done


# -- Deciding ----------------------------------------------------------------------------------------------------------


async def test_who_has_approved_is_in_the_answer(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, eva: MockUser
) -> None:
    """And the question is gone."""
    ask(assistant)
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id)
    assert (answers.only.key, answers.only.is_done, answers.only.values) == (KEY, True, {"by": "Eva"})
    assert shown(hass) == {}
    assert dict(assistant.open) == {}


async def test_who_has_rejected_is_in_the_answer(assistant: RunAssistant, answers: Answers, eva: MockUser) -> None:
    """The step has failed, and is not tried again; the reason, which is shown and recorded, names nobody."""
    ask(assistant)
    assert await assistant.async_decide("r1", approved=False, user_id=eva.id, key=KEY)
    answer = answers.only
    assert (answer.is_done, answer.code, answer.may_retry) == (False, SequenceCode.STEP_FAILED, False)
    assert (answer.reason, answer.values) == ("rejected", {"by": "Eva"})


@pytest.mark.parametrize("name", ["Eva", " eva", "id", "person.eva"])
async def test_only_who_is_named_may_decide(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, eva: MockUser, guest: MockUser, name: str
) -> None:
    """By the name or the id of an account, or by a person."""
    hass.states.async_set("person.eva", "home", {"user_id": eva.id})
    ask(assistant, by=(eva.id if name == "id" else name,))
    for approved in (True, False):
        key, words = await refusal(assistant, approved=approved, user_id=guest.id)
        assert (key, words["sequence"]) == ("approval_not_yours", "Irrigation")
    assert answers.told == []
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id)
    assert answers.only.values == {"by": "Eva"}


async def test_an_automation_is_no_person(hass: HomeAssistant, assistant: RunAssistant, answers: Answers) -> None:
    """An approval is there so that somebody looks, also where every person may give it."""
    system = MockUser(name="Supervisor", system_generated=True).add_to_hass(hass)
    gone = MockUser(name="Gone", is_active=False).add_to_hass(hass)
    ask(assistant)
    for user_id in (None, "", "unknown", system.id, gone.id):
        assert (await refusal(assistant, user_id=user_id))[0] == "approval_not_yours"
    assert answers.told == []
    assert KEY in assistant.open


async def test_who_has_no_name_is_told_by_the_id(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers
) -> None:
    """Somebody has decided in any case."""
    nameless = MockUser(name=None).add_to_hass(hass)
    ask(assistant)
    assert await assistant.async_decide("r1", approved=True, user_id=nameless.id)
    assert answers.only.values == {"by": nameless.id}


async def test_one_of_several_has_to_be_named(assistant: RunAssistant, answers: Answers, eva: MockUser) -> None:
    """Nobody approves what he does not mean."""
    for key in (KEY, SECOND):
        ask(assistant, key=key, waits_for=(KEY, SECOND))
    assert await refusal(assistant, user_id=eva.id) == (
        "approval_ambiguous",
        {"sequence": "Irrigation", "keys": "r1:1, r1:2"},
    )
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id, key=SECOND)
    assert answers.only.key == SECOND
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id)
    assert dict(assistant.open) == {}


async def test_nothing_open_is_no_decision(assistant: RunAssistant, answers: Answers, eva: MockUser) -> None:
    """Neither for a run that asks nothing, nor for another key."""
    assert not await assistant.async_decide("r1", approved=True, user_id=eva.id)
    ask(assistant)
    assert not await assistant.async_decide("r1", approved=True, user_id=eva.id, key=SECOND)
    assert not await assistant.async_decide("r2", approved=True, user_id=eva.id, key=KEY)
    assert answers.told == []


async def test_the_first_of_two_decides(
    assistant: RunAssistant, answers: Answers, eva: MockUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided or taken back while the account was looked up stays so."""
    ask(assistant)
    permitted = assistant._approvals._async_permitted

    async def slowly(*asked: Any) -> Any:
        person = await permitted(*asked)
        assistant.forget("r1")
        return person

    monkeypatch.setattr(assistant._approvals, "_async_permitted", slowly)
    assert not await assistant.async_decide("r1", approved=True, user_id=eva.id)
    assert answers.told == []


# -- Phones ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("button", "is_done"), [("APPROVE", True), ("REJECT", False)])
async def test_a_button_on_a_phone_decides(
    hass: HomeAssistant,
    assistant: RunAssistant,
    answers: Answers,
    eva: MockUser,
    pixel: list[ServiceCall],
    button: str,
    is_done: bool,
) -> None:
    """For the person whose phone it is, and the notification goes away."""
    ask(assistant, to=(PIXEL,))
    await done(hass)
    await tap(hass, f"GOD_KAISER_{button}_r1:1", eva)
    assert (answers.only.is_done, answers.only.values) == (is_done, {"by": "Eva"})
    assert [dict(call.data) for call in pixel[1:]] == [{"message": "clear_notification", "data": {"tag": TAG}}]
    await tap(hass, f"GOD_KAISER_{button}_r1:1", eva)
    assert len(answers.told) == 1


async def test_a_button_on_a_strangers_phone_decides_nothing(
    hass: HomeAssistant,
    assistant: RunAssistant,
    answers: Answers,
    guest: MockUser,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever forwards a notification does not forward the right to answer it; the log names nobody."""
    # Errors are put into words only for what is set up.
    hass.config.components.add(DOMAIN)
    ask(assistant, by=("Eva",))
    for user in (guest, None):
        await tap(hass, "GOD_KAISER_APPROVE_r1:1", user)
    assert answers.told == []
    assert caplog.text.count("An answer from a phone does not count") == 2
    assert "Eva" not in caplog.text


@pytest.mark.parametrize("action", [None, 7, ["x"], "OTHER", "GOD_KAISER_APPROVE_", "GOD_KAISER_APPROVE_r9:1"])
async def test_other_buttons_are_not_ours(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, eva: MockUser, action: object
) -> None:
    """Every app and every hub hears of every button."""
    ask(assistant)
    await tap(hass, action, eva)
    assert answers.told == []
    assert KEY in assistant.open


# -- Taking back -------------------------------------------------------------------------------------------------------


async def test_what_is_asked_again_takes_the_place_of_the_first(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, eva: MockUser
) -> None:
    """The run waits for the second answer only."""
    ask(assistant)
    ask(assistant, key=SECOND, waits_for=(SECOND,))
    assert list(assistant.open) == [SECOND]
    assert list(shown(hass)) == ["god_kaiser_approval_r1_2"]
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id)
    assert answers.only.key == SECOND


async def test_two_that_are_waited_for_at_the_same_time_stay(assistant: RunAssistant) -> None:
    """Also when a run is seen as it was before it asked."""
    ask(assistant)
    ask(assistant, key=SECOND, waits_for=(KEY, SECOND))
    ask(assistant, key=CommandId("r1:3"), waits_for=())
    assert list(assistant.open) == [KEY, SECOND, "r1:3"]


@pytest.mark.parametrize("then", [Cursor(), Cursor(node=Node(stage=Stage.AFTER, began=0.0, key=KEY))])
async def test_what_a_run_does_not_wait_for_any_more_is_taken_back(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, then: Cursor
) -> None:
    """A deadline has passed, or the run cleans up; nobody is told that it was decided."""
    run = ask(assistant)
    assistant.follow(run)
    assert list(assistant.open) == [KEY]
    assistant.follow(replace(run, cursor=then, status=RunStatus.STOPPING))
    assert dict(assistant.open) == {}
    assert shown(hass) == {}
    assert answers.told == []


@pytest.mark.parametrize("end", ["forget", "give_up", "follow"])
async def test_nothing_is_left_of_a_run_that_is_over(
    hass: HomeAssistant,
    assistant: RunAssistant,
    answers: Answers,
    eva: MockUser,
    pixel: list[ServiceCall],
    end: str,
) -> None:
    """Neither in Home Assistant nor on phones, and no button does anything."""
    ask(assistant, to=(PIXEL,))
    await done(hass)
    if end == "follow":
        assistant.follow(a_run(waits_for=(KEY,), status=RunStatus.CANCELLED))
    elif end == "forget":
        assistant.forget("r2")
        assert KEY in assistant.open
        assistant.forget("r1")
    else:
        assistant.give_up()
    await done(hass)
    assert shown(hass) == {}
    assert pixel[-1].data["message"] == "clear_notification"
    await tap(hass, "GOD_KAISER_APPROVE_r1:1", eva)
    assert answers.told == []


async def test_a_phone_that_cannot_be_reached_any_more_harms_nobody(
    hass: HomeAssistant, assistant: RunAssistant, answers: Answers, eva: MockUser, pixel: list[ServiceCall]
) -> None:
    """What stays on it has buttons that do nothing."""
    ask(assistant, to=(PIXEL,))
    await done(hass)
    hass.services.async_remove("notify", "mobile_app_pixel")
    assert await assistant.async_decide("r1", approved=True, user_id=eva.id)
    await done(hass)
    assert answers.only.is_done
