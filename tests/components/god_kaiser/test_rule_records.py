"""What rules have seen and done: as records, in the history, in the diagnostics and as complaints."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.actions import (
    Action,
    CallAction,
    CancelSequence,
    LockOutput,
    LogLevel,
    LogLine,
    Notify,
    SetOutput,
    StartSequence,
)
from custom_components.god_kaiser.core.rules.executions import ActionRecord, Evidence, Execution, Outcome
from custom_components.god_kaiser.core.rules.happenings import RuleEvent, RuleHappening
from custom_components.god_kaiser.core.rules.lately import Lately
from custom_components.god_kaiser.core.rules.orders import TellRule
from custom_components.god_kaiser.core.truth import Truth
from custom_components.god_kaiser.diagnostics import async_get_config_entry_diagnostics
from custom_components.god_kaiser.host import rule_history
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.rule_records import execution_record

from .calls import ask
from .rules import PUMP, SOIL, a_rule, save

TAKEN = "ihr Ausgang wurde ihr durch einen Notstopp, eine Sperre oder am Gerät genommen, und ihre Antwort war seitdem nicht nein"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def an_execution(key: str = "rule-1", *actions: ActionRecord, **changes: Any) -> Execution:
    """Return one time that a rule has acted."""
    fields: dict[str, Any] = {"rule": "water", "at": NOON, "cause": "then", **changes}
    return Execution(key=key, actions_executed=actions, **fields)


def seen(kind: str, source: str, truth: Truth = Truth.TRUE, **more: Any) -> Evidence:
    """Return what a question has seen."""
    return Evidence(kind=kind, source=source, truth=truth, **more)


# -- Records ---------------------------------------------------------------------------------------------------------


def test_what_has_decided_is_the_sensor_that_has_said_so() -> None:
    """Before other sensors, and before what is no sensor; its own moment is told."""
    at = NOON - timedelta(seconds=3)
    evidence = (
        seen("time", "", value="Fri 12:00"),
        seen("reading", f"{SOIL}", Truth.FALSE, value=40.0),
        seen("difference", f"{SOIL} - ESP_X/sensor/4/ds18b20", value=3.0, operator=">", threshold=2.0, at=at),
    )
    record = execution_record(an_execution(evidence=evidence), "Water")
    assert record["trigger_data"]["type"] == "difference"
    assert (record["trigger_data"]["gpio"], record["trigger_data"]["sensor_type"]) == (34, "moisture")
    assert (record["trigger_data"]["sensor_value"], record["trigger_data"]["timestamp"]) == (3.0, at.isoformat())
    assert [each["type"] for each in record["conditions"]] == ["time", "reading", "difference"]
    released = execution_record(an_execution(evidence=evidence, is_release=True, cause="otherwise"), "Water")
    assert released["trigger_data"]["sensor_value"] == 40.0
    assert released["trigger_data"]["timestamp"] == NOON.isoformat()


def test_without_anything_seen_there_is_nothing_that_has_decided() -> None:
    """No key is made up."""
    assert execution_record(an_execution(), "Water")["trigger_data"] == {}


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        (
            SetOutput(output=PUMP, level=0.5, duration=10),
            {"type": "set", "output": PUMP, "esp_id": "ESP_EA5484", "gpio": 16, "value": 0.5, "duration": 10},
        ),
        (StartSequence(sequence="flush"), {"type": "run", "sequence": "flush"}),
        (CancelSequence(sequence="flush"), {"type": "cancel", "sequence": "flush"}),
        (Notify(text="The code is 1234", to=("notify.eva",)), {"type": "notify", "to": ["notify.eva"]}),
        (CallAction(action="a.b", fields={"password": "1234"}), {"type": "call", "action": "a.b"}),
        (LockOutput(output=PUMP, reason="1234"), {"type": "lock", "output": PUMP}),
        (LogLine(text="1234", level=LogLevel.WARN), {"type": "log", "level": "warn"}),
    ],
)
def test_what_an_action_hands_to_others_is_not_told(action: Action, shown: dict[str, Any]) -> None:
    """What has become of it is."""
    execution = an_execution("k", ActionRecord(action=action, outcome=Outcome.FAILED, reason="gone"))
    record = execution_record(execution, "Water")
    assert record["actions_executed"] == [{**shown, "outcome": "failed", "success": False, "reason": "gone"}]
    assert (record["success"], record["error_message"]) == (False, "gone")


# -- History ---------------------------------------------------------------------------------------------------------


async def test_the_oldest_goes_first(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the memory and on the disk, also when fewer are kept than before."""
    await save(host, a_rule())
    monkeypatch.setattr(rule_history, "Lately", partial(Lately, 3))
    host.rules.history.restore([])
    done = ActionRecord(action=LogLine(text="x"), outcome=Outcome.DONE)
    for number in range(5):
        host.rules.history.keep(an_execution(f"k{number}", done, at=NOON + timedelta(minutes=number)))
    assert [each.key for each in host.rules.executions()] == ["k4", "k3", "k2"]
    assert host.rules.executions("other") == []
    monkeypatch.setattr(rule_history, "Lately", partial(Lately, 2))
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert [each.key for each in setup_entry.runtime_data.rules.executions("water")] == ["k4", "k3"]
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert {each.key for each in setup_entry.runtime_data.memory.executions} == {"k4", "k3"}


