"""The journal and the trail over the websocket as the panel asks for them: page by page, and for whom."""

from collections.abc import Callable
from contextlib import closing
import sqlite3
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import KINDS, Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import reading

from .calls import ask
from .conftest import DEVICE, PUMP, BringOnline, a_plan, an_actuator, call
from .listening import TENT
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written

OUTPUT = f"{DEVICE}/actuator/16"
CHAIN = ["output.asked", "decision.allowed", "output.confirmed", "output.changed"]

type Asked = Callable[..., Any]


async def choices(connect: WebSocketGenerator, entry_id: str, token: str | None = None) -> dict[str, Any]:
    """Ask what there is to choose from, and return the whole answer."""
    client = await connect() if token is None else await connect(access_token=token)
    await client.send_json_auto_id({"type": "god_kaiser/journal/catalog", "entry_id": entry_id})
    answer: dict[str, Any] = await client.receive_json()
    return answer


@pytest.fixture(name="told")
def told_fixture(hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry) -> Asked:
    """Return a way to ask something of the hub, as an administrator or with a token of somebody else."""

    async def asked(name: str, token: str | None = None, **fields: Any) -> dict[str, Any]:
        client = await hass_ws_client() if token is None else await hass_ws_client(access_token=token)
        named = {"config_entry_id": setup_entry.entry_id, **fields}
        await client.send_json_auto_id({"type": "god_kaiser/ask", "name": name, "fields": named})
        answer: dict[str, Any] = await client.receive_json()
        return answer

    return asked


async def a_run(hass: HomeAssistant) -> str:
    """Let a run write some lines, and return its id."""
    await save(hass, written("watering", *[{"kind": "log", "text": str(number)} for number in range(5)]))
    run: str = (await ask(hass, "run_sequence", sequence="watering", wait=True))["run_id"]
    return run


async def test_pages_of_events_fit_together_as_those_of_the_action(hass: HomeAssistant, told: Asked) -> None:
    """From the latest back to the first, without gap or repeat."""
    run = await a_run(hass)
    whole = [event["event_id"] for event in (await ask(hass, "get_events", run_id=run))["events"]]
    pages: list[str] = []
    page = (await told("get_events", run_id=run, limit=4))["result"]
    while True:
        pages = [*(event["event_id"] for event in page["events"]), *pages]
        if page["cursor"] is None:
            break
        page = (await told("get_events", run_id=run, limit=4, before=page["cursor"]))["result"]
    assert pages == whole
    assert len(whole) > 8


@pytest.mark.parametrize("edge", ["before", "after"])
async def test_what_two_hubs_note_at_the_same_moment_is_on_one_page(
    hass: HomeAssistant, host: EngineHost, freezer: FrozenDateTimeFactory, edge: str
) -> None:
    """Each hub counts for itself, so their events may have the same id."""
    other = MockConfigEntry(domain=DOMAIN, title="Greenhouse", unique_id="house", data={"kaiser_id": "house"})
    other.add_to_hass(hass)
    assert await hass.config_entries.async_setup(other.entry_id)
    hubs: list[EngineHost] = [host, other.runtime_data]
    freezer.tick(1)
    begin = f"{int(dt_util.utcnow().timestamp() * 1000) - 1}-0"
    for number in range(3):
        for hub in hubs:
            hub.journal.note(Noted.BROKER_OFFLINE, {"data": {"reason": str(number)}})
    whole = (await ask(hass, "get_events", after=begin))["events"]
    told: list[dict[str, Any]] = []
    cursor: str | None = begin if edge == "after" else f"{int(dt_util.utcnow().timestamp() * 1000) + 1}-0"
    while len(told) < len(whole) and cursor is not None:
        page = await ask(hass, "get_events", limit=1, **{edge: cursor})
        told, cursor = [*told, *page["events"]], page["cursor"]
    told.sort(key=lambda event: event["event_id"])
    assert [event["event_id"] for event in told] == [event["event_id"] for event in whole]
    assert len(whole) == 2 * len({event["event_id"] for event in whole})


