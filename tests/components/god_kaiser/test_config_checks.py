"""An import refuses what a single save of the same thing would refuse, looked at as everything would be afterwards."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, ask, refused
from .conftest import BringOnline, a_plan, an_actuator
from .sequences import save, written
from .wire import ESP, FirmwareVoice

PUMP: Final = f"{ESP}/actuator/16"
WHEN: Final = {"kind": "entity", "entity_id": "input_boolean.go"}
BED: Final = written(
    "bed",
    {"kind": "set", "output": "role:bed", "level": 1, "duration": 5},
    roles={"bed": {}},
    variables={"litres": {"low": 1, "high": 5, "default": 2}},
)


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a hub with a pump that runs for ten minutes at most, and a sequence with a role."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump", max_runtime=600)))
    await save(hass, BED)
    return host


def a_rule(**action: Any) -> dict[str, Any]:
    """Return a rule with one action."""
    return {"id": "x", "when": WHEN, "then": [action]}


def a_start(**changes: Any) -> dict[str, Any]:
    """Return a planned start that works."""
    return {"id": "1", "sequence": "bed", "at": 4e9, "roles": {"bed": PUMP}, **changes}


async def told(hass: HomeAssistant, **parts: Any) -> dict[str, str]:
    """Return what an import would be refused for, by the part; the look says it, and laying it down refuses it."""
    document = {"kind": "god_kaiser.configuration", "version": 1, **parts}
    answer = await ask(hass, "import_config", document=document, on_conflict="replace")
    found = {part: each["code"] for part, of in answer["parts"].items() for each in of["refused"]}
    if found:
        assert not answer["is_possible"]
        before = (await ask(hass, "export_config"))["document"]
        key, words = await refused(hass, "import_config", document=document, on_conflict="replace", dry_run=False)
        assert key == "config_refused"
        assert all(each["text"] in words["reasons"] for of in answer["parts"].values() for each in of["refused"])
        assert (await ask(hass, "export_config"))["document"] == before
    return found


NEVER_GRANTED = {"kind": "set", "output": PUMP, "level": 0.5}
TOO_LONG = {"kind": "set", "output": PUMP, "level": 1, "duration": 900}
WITHOUT_ROLE = {"kind": "run", "sequence": "bed"}
WRONG_VALUE = {"kind": "run", "sequence": "bed", "roles": {"bed": PUMP}, "variables": {"litres": 50}}


@pytest.mark.parametrize(
    ("action", "code"),
    [
        (NEVER_GRANTED, "rule_never_granted"),
        (TOO_LONG, "rule_never_granted"),
        (WITHOUT_ROLE, "rule_never_started"),
        (WRONG_VALUE, "rule_never_started"),
        ({"kind": "run", "sequence": "nobody"}, "rule_sequence_not_found"),
        ({"kind": "log", "text": "{{ 1 +"}, "rule_template_broken"),
    ],
)
@pytest.mark.usefixtures("house")
async def test_a_rule_is_judged_as_when_it_is_saved(hass: HomeAssistant, action: dict[str, Any], code: str) -> None:
    """What its output never grants, and what could never start."""
    assert (await refused(hass, "create_rule", definition=a_rule(**action)))[0] == code
    assert await told(hass, rules=[a_rule(**action)]) == {"rules": code}
    assert await told(hass, rules=[a_rule(kind="set", output=PUMP, level=1)]) == {}


@pytest.mark.usefixtures("house")
async def test_a_rule_is_judged_by_what_comes_with_it(hass: HomeAssistant) -> None:
    """An output of the same document counts as it will be, and so does a sequence."""
    document = (await ask(hass, "export_config", parts=["devices"]))["document"]
    device = document["devices"][0]
    device["plan"]["actuators"][0]["max_runtime"] = 1200
    assert await told(hass, rules=[a_rule(**TOO_LONG)], devices=[device]) == {}
    device["plan"]["actuators"][0]["max_runtime"] = 60
    short = {"kind": "set", "output": PUMP, "level": 1, "duration": 300}
    assert await told(hass, rules=[a_rule(**short)]) == {}
    assert await told(hass, rules=[a_rule(**short)], devices=[device]) == {"rules": "rule_never_granted"}
    plain = written("bed", {"kind": "delay", "seconds": 5})
    assert await told(hass, rules=[a_rule(**WITHOUT_ROLE)], sequences=[plain]) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"roles": {}}, "sequence_preflight_failed"),
        ({"roles": {"bed": PUMP, "nobody": PUMP}}, "sequence_unknown_role"),
        ({"variables": {"litres": 50}}, "sequence_wrong_value"),
        ({"variables": {"nobody": 1}}, "sequence_unknown_variable"),
        ({"until_phase": "nobody"}, "sequence_unknown_phase"),
        ({"overrides": {"heartbeat_interval": 0.1}}, "sequence_wrong_value"),
        ({"overrides": {"phase_timeouts": {"nobody": 5}}}, "sequence_unknown_phase"),
        ({"late_by": 1e9}, "config_late_by_out_of_range"),
        ({"late_by": -1}, "config_late_by_out_of_range"),
        *(({"at": at}, "config_moment_too_far") for at in (1e12, 1e300, 253402300799.0)),
    ],
)
@pytest.mark.usefixtures("house")
async def test_a_planned_start_is_judged_as_when_it_is_planned(
    hass: HomeAssistant, changes: dict[str, Any], code: str
) -> None:
    """What could never start is not planned by a document either."""
    assert await told(hass, schedules=[a_start(**changes)]) == {"schedules": code}
    assert await told(hass, schedules=[a_start()]) == {}


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"completion_timeout": 600, "emergency_timeout": 600}, "config_emergency_before_completion"),
        ({"completion_timeout": 3600}, "config_emergency_before_completion"),
        ({"alarm_targets": ["notify.nobody"]}, "config_alarm_target_unknown"),
        ({"alarm_action": "script.nobody"}, "config_alarm_action_unknown"),
    ],
)
@pytest.mark.usefixtures("house")
async def test_options_are_judged_as_in_their_form(hass: HomeAssistant, chosen: dict[str, Any], code: str) -> None:
    """Also what is wrong with several of them together."""
    assert await told(hass, options=chosen) == {"options": code}
    assert await told(hass, options={"completion_timeout": 600, "emergency_timeout": 601}) == {}


class TestOptionsTogether:
    """What holds afterwards is judged, and not the document alone."""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        """Return what somebody has chosen."""
        return {
            "completion_timeout": 2000,
            "emergency_timeout": 3000,
            "alarm_quiet_from": "22:00:00",
            "alarm_quiet_until": "06:00:00",
        }

    @pytest.mark.req("ROB-46")
    @pytest.mark.parametrize(
        ("mode", "chosen", "codes"),
        [
            ("replace", {"completion_timeout": 2000}, ["config_emergency_before_completion"]),
            ("replace", {"emergency_timeout": 3000}, []),
            ("replace", {}, []),
            ("replace", {"alarm_quiet_from": "22:00:00"}, ["quiet_hours_unreadable"]),
            ("merge", {"alarm_quiet_from": ""}, ["quiet_hours_unreadable"]),
            ("merge", {"alarm_quiet_from": "", "alarm_quiet_until": ""}, []),
            ("merge", {"alarm_quiet_from": "06:00:00"}, ["quiet_hours_unreadable"]),
            ("merge", {"alarm_quiet_from": "23:00:00"}, []),
            ("merge", {"keep_days": 0.0}, ["config_option_wrong"]),
        ],
    )
    @pytest.mark.usefixtures("host")
    async def test_what_does_not_fit_to_the_others_is_refused(
        self,
        hass: HomeAssistant,
        setup_entry: MockConfigEntry,
        mode: str,
        chosen: dict[str, Any],
        codes: list[str],
    ) -> None:
        """Also by what goes, and none of it because another one is not named again."""
        before = dict(setup_entry.options)
        wanted = {"document": {"kind": "god_kaiser.configuration", "version": 1, "options": chosen}, "mode": mode}
        answer = await ask(hass, "import_config", **wanted)
        refusals = answer["parts"]["options"]["refused"]
        assert [each["code"] for each in refusals] == codes
        assert all("quiet_hours" not in each["text"] for each in refusals)
        if codes:
            assert (await refused(hass, "import_config", **wanted, dry_run=False))[0] == "config_refused"
            assert setup_entry.options == before
        else:
            assert (await ask(hass, "import_config", **wanted, dry_run=False))["is_done"]


async def test_a_pin_of_what_only_the_device_knows_is_not_given_away(
    hass: HomeAssistant, house: EngineHost, voice: FirmwareVoice
) -> None:
    """As when the output is added by hand."""
    voice.reading("ph", 32)
    await hass.async_block_till_done()
    device = (await ask(hass, "export_config", parts=["devices"]))["document"]["devices"][0]
    lamp = {"gpio": 32, "kind": "relay", "name": "Lamp", "appears_as": "switch"}
    taken = {**device, "plan": {**device["plan"], "actuators": [*device["plan"]["actuators"], lamp]}}
    assert await told(hass, devices=[taken]) == {"devices": "pin_in_use"}
    free = {**device, "plan": {**device["plan"], "actuators": [*device["plan"]["actuators"], {**lamp, "gpio": 18}]}}
    assert await told(hass, devices=[free]) == {}


async def test_limits_of_a_sensor_belong_to_an_approved_device(
    hass: HomeAssistant, house: EngineHost, voice: FirmwareVoice
) -> None:
    """Those of a device that is not approved would be kept nowhere."""
    await act(hass, "remove_device", device_id=house.registry.device_id(DeviceId(ESP)))
    voice.heartbeat()
    voice.reading("ph", 32)
    await hass.async_block_till_done()
    assert await told(hass, alarm_limits=[{"channel": f"{ESP}/sensor/32/ph", "high": 7}]) == {
        "alarm_limits": "partner_unknown"
    }
