"""What Home Assistant does for rules: messages, actions, lines and sequences, each answered whatever happens."""

import asyncio
import logging
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.core import Context, Event, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_translations
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
import voluptuous as vol

from custom_components.god_kaiser.core.rules.executions import ActionRecord
from custom_components.god_kaiser.core.rules.happenings import RuleEvent, RuleHappening
from custom_components.god_kaiser.core.rules.orders import TellRule
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.rule_standing import Standing, standing_of

from .calls import ask
from .conftest import PassTime, turn_the_loop
from .rules import a_rule, heard, save, when_on
from .sequences import act, save as save_sequence, written

GO = "input_boolean.go"


@pytest.fixture(name="begun", autouse=True)
async def begun_fixture(hass: HomeAssistant, host: EngineHost, pass_time: PassTime) -> None:
    """Let rules look at the world: there is nobody whom they wait for."""
    hass.states.async_set(GO, "off")
    await pass_time(61)


async def done(hass: HomeAssistant, host: EngineHost, *actions: dict[str, Any]) -> list[ActionRecord]:
    """Let a rule act, and return what has become of each of its actions."""
    await save(host, a_rule(when=when_on(GO), then=list(actions)))
    hass.states.async_set(GO, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    (execution,) = host.rules.executions("water")
    return list(execution.actions_executed)


def told(records: list[ActionRecord]) -> list[tuple[str, str]]:
    """Return outcomes and reasons."""
    return [(record.outcome.value, record.reason) for record in records]


def shown(hass: HomeAssistant) -> dict[str | None, str]:
    """Return the notifications that Home Assistant shows, by their titles."""
    kept = persistent_notification._async_get_or_create_notifications(hass)
    return {each["title"]: each["message"] for each in kept.values()}


@pytest.mark.req("LOG-30")
async def test_a_message_without_an_address_is_shown(hass: HomeAssistant, host: EngineHost) -> None:
    """With the name of the rule and what it has seen, as plain text."""
    text = "{{ rule.name }}: {{ trigger.source }} is {{ trigger.value }} <b>now</b>"
    records = await done(hass, host, {"kind": "notify", "text": text})
    assert told(records) == [("done", "")]
    assert shown(hass) == {"Water": r"Water: input\_boolean.go is on \<b\>now\</b\>"}


async def test_a_message_goes_to_everybody_who_is_named(hass: HomeAssistant, host: EngineHost) -> None:
    """Who cannot be told is named, and keeps it from nobody else."""
    calls = async_mock_service(hass, "notify", "phone")
    records = await done(
        hass, host, {"kind": "notify", "text": "Dry", "title": "Bed", "to": ["notify.gone", "notify.phone"]}
    )
    assert told(records) == [("failed", "not_told: It could not be told to: notify.gone")]
    assert [call.data for call in calls] == [{"message": "Dry", "title": "Bed"}]


@pytest.mark.parametrize("more", [{}, {"cooldown": 60}])
async def test_a_rule_whose_action_has_failed_is_not_done(
    hass: HomeAssistant, host: EngineHost, more: dict[str, Any]
) -> None:
    """Why, its sentence and its state tell the failure until the rule acts anew, also where it does so by itself."""
    await save(host, a_rule(when=when_on(GO), then=[{"kind": "call", "action": "foo.bar"}], **more))
    hass.states.async_set(GO, "on")
    await hass.async_block_till_done(wait_background_tasks=True)
    (rule,) = (await ask(hass, "explain", rule="water"))["rules"]
    assert (rule["why"], rule["is_active"]) == ("failed", False)
    assert "an action has failed (" in rule["sentence"]
    assert standing_of(host, "water") is Standing.WAITING


async def test_a_failure_is_a_code_and_a_sentence_in_the_language_of_the_house(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """Whoever has refused it: Home Assistant, its check of what is handed over, or this hub."""
    hass.config.language = "de"
    for category in ("common", "exceptions", "config_panel"):
        await async_get_translations(hass, "de", category, {"god_kaiser", "homeassistant"})
    hass.services.async_register("test", "strict", lambda _: None, vol.Schema({vol.Required("level"): int}))
    calls = [{"kind": "call", "action": name} for name in ("foo.bar", "test.strict")]
    own = {"kind": "call", "action": "god_kaiser.delete_rule", "fields": {"rule": "nobody"}}
    await done(hass, host, *calls, own)
    (record,) = (await ask(hass, "get_rule_history", rule="water"))["executions"]
    codes = ["service_not_found", "data_not_accepted", "rule_not_found"]
    assert [each["reason"] for each in record["actions_executed"]] == codes
    assert record["error_message"] == "; ".join(codes)
    missing, strict, unknown = (each["text"] for each in record["actions_executed"])
    assert missing.startswith("Aktion foo.bar")
    assert strict.startswith("Home Assistant nimmt die Angaben nicht an (")
    assert "nobody" in unknown
    assert "Regel" in unknown
    assert record["error_text"] == f"{missing}; {strict}; {unknown}"


async def test_an_action_is_called_with_its_templates_worked_out(hass: HomeAssistant, host: EngineHost) -> None:
    """As an automation: without a person, and in the context of what the rule has told."""
    calls = async_mock_service(hass, "light", "turn_on")
    contexts: list[Context] = []

    @callback
    def listen(event: Event) -> None:
        contexts.append(event.context)

    hass.bus.async_listen("god_kaiser_rule_event", listen)
    action = {
        "kind": "call",
        "action": "light.turn_on",
        "target": {"entity_id": "light.{{ rule.id }}"},
        "fields": {"brightness": "{{ 2 * 50 }}", "names": ["{{ evidence[0].source }}"]},
    }
    assert told(await done(hass, host, action)) == [("done", "")]
    (call,) = calls
    assert call.data == {"entity_id": "light.water", "brightness": 100, "names": [GO]}
    assert (call.context.user_id, call.context in contexts) == (None, True)


async def test_one_action_that_fails_hides_no_other(
    hass: HomeAssistant, host: EngineHost, caplog: pytest.LogCaptureFixture
) -> None:
    """Each has its own outcome and its own reason, also where nobody has thought of it."""

    async def refuse(_call: ServiceCall) -> None:
        raise HomeAssistantError("No power\nnone at all")

    async def fall(_call: ServiceCall) -> None:
        raise ValueError("secret")

    hass.services.async_register("test", "refuse", refuse)
    hass.services.async_register("test", "fall", fall)
    records = await done(
        hass,
        host,
        {"kind": "call", "action": "test.refuse"},
        {"kind": "call", "action": "test.fall"},
        {"kind": "call", "action": "test.nothing"},
        {"kind": "log", "text": "{{ 1 / 0 }}"},
        {"kind": "notify", "text": "x", "title": "{{ 1 / 0 }}"},
        {"kind": "call", "action": "test.refuse", "fields": {"x": "{{ 1 / 0 }}"}},
        {"kind": "log", "text": "still here", "level": "warn"},
    )
    outcomes = told(records)
    assert [outcome for outcome, _ in outcomes] == ["failed"] * 6 + ["done"]
    assert outcomes[0][1] == "action_failed: The action has failed (No power)"
    assert "secret" not in outcomes[1][1]
    assert "test.fall" in outcomes[1][1]
    assert "test.nothing" in outcomes[2][1]
    assert [reason for _, reason in outcomes[3:6]] == [
        f"rule_template_broken: A template cannot be worked out ({kind}): ZeroDivisionError: division by zero"
        for kind in ("log", "notify", "call")
    ]
    assert "Something that the rule water wants could not be done" in caplog.text


async def test_what_a_deleted_rule_has_begun_is_told_when_it_ends(hass: HomeAssistant, host: EngineHost) -> None:
    """Its record does not stay pending for ever, and a rule of the same name has not done it."""
    goes_on = asyncio.Event()

    async def wait(_call: ServiceCall) -> None:
        await goes_on.wait()

    hass.services.async_register("test", "wait", wait)
    rule = a_rule(when=when_on(GO), then=[{"kind": "call", "action": "test.wait"}])
    await save(host, rule)
    hass.states.async_set(GO, "on")
    await turn_the_loop()
    assert told(list(host.rules.executions("water")[0].actions_executed)) == [("pending", "")]
    await host.rules.async_drop("water")
    goes_on.set()
    await hass.async_block_till_done(wait_background_tasks=True)
    (execution,) = host.rules.executions("water")
    assert told(list(execution.actions_executed)) == [("done", "")]
    assert execution.is_over


async def test_a_line_goes_to_the_log_and_to_the_logbook(
    hass: HomeAssistant, host: EngineHost, caplog: pytest.LogCaptureFixture
) -> None:
    """As serious as it is meant."""
    entries: list[dict[str, Any]] = []

    @callback
    def listen(event: Event) -> None:
        entries.append(dict(event.data))

    hass.bus.async_listen("logbook_entry", listen)
    await done(hass, host, {"kind": "log", "text": "{{ rule.name }}\n acts", "level": "error"})
    assert {"name": "Water", "message": "Water acts", "domain": "god_kaiser"} in entries
    (record,) = [each for each in caplog.records if each.getMessage() == "Rule Water: Water acts"]
    assert record.levelno == logging.ERROR


@pytest.mark.req("SEQ-74")
async def test_a_sequence_is_started_by_a_rule_and_cancelled_by_it(hass: HomeAssistant, host: EngineHost) -> None:
    """The run names the rule; a rule may ask whether it goes on."""
    await save_sequence(hass, written("flush"))
    await save(
        host, a_rule("asks", when={"kind": "sequence", "sequence": "flush"}, then=[{"kind": "log", "text": "x"}])
    )
    assert told(await done(hass, host, {"kind": "run", "sequence": "flush"})) == [("done", "")]
    (run,) = host.sequences.runs()
    assert (run.trigger.kind, run.trigger.id, run.trigger.name) == ("rule", "water", "Water")
    assert len(host.rules.executions("asks")) == 1
    await save(host, a_rule("stops", when=when_on(GO), then=[{"kind": "cancel", "sequence": "flush"}]))
    await hass.async_block_till_done(wait_background_tasks=True)
    (run,) = host.sequences.runs()
    assert (run.is_over, run.ended_by) == (True, "rule Stops")
    (execution,) = host.rules.executions("stops")
    assert execution.success


async def test_a_sequence_that_cannot_be_started_is_a_reason(hass: HomeAssistant, host: EngineHost) -> None:
    """The rule goes on."""
    await save_sequence(hass, written("flush"))
    await act(hass, "run_sequence", sequence="flush")
    ((outcome, reason),) = told(await done(hass, host, {"kind": "run", "sequence": "flush"}))
    assert (outcome, reason.startswith("sequence_")) == ("failed", True)


async def test_the_runs_that_a_rule_begins_are_told_with_what_it_has_done(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """Whether it starts them itself or by an action; every action that it calls is found by one id, and that by the other."""
    for name in ("flush", "flow"):
        await save_sequence(hass, written(name))
    call = {"kind": "call", "action": "god_kaiser.run_sequence", "fields": {"sequence": "flow"}}
    assert told(await done(hass, host, {"kind": "run", "sequence": "flush"}, call)) == [("done", ""), ("done", "")]
    begun = {run.program.id: run.id for run in host.sequences.runs()}
    (acted,) = (await ask(hass, "get_events", type="rule.executed"))["events"]
    assert sorted(acted["data"]["runs"]) == sorted(begun.values())
    (called,) = (
        each
        for each in (await ask(hass, "get_events", type="action.done"))["events"]
        if each["subject"] == "run_sequence"
    )
    assert (called["correlation_id"], called["data"]["runs"]) == (acted["data"]["call"], [begun["flow"]])


async def test_what_a_rule_does_by_itself_is_told_without_a_call(hass: HomeAssistant, host: EngineHost) -> None:
    """Nobody looks for what was never called."""
    assert told(await done(hass, host, {"kind": "log", "text": "x"})) == [("done", "")]
    (acted,) = (await ask(hass, "get_events", type="rule.executed"))["events"]
    assert {"runs", "call"}.isdisjoint(acted["data"])


async def test_a_critical_rule_in_trouble_is_told_to_people(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """In Home Assistant and through whoever is named for that."""
    calls = async_mock_service(hass, "notify", "phone")
    details: dict[str, str | float | bool] = {"why": "target_offline", "notify": "notify.phone, notify.gone"}
    event = RuleEvent(happening=RuleHappening.ESCALATED, rule="water", name="Water", at=host.now().utc, details=details)
    host.rules.perform(TellRule(event))
    await hass.async_block_till_done(wait_background_tasks=True)
    sentence = "The critical rule Water does not get what it wants: the device of its output is offline"
    assert shown(hass) == {"Water needs help": sentence}
    assert [call.data["message"] for call in calls] == [sentence]
    assert "Nobody could be told that a critical rule needs help: notify.gone" in caplog.text


async def test_what_is_held_back_is_kept_off_the_bus(hass: HomeAssistant, host: EngineHost) -> None:
    """It is in the journal all the same."""
    on_bus = heard(hass)
    await done(hass, host, {"kind": "log", "text": "x"})
    why: dict[str, str | float | bool] = {"why": "cooldown"}
    event = RuleEvent(happening=RuleHappening.SKIPPED, rule="water", name="Water", at=host.now().utc, details=why)
    host.rules.perform(TellRule(event))
    await hass.async_block_till_done()
    page = await host.journal.async_events(Wanted(domain="rule"))
    kinds = [event.envelope["event_type"] for event in page.events]
    assert kinds == ["rule.fired", "rule.executed", "rule.skipped"]
    assert [event["event_type"] for event in on_bus] == kinds[:-1]
