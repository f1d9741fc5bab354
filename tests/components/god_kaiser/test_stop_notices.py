"""How people learn of a stop: the log, the bus, the logbook and the repairs."""

from collections.abc import Callable
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.god_kaiser.const import DOMAIN, EVENT_SYSTEM
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.logbook import sentence

from .calls import act_as
from .conftest import DEVICE, BringOnline, PassTime, a_plan, an_actuator, turn_the_loop
from .stopping import Brake, release, stop
from .wire import ESP, FirmwareVoice, ObedientDevice

OTHER = DeviceId("ESP_OTHER")

type Issues = Callable[[], dict[str, ir.IssueEntry]]


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a pump online."""
    return await bring_online(a_plan(an_actuator("pump", 16, "Pump")))


@pytest.fixture(name="brake", autouse=True)
def brake_fixture(device: ObedientDevice, voice: FirmwareVoice, mqtt_mock: MagicMock) -> Brake:
    """Have the device take emergency orders."""
    return Brake(voice, mqtt_mock, device.kinds)


@pytest.fixture(name="issues")
def issues_fixture(issue_registry: ir.IssueRegistry) -> Issues:
    """Return our repair issues, by their texts."""

    def look() -> dict[str, ir.IssueEntry]:
        ours = [issue for issue in issue_registry.issues.values() if issue.domain == DOMAIN and issue.active]
        return {issue.translation_key or "": issue for issue in ours}

    return look


def alarms(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the critical lines of the log."""
    records = caplog.get_records("setup") + caplog.get_records("call")
    return [record.getMessage() for record in records if record.levelname == "CRITICAL"]


@pytest.mark.req("SAF-17")
async def test_a_stop_is_one_critical_line_with_who_and_why(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture, hass_admin_user: MockUser
) -> None:
    """And one event, which the logbook tells in a sentence."""
    told = async_capture_events(hass, EVENT_SYSTEM)
    await act_as(hass, hass_admin_user, "emergency_stop", reason="smoke")
    await hass.async_block_till_done()
    (pressed,) = [event for event in told if event.data["type"] == "emergency_stop"]
    line = f"Emergency stop by {hass_admin_user.name} for all of god: smoke [{pressed.context.id}]"
    assert alarms(caplog) == [line]
    assert [sentence(hass, pressed.data)] == [
        f"emergency stop (software) pressed by {hass_admin_user.name} for all: smoke"
    ]


@pytest.mark.req("SAF-16", "INV-5")
async def test_a_repair_issue_stays_as_long_as_everything_is_stopped(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, issues: Issues
) -> None:
    """Also after a restart of Home Assistant, and it names who, why and since when."""
    stop(host, by="Eva", reason="smoke")
    await hass.async_block_till_done()
    issue = issues()["emergency_stop_active"]
    assert (issue.severity, issue.is_fixable) == (ir.IssueSeverity.CRITICAL, False)
    placeholders = issue.translation_placeholders or {}
    assert (placeholders["by"], placeholders["reason"]) == ("Eva", "smoke")
    assert placeholders["since"].startswith("20")
    await hass.config_entries.async_unload(setup_entry.entry_id)
    ir.async_delete_issue(hass, DOMAIN, issue.issue_id)
    await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    again = issues()["emergency_stop_active"].translation_placeholders
    assert again == placeholders
    assert setup_entry.runtime_data.engine.latch.memory.everything


@pytest.mark.parametrize(("devices", "issue"), [((), "emergency_stop_active"), ((DEVICE,), "emergency_stop_devices")])
async def test_the_repair_issue_names_the_last_press(
    hass: HomeAssistant, host: EngineHost, issues: Issues, devices: tuple[DeviceId, ...], issue: str
) -> None:
    """Its reason may be the more serious one."""
    stop(host, *devices, by="Eva", user="u1", reason="smoke")
    stop(host, *devices, by="Bert", user="u2", reason="fire")
    await hass.async_block_till_done()
    placeholders = issues()[issue].translation_placeholders or {}
    assert (placeholders["by"], placeholders["reason"]) == ("Bert", "fire")


async def test_the_issue_is_withdrawn_when_nothing_is_stopped_any_more(
    hass: HomeAssistant, host: EngineHost, issues: Issues, pass_time: PassTime
) -> None:
    """While devices still confirm, it names those that have not."""
    await host.async_change_plan(a_plan(device=OTHER, name="Other"))
    stop(host)
    await turn_the_loop()
    await pass_time(6)
    release(host)
    await hass.async_block_till_done()
    assert "emergency_stop_active" not in issues()
    assert (issues()["emergency_stop_devices"].translation_placeholders or {})["devices"] == "Other"
    await host.async_forget_device(OTHER)
    assert issues() == {}


