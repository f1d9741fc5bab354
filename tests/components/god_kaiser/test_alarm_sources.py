"""What else of a hub becomes an alarm: findings, rules, configurations, interlocks and runs that wait."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.core.effects import Occasion, Tell
from custom_components.god_kaiser.core.health.finding import Finding, HealthCode
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, ask
from .conftest import DEVICE, BringOnline, PassTime
from .listening import TENT

PUMP_CHANNEL = ChannelId(f"{DEVICE}/actuator/16")


async def listed(hass: HomeAssistant) -> dict[str, str]:
    """Return the state of each alarm."""
    return {alarm["alarm"]: alarm["state"] for alarm in (await ask(hass, "get_alarms"))["alarms"]}


def tell(host: EngineHost, occasion: Occasion, device: DeviceId | None = DEVICE, **details: str | float) -> None:
    """Tell people about an occasion, as the engine does."""
    host.watchers.tell(Tell(occasion=occasion, device=device, details={**details}))


@pytest.fixture(name="online")
async def online_fixture(bring_online: BringOnline) -> None:
    """Have one device with a pump and a sensor."""
    await bring_online(TENT)


@pytest.mark.usefixtures("online")
async def test_a_configuration_that_is_refused_may_cost_what_was_promised(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """Until the device has taken it."""
    tell(host, Occasion.CONFIGURATION_FAILED, error="no room")
    assert await listed(hass) == {"guarantee_lost": "unacknowledged"}
    tell(host, Occasion.CONFIGURED)
    assert await listed(hass) == {"guarantee_lost": "returned"}


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize(
    ("reasons", "is_alarm"),
    [
        ("run_too_long", True),
        ("sensor_unknown, outside_time_window", True),
        ("outside_time_window", False),
        ("emergency_stop_active, locked_out", False),
        ("orphan", False),
    ],
)
async def test_an_interlock_that_ends_a_run_is_an_alarm_unless_that_was_meant(
    hass: HomeAssistant, host: EngineHost, reasons: str, is_alarm: bool
) -> None:
    """It is over at once, and held until a person has looked."""
    tell(host, Occasion.FORCED_TO_REST, channel=PUMP_CHANNEL, reasons=reasons)
    found = (await ask(hass, "get_alarms"))["alarms"]
    assert [each["alarm"] for each in found] == (["interlock_tripped"] if is_alarm else [])
    if is_alarm:
        assert (found[0]["state"], found[0]["subject"]) == ("latched_unacknowledged", PUMP_CHANNEL)
        assert "Pump" in found[0]["text"]


async def test_occasions_that_need_nobody_are_no_alarms(hass: HomeAssistant, host: EngineHost) -> None:
    """What goes well, what has no device, and a rule that went on by itself."""
    tell(host, Occasion.DEVICE_ONLINE)
    tell(host, Occasion.CONFIGURATION_FAILED, None)
    tell(host, Occasion.STOP_NOT_EFFECTIVE, None)
    tell(host, Occasion.ALERT, alert="offline_rule_ran", message="Water")
    assert await listed(hass) == {}


async def test_rules_in_trouble_are_alarms_until_they_recover_or_are_gone(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """One that is critical is more urgent."""

    def put(happening: RuleHappening, rule: str, **details: Any) -> None:
        about = {"execution_id": None, "rule_id": rule, "rule_name": rule.title(), "correlation_id": rule}
        content = {**about, "data": details}
        host.rules.events.put(happening.value, happening.value, content, None, subject=rule)

    put(RuleHappening.ESCALATED, "frost", why="target_offline", notify="")
    put(RuleHappening.DEGRADED, "water", why="unknown")
    found = (await ask(hass, "get_alarms"))["alarms"]
    assert [(each["alarm"], each["priority"]) for each in found] == [
        ("rule_critical", "medium"),
        ("rule_degraded", "low"),
    ]
    assert "the device of its output is offline" in found[0]["text"]
    put(RuleHappening.RECOVERED, "frost", why="target_offline")
    put(RuleHappening.FIRED, "frost")
    assert await listed(hass) == {"rule_degraded": "unacknowledged", "rule_critical": "returned"}
    # There is no such rule here.
    await pass_time(16)
    assert await listed(hass) == {"rule_degraded": "returned", "rule_critical": "returned"}


async def test_a_run_that_asks_after_a_restart_waits_for_a_person(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """One that asks nobody does not; and one that nobody knows any more waits for nobody."""

    def put(happening: Happening, run: str, **details: Any) -> None:
        content = {
            "execution_id": run,
            "sequence_id": "watering",
            "sequence_name": "Watering",
            "status": "interrupted",
            "progress": 50,
            "current_step": None,
            "correlation_id": run,
            "actor": None,
            "data": details,
        }
        host.sequences.events.put(happening.value, happening.value, content, None, subject="watering")

    put(Happening.RUN_INTERRUPTED, "one", asks=True)
    put(Happening.RUN_INTERRUPTED, "two", asks=False)
    ended = {"duration_seconds": 9.0, "code": None, "partial": False, "forced": False, "ended_by": None}
    put(Happening.RUN_TIMED_OUT, "three", reason="phase_timeout", **ended)
    found = (await ask(hass, "get_alarms"))["alarms"]
    assert {(each["alarm"], each["subject"]) for each in found} == {("run_waiting", "one"), ("run_failed", "watering")}
    assert any("phase timeout" in each["text"] for each in found)
    await pass_time(16)
    assert (await listed(hass))["run_waiting"] == "returned"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "has failed: what it needs is missing, unconfirmed."),
        ("de", "fehlgeschlagen: Voraussetzung fehlt, unbestätigt."),
    ],
)
async def test_a_run_that_has_failed_says_why_in_words(
    hass: HomeAssistant, host: EngineHost, language: str, words: str
) -> None:
    """In the language of the house, not in codes."""
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()
    failed = {"duration_seconds": 9.0, "code": 1, "partial": False, "forced": False, "ended_by": None}
    content = {
        "execution_id": "one",
        "sequence_id": "watering",
        "sequence_name": "Watering",
        "status": "failed",
        "progress": 50,
        "current_step": None,
        "correlation_id": "one",
        "actor": None,
        "data": {"reason": "requirement_missing, unconfirmed", **failed},
    }
    kind = Happening.RUN_FAILED.value
    host.sequences.events.put(kind, kind, content, None, subject="watering")
    (alarm,) = (await ask(hass, "get_alarms"))["alarms"]
    assert alarm["text"].endswith(words)


async def test_findings_that_are_errors_are_alarms_until_a_look_at_everything_finds_them_no_more(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that have alarms of their own are left to them, and warnings to the health."""
    found = [
        Finding(code=HealthCode.ORPHANED, subject=PUMP_CHANNEL, details={"channel": PUMP_CHANNEL}),
        Finding(code=HealthCode.LINK_FLAPPING, subject=DEVICE, details={"esp_id": DEVICE, "count": 5}),
        Finding(code=HealthCode.STORE_SET_ASIDE, subject="rules", details={"file": "rules"}),
        Finding(code=HealthCode.CHECK_FAILED, details={"check": "links"}),
        Finding(code=HealthCode.BROKER_AWAY),
        Finding(code=HealthCode.JOURNAL_FAILING, details={"waiting": 5}),
        Finding(code=HealthCode.LOOP_SLOW, details={"milliseconds": 900}),
    ]

    async def look() -> list[Finding]:
        return found

    monkeypatch.setattr(type(host.health.facts), "checks", property(lambda _: {"links": look}))
    monkeypatch.setattr("custom_components.god_kaiser.host.alarm_watch.AlarmWatch._is_gone", lambda *_: False)
    await ask(hass, "health_check")
    alarms = (await ask(hass, "get_alarms"))["alarms"]
    kinds = sorted((each["alarm"], each["subject"]) for each in alarms)
    assert [kind for kind, _ in kinds] == ["device_flapping", "health_finding", "health_finding"]
    assert ("health_finding", "check_failed") in kinds
    await act(hass, "acknowledge_alarm", all=True)
    found.clear()
    await ask(hass, "health_check")
    assert await listed(hass) == {}


async def test_what_stands_at_the_start_is_an_alarm_and_only_a_whole_look_ends_it(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """At the start only files are looked at: that says nothing about the rest."""
    host.health.findings = (Finding(code=HealthCode.CHECK_FAILED, details={"check": "links"}),)
    host._alarm_watch._follow_findings(is_whole=False)
    assert await listed(hass) == {"health_finding": "unacknowledged"}
    host.health.findings = ()
    host._alarm_watch._follow_findings(is_whole=False)
    assert await listed(hass) == {"health_finding": "unacknowledged"}
    host._alarm_watch._follow_findings(is_whole=True)
    assert await listed(hass) == {"health_finding": "returned"}


@pytest.mark.usefixtures("online")
async def test_a_device_that_is_removed_takes_its_alarms_along(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """Nobody can look after what is not there."""
    tell(host, Occasion.CONFIGURATION_FAILED, error="no room")
    await host.async_forget_device(DEVICE)
    await pass_time(16)
    assert await listed(hass) == {"guarantee_lost": "returned"}