async def test_a_click_its_decision_and_its_answer_are_found_by_one_id(
    hass: HomeAssistant, bring_online: BringOnline, told: Asked
) -> None:
    """And what belongs to another click is not among them."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    await call(hass, "switch", "turn_off", PUMP)
    first, *_ = (await told("get_events", type=["decision.allowed"]))["result"]["events"]
    chain = (await told("get_events", correlation_id=first["correlation_id"]))["result"]["events"]
    assert [event["event_type"] for event in chain] == CHAIN
    assert {(event["subject"], event["data"]["level"]) for event in chain} == {(OUTPUT, 1.0)}


async def test_what_a_person_has_done_is_found_by_name_and_by_account(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser, hass_read_only_access_token: str, told: Asked
) -> None:
    """Whoever may not know names does not find out about them that way."""
    assert hass_admin_user.name is not None
    host.journal.note(Noted.STOP_PRESSED, {"data": {"by": hass_admin_user.name}})
    host.journal.note(Noted.ACTION_DONE, {"actor": {"type": "user", "id": hass_admin_user.id}, "data": {}})
    host.journal.note(Noted.STOP_CLEARED, {"data": {"by": "Somebody"}})
    for person in (hass_admin_user.name, hass_admin_user.id):
        found = (await told("get_events", person=person))["result"]["events"]
        assert [event["event_type"] for event in found] == ["stop.pressed", "action.done"]
    assert (await told("get_events", person="Nobody"))["result"]["events"] == []
    refused = await told("get_events", hass_read_only_access_token, person="Somebody")
    assert refused["error"]["code"] == "unauthorized"


async def test_a_row_that_is_no_json_spoils_no_question(hass: HomeAssistant, host: EngineHost, told: Asked) -> None:
    """Somebody may have put something else there than we do."""
    host.journal.note(Noted.STOP_PRESSED, {"data": {"by": "Eva"}})
    await host.journal.writer.async_flush()

    def spoil() -> None:
        with closing(sqlite3.connect(host.journal.path)) as connection, connection:
            row = (1, "stop.pressed", "", "", 0, "safety", b"{", "")
            connection.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    await hass.async_add_executor_job(spoil)
    found = (await told("get_events", person="Eva"))["result"]["events"]
    assert [event["data"]["by"] for event in found] == ["Eva"]


async def test_there_is_told_what_can_be_chosen(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    hass_admin_user: MockUser,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
    hass_ws_client: WebSocketGenerator,
    setup_entry: MockConfigEntry,
) -> None:
    """Names that people know, also of rules and sequences, and of runs by their sequences; those of people for administrators, those of outputs for whom may see them."""
    await bring_online(TENT)
    run = await a_run(hass)
    named = a_rule("dry", when=when_on("input_boolean.go"), then=[{"kind": "log", "text": "x"}], name="Too dry")
    nameless = {field: told for field, told in named.items() if field != "name"} | {"id": "nameless"}
    for rule in (named, nameless):
        await save_rule(host, rule)
    known = (await choices(hass_ws_client, setup_entry.entry_id))["result"]
    assert known["kinds"] == list(KINDS)
    assert (known["levels"], "safety" in known["domains"]) == (["ok", "warn", "error"], True)
    assert known["devices"] == {DEVICE: "Tent"}
    assert "Pump" in known["channels"][OUTPUT]
    assert known["people"][hass_admin_user.id] == hass_admin_user.name
    assert known["rules"] == {"dry": "Too dry", "nameless": "nameless"}
    assert known["sequences"] == {"watering": "Watering"}
    assert known["runs"] == {run: "Watering"}
    hass_read_only_user.mock_policy({"entities": {"domains": {"sensor": True}}})
    seen = (await choices(hass_ws_client, setup_entry.entry_id, hass_read_only_access_token))["result"]
    assert seen["people"] == {}
    assert OUTPUT not in seen["channels"]
    assert len(seen["channels"]) == len(known["channels"]) - 1


async def test_what_is_found_about_an_output_is_for_whom_may_see_it(
    host: EngineHost,
    bring_online: BringOnline,
    told: Asked,
    hass_read_only_user: MockUser,
    hass_read_only_access_token: str,
) -> None:
    """Also where only its place in the journal says what it is about; what is about no output is for everybody."""
    await bring_online(TENT)
    content = {"data": {"code": "forgotten_output", "severity": "warn", "text": "It runs"}}
    for subject in (OUTPUT, DEVICE):
        host.journal.note(Noted.HEALTH_FOUND, content, subject=subject)
    hass_read_only_user.mock_policy({"entities": {"domains": {"sensor": True}}})
    everything = (await told("get_events", type=["health.found"]))["result"]["events"]
    assert [each["subject"] for each in everything] == [OUTPUT, DEVICE]
    seen = (await told("get_events", hass_read_only_access_token, type=["health.found"]))["result"]["events"]
    assert [each["subject"] for each in seen] == [DEVICE]


@pytest.mark.req("EXE-50")
async def test_the_trail_is_read_from_its_end_page_by_page(hass: HomeAssistant, told: Asked) -> None:
    """The pages together are the whole trail, in its order."""
    await a_run(hass)
    whole = (await ask(hass, "get_audit"))["entries"]
    last = (await told("get_audit", before=1_000_000, limit=2))["result"]
    assert last["entries"] == whole[-2:]
    assert last["cursor"] == whole[-2]["number"]
    rest = (await told("get_audit", before=last["cursor"]))["result"]
    assert [*rest["entries"], *last["entries"]] == whole
    assert rest["cursor"] is None
    assert (await told("verify_audit"))["result"] == await ask(hass, "verify_audit")


@pytest.mark.parametrize("name", ["get_audit", "verify_audit"])
async def test_the_trail_is_for_administrators(told: Asked, hass_read_only_access_token: str, name: str) -> None:
    """As with the actions."""
    assert (await told(name, hass_read_only_access_token))["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("name", ["get_events", "get_audit", "verify_audit"])
async def test_a_hub_that_is_not_loaded_is_told_in_words(told: Asked, name: str) -> None:
    """Instead of an answer with nothing in it."""
    answer = await told(name, config_entry_id="nothing")
    assert answer["error"]["translation_key"] == "service_config_entry_not_found"


@pytest.mark.usefixtures("setup_entry")
async def test_a_hub_that_is_not_loaded_has_nothing_to_choose_from(hass_ws_client: WebSocketGenerator) -> None:
    """That is told in words as well."""
    assert (await choices(hass_ws_client, "nothing"))["error"]["translation_key"] == "hub_not_found"


async def test_what_cannot_be_answered_is_told_in_words(told: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that does not exist, and a disk that does not answer."""
    assert (await told("get_events", type="run.begun"))["error"]["translation_key"] == "unknown_event_type"

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(reading, "events", fail)
    assert (await told("get_events"))["error"]["translation_key"] == "journal_not_readable"