async def test_what_people_wrote_becomes_neither_link_nor_picture(
    hass: HomeAssistant, host: EngineHost, issues: Issues
) -> None:
    """Repairs are shown as Markdown, and anybody may press a stop."""
    stop(host, DEVICE, by="[Eva](x)", reason="![](http://x.example/y) <b>_see_ www.example.org. Now!")
    await hass.async_block_till_done()
    placeholders = issues()["emergency_stop_devices"].translation_placeholders or {}
    assert placeholders["by"] == "Eva (x)"
    assert not set(placeholders["reason"]) & set("[]<>_*/`")
    assert "www.example" not in placeholders["reason"]
    assert placeholders["reason"].endswith("Now!")


async def test_many_devices_are_not_all_listed(hass: HomeAssistant, host: EngineHost, issues: Issues) -> None:
    """Ten names and a sign that there are more."""
    many = [DeviceId(f"ESP_{number:02}") for number in range(12)]
    for key in many:
        await host.async_change_plan(a_plan(device=key, name=f"Bed {key[-2:]}"))
    stop(host, *many)
    await hass.async_block_till_done()
    listed = (issues()["emergency_stop_devices"].translation_placeholders or {})["devices"]
    assert (listed.count("Bed"), listed.endswith("Bed 09 …")) == (10, True)


@pytest.fixture(name="disobeyed")
async def disobeyed_fixture(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, brake: Brake, pass_time: PassTime
) -> None:
    """Stop a device that confirms and goes on running."""
    brake.rests = device.reports = False
    stop(host)
    await turn_the_loop()
    await pass_time(3.1)
    brake.report(running=True)
    await turn_the_loop()


@pytest.mark.req("INV-14", "SAF-17")
@pytest.mark.usefixtures("disobeyed")
async def test_a_stop_that_is_not_effective_is_the_loudest_alarm(
    hass: HomeAssistant, host: EngineHost, brake: Brake, issues: Issues, caplog: pytest.LogCaptureFixture
) -> None:
    """A critical line and an issue of its own, until the device reports that it rests."""
    assert alarms(caplog)[1:] == ["The emergency stop of Tent is not effective: Pump (Tent)"]
    issue = issues()["stop_not_effective"]
    assert (issue.severity, issue.is_fixable, issue.is_persistent) == (ir.IssueSeverity.CRITICAL, False, True)
    assert issue.translation_placeholders == {"device": "Tent", "outputs": "Pump (Tent)"}
    brake.report(running=False)
    await hass.async_block_till_done()
    assert set(issues()) == {"emergency_stop_active"}


@pytest.mark.req("INV-14")
@pytest.mark.usefixtures("disobeyed")
async def test_that_alarm_survives_a_restart_until_the_device_rests(
    hass: HomeAssistant, setup_entry: MockConfigEntry, brake: Brake, voice: FirmwareVoice, issues: Issues
) -> None:
    """Nobody has looked at the device meanwhile."""
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert "stop_not_effective" in issues()
    brake.rests = True
    voice.heartbeat()
    await hass.async_block_till_done()
    assert "stop_not_effective" not in issues()


@pytest.mark.usefixtures("disobeyed")
async def test_that_alarm_goes_with_the_release_or_the_device(
    hass: HomeAssistant, host: EngineHost, issues: Issues
) -> None:
    """A device that was removed can neither rest nor disobey."""
    await host.async_forget_device(DEVICE)
    assert "stop_not_effective" not in issues()


@pytest.mark.req("SAF-17")
async def test_a_release_is_logged_with_who_and_why(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """And so is an attempt that was refused."""
    stop(host)
    await turn_the_loop()
    await pass_time(6)
    refused = host.stops.releasing(None, by="Bert", user="bert", is_admin=False, reason="impatience")
    host.stops.release(refused)
    release(host, by="Eva", reason="false alarm")
    await hass.async_block_till_done()
    lines = [record.getMessage() for record in caplog.records if record.levelname in ("INFO", "WARNING")]
    assert "Bert may not clear the emergency stop of god: release_not_yours" in lines
    assert "The emergency stop of Tent was cleared by Eva: false alarm" in lines
    assert ESP not in "".join(alarms(caplog))