@pytest.mark.parametrize(("outcome", "level"), [(Outcome.DONE, "ok"), (Outcome.FAILED, "warn")])
async def test_an_act_that_has_failed_is_noted_as_a_warning(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, outcome: Outcome, level: str
) -> None:
    """So it is found by whoever looks for what has gone wrong."""
    host.rules.history.keep(an_execution("k", ActionRecord(action=LogLine(text="x"), outcome=outcome)))
    told: dict[str, Any] = {"rule": "water", "name": "Water", "at": NOON, "execution": "k", "details": {"error": ""}}
    host.rules.perform(TellRule(RuleEvent(happening=RuleHappening.EXECUTED, **told)))
    (event,) = (await ask(hass, "get_events", type="rule.executed"))["events"]
    assert (event["level"], event["domain"]) == (level, "rule")


async def test_what_has_gone_wrong_is_told_in_words_beside_its_code(hass: HomeAssistant, host: EngineHost) -> None:
    """In the language of the house; what a device has said stays as it is, and what has gone well says nothing."""
    await hass.config.async_update(language="de")
    await hass.async_block_till_done()
    reasons = {
        Outcome.REFUSED: "requirement_missing, locked_out",
        Outcome.WAITING: "actuator_moving",
        Outcome.FAILED: "Relay 3 is stuck",
        Outcome.DONE: "",
    }
    acts = [ActionRecord(action=LogLine(text="x"), outcome=one, reason=said) for one, said in reasons.items()]
    host.rules.history.keep(an_execution("k", *acts))
    (told,) = (await ask(hass, "get_rule_history"))["executions"]
    assert [each["reason"] for each in told["actions_executed"]] == [*reasons.values()]
    texts = ["Voraussetzung fehlt, gesperrt", "bewegt sich noch", "Relay 3 is stuck", None]
    assert [each["text"] for each in told["actions_executed"]] == texts
    assert told["error_message"] == "requirement_missing, locked_out; actuator_moving; Relay 3 is stuck"
    assert told["error_text"] == "; ".join(text for text in texts if text)
    host.rules.history.keep(an_execution("good", acts[-1], at=NOON + timedelta(seconds=1)))
    assert (await ask(hass, "get_rule_history"))["executions"][0]["error_text"] is None


# -- Complaints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("happening", [RuleHappening.DEGRADED, RuleHappening.ESCALATED])
async def test_trouble_is_complained_about_until_it_is_over(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, happening: RuleHappening
) -> None:
    """With the reason in the language of the house."""
    await hass.config.async_update(language="de")
    await hass.async_block_till_done()

    def tell(kind: RuleHappening, **details: str | float | bool) -> ir.IssueEntry | None:
        host.rules.perform(
            TellRule(RuleEvent(happening=kind, rule="water", name="<b>Beet</b>", at=NOON, details=details))
        )
        return ir.async_get(hass).async_get_issue(DOMAIN, f"{setup_entry.entry_id}_rule_water")

    to = {"notify": ""} if happening is RuleHappening.ESCALATED else {}
    issue = tell(happening, why="output_taken", **to)
    assert issue is not None
    assert issue.translation_key == "rule_degraded"
    assert issue.translation_placeholders == {"rule": "b Beet  b", "why": TAKEN}
    assert tell(RuleHappening.RECOVERED, why="output_taken") is None


# -- Diagnostics -----------------------------------------------------------------------------------------------------


async def test_the_diagnostics_tell_where_rules_stand_and_not_what_they_say(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Nobody reads there whom a rule writes to."""
    secret = {"kind": "notify", "text": "The code is 1234", "to": ["notify.eva"]}
    await save(host, a_rule(name="Eva's rule", priority=77, then=[{"kind": "set", "output": PUMP, "level": 1}, secret]))
    host.rules.history.keep(an_execution("k", ActionRecord(action=LogLine(text="x"), reason="Eva is away")))
    record = (await async_get_config_entry_diagnostics(hass, setup_entry))["rules"]
    assert record["states"]["water"] == {
        "revision": 1,
        "enabled": True,
        "priority": 77,
        "asks": [SOIL],
        "outputs": [ChannelId(PUMP)],
        "truth": "unknown",
        "state": "undecided",
        "skipped": "",
        "degraded": "",
        "counts": {"fired": 0, "released": 0, "succeeded": 0, "failed": 0, "skipped": 0},
    }
    assert record["executions"][0]["outcomes"] == ["queued"]
    assert not {"Eva", "1234", "notify.eva"} & set(str(record).replace("'", " ").split())
    assert "Eva" not in str(record)
