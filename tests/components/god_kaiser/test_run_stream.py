"""Following runs and sequences over the websocket, and that docs/WEBSOCKET_API.md says the same."""

from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN, GROUP_ID_READ_ONLY, GROUP_ID_USER
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.run_wishes import sequence_key
from custom_components.god_kaiser.host.schedule_desk import SCHEDULES

from .conftest import DEVICE, BringOnline, PassTime
from .listening import TENT, received
from .sequences import act, save, written
from .websocket_page import rows

ASK = {"kind": "approval", "name": "ask", "text": "Dose now?", "by": ["Eva"], "timeout": 600}
PUMP = f"{DEVICE}/actuator/16"

type Message = dict[str, Any]


@pytest.fixture(name="watched", autouse=True)
async def watched_fixture(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Have two sequences: one waits for a minute, one asks Eva."""
    MockUser(name="Eva").add_to_hass(hass)
    await save(hass, written())
    await save(hass, written("dosing", ASK, {"kind": "delay", "name": "settle", "seconds": 60}))


async def follow(
    connect: WebSocketGenerator, token: str | None = None, **fields: Any
) -> tuple[MockHAClientWebSocket, list[Message]]:
    """Return a client of its own that follows the runs, and the states with which that began."""
    client = await connect() if token is None else await connect(access_token=token)
    await client.send_json_auto_id({"type": "god_kaiser/runs/subscribe", **fields})
    assert (await client.receive_json())["success"]
    return client, await arrived(client)


async def arrived(client: MockHAClientWebSocket) -> list[Message]:
    """Return every message that has arrived until now, by asking for something behind it."""
    await client.send_json_auto_id({"type": "ping"})
    told = [message["event"] for message in (await received(client, "pong"))[:-1]]
    return [event for event in told if event["event_type"] != "keepalive"]


async def changes(hass: HomeAssistant, client: MockHAClientWebSocket, pass_time: PassTime) -> list[Message]:
    """Return what has changed, as soon as it is told."""
    await pass_time(0.25)
    await hass.async_block_till_done()
    return await arrived(client)


async def token_of(hass: HomeAssistant, user: User) -> str:
    """Return with what a person opens a connection."""
    client = None if user.system_generated else "http://127.0.0.1"
    refresh = await hass.auth.async_create_refresh_token(user, client)
    return hass.auth.async_create_access_token(refresh)


async def person(hass: HomeAssistant, name: str, group: str) -> User:
    """Return an account of a group."""
    return await hass.auth.async_create_user(name, group_ids=[group])


@pytest.mark.req("SEQ-78")
async def test_everything_is_told_at_first(hass: HomeAssistant, hass_ws_client: WebSocketGenerator) -> None:
    """Runs that go on and those that have ended, and every sequence with what a start asks for."""
    roles = {"bed": {"description": "Which bed"}}
    await save(hass, written("beds", roles=roles, variables={"ml": {"default": 5, "low": 1}}))
    run = await act(hass, "run_sequence", sequence="watering")
    ended = await act(hass, "run_sequence", sequence="dosing")
    await act(hass, "cancel_sequence", run_id=ended["run_id"], reason="rain")
    _, (state,) = await follow(hass_ws_client)
    assert (state["event_type"], state["data"]["hub"]) == ("runs_state", "god")
    runs = {each["run_id"]: each for each in state["data"]["runs"]}
    assert {key: each["status"] for key, each in runs.items()} == {
        run["run_id"]: "waiting",
        ended["run_id"]: "cancelled",
    }
    assert runs[ended["run_id"]]["reason"] == "rain"
    assert [59 < runs[run["run_id"]]["seconds_left"] <= 60, runs[run["run_id"]]["seconds_after_step"]] == [True, 0]
    beds, _, watering = state["data"]["sequences"]
    assert beds["roles"] == [{"name": "bed", "description": "Which bed", "default": None}]
    assert beds["variables"] == [{"name": "ml", "default": 5, "low": 1.0, "high": None, "description": ""}]
    assert (watering["id"], watering["status"], watering["next_start"]) == ("watering", "waiting", None)


@pytest.mark.req("SEQ-78")
async def test_only_what_has_changed_is_told(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime, host: EngineHost
) -> None:
    """A start and its sequence; the other sequence is not told again, and a quiet house says nothing."""
    client, _ = await follow(hass_ws_client)
    for key in (sequence_key("watering"), SCHEDULES, DEVICE):
        host.watchers.wake(key)
    assert await changes(hass, client, pass_time) == []
    run = await act(hass, "run_sequence", sequence="watering")
    (change,) = await changes(hass, client, pass_time)
    assert change["event_type"] == "runs_changed"
    assert [each["run_id"] for each in change["data"]["runs"]] == [run["run_id"]]
    assert [each["id"] for each in change["data"]["sequences"]] == ["watering"]
    assert await changes(hass, client, pass_time) == []


@pytest.mark.req("SEQ-78")
async def test_the_progress_moves_and_the_end_is_told(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """Without another question of the client."""
    steps = [{"kind": "delay", "name": f"step {number}", "seconds": 10} for number in range(2)]
    await save(hass, written("two", *steps))
    client, _ = await follow(hass_ws_client, entry_id=hass.config_entries.async_entries(DOMAIN)[0].entry_id)
    await act(hass, "run_sequence", sequence="two")
    told = await changes(hass, client, pass_time)
    for _ in range(2):
        await pass_time(10)
        told += await changes(hass, client, pass_time)
    runs = [each for message in told for each in message["data"]["runs"]]
    assert [(each["progress"], each["status"]) for each in runs] == [
        (0, "waiting"),
        (50, "waiting"),
        (100, "completed"),
    ]


async def test_what_happens_at_once_is_told_together_with_its_end(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """The steps between may be missing, the last word never is."""
    client, _ = await follow(hass_ws_client)
    run = await act(hass, "run_sequence", sequence="watering")
    await act(hass, "pause_sequence", run_id=run["run_id"])
    await act(hass, "cancel_sequence", run_id=run["run_id"])
    (change,) = await changes(hass, client, pass_time)
    assert [each["status"] for each in change["data"]["runs"]] == ["cancelled"]


async def test_a_sequence_that_is_planned_or_deleted_is_told(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """With its next start; a deleted one by its id alone."""
    client, _ = await follow(hass_ws_client)
    planned = await act(hass, "schedule_sequence", sequence="watering", delay={"hours": 1})
    (change,) = await changes(hass, client, pass_time)
    assert [(each["id"], each["next_start"]) for each in change["data"]["sequences"]] == [("watering", planned["at"])]
    await act(hass, "delete_sequence", sequence="watering")
    (change,) = await changes(hass, client, pass_time)
    assert (change["data"]["sequences"], change["data"]["sequences_gone"]) == ([], ["watering"])


async def test_a_run_that_is_forgotten_is_told_with_the_next_change(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime, host: EngineHost
) -> None:
    """A client does not keep what the hub does not."""
    run = await act(hass, "run_sequence", sequence="watering")
    await act(hass, "cancel_sequence", run_id=run["run_id"])
    client, _ = await follow(hass_ws_client)
    host.engine.programs.runs.all.clear()
    await save(hass, written("watering", description="anew"))
    (change,) = await changes(hass, client, pass_time)
    assert (change["data"]["runs"], change["data"]["runs_gone"]) == ([], [run["run_id"]])


@pytest.mark.req("EXE-08")
async def test_an_approval_is_told_when_it_is_asked_and_when_it_is_decided(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """With its text, its people, the time that is left and what becomes of it then."""
    eva = next(user for user in await hass.auth.async_get_users() if user.name == "Eva")
    client, _ = await follow(hass_ws_client, await token_of(hass, eva))
    run = await act(hass, "run_sequence", sequence="dosing")
    (change,) = await changes(hass, client, pass_time)
    ((approval,),) = [each["approvals"] for each in change["data"]["runs"]]
    assert {key: approval[key] for key in ("text", "place", "by", "at_deadline", "may_decide")} == {
        "text": "Dose now?",
        "place": "ask",
        "by": ["Eva"],
        "at_deadline": "reject",
        "may_decide": True,
    }
    assert 595 < approval["seconds_left"] <= 600
    await hass.services.async_call(
        DOMAIN,
        "approve_step",
        {"run_id": run["run_id"], "question": approval["question"]},
        blocking=True,
        context=Context(user_id=eva.id),
    )
    (change,) = await changes(hass, client, pass_time)
    assert [(each["approvals"], each["status"]) for each in change["data"]["runs"]] == [([], "waiting")]


async def test_the_time_of_a_question_is_found_wherever_it_stands(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Also side by side with another step, inside of a step that repeats them."""
    wait = {"kind": "delay", "name": "wait", "seconds": 900}
    both = {"kind": "parallel", "branches": [[wait], [{**ASK, "timeout": 700}]]}
    await save(hass, written("nested", {"kind": "repeat", "count": 2, "steps": [both]}))
    await act(hass, "run_sequence", sequence="nested")
    _, (state,) = await follow(hass_ws_client)
    (run,) = state["data"]["runs"]
    assert [690 < approval["seconds_left"] <= 700 for approval in run["approvals"]] == [True]


async def test_the_time_for_a_decision_is_told_anew_when_a_run_is_paused(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """It stands still with the run."""
    run = await act(hass, "run_sequence", sequence="dosing")
    client, _ = await follow(hass_ws_client)
    await pass_time(100)
    await act(hass, "pause_sequence", run_id=run["run_id"])
    (change,) = await changes(hass, client, pass_time)
    (paused,) = change["data"]["runs"]
    assert paused["status"] == "paused"
    assert [495 < approval["seconds_left"] <= 500 for approval in paused["approvals"]] == [True]


@pytest.mark.parametrize(
    ("group", "may_control"), [(GROUP_ID_ADMIN, True), (GROUP_ID_USER, True), (GROUP_ID_READ_ONLY, False)]
)
async def test_everybody_sees_and_only_some_may(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, bring_online: BringOnline, group: str, may_control: bool
) -> None:
    """What is said about rights is what the actions say."""
    await bring_online(TENT)
    await save(hass, written("pumping", {"kind": "set", "output": PUMP, "level": 1, "duration": 30}, ASK))
    run = await act(hass, "run_sequence", sequence="pumping")
    user = await person(hass, "Max", group)
    _, (state,) = await follow(hass_ws_client, await token_of(hass, user))
    (told,) = state["data"]["runs"]
    rights = {each["id"]: each["may_control"] for each in state["data"]["sequences"]}
    assert (told["may_control"], rights["pumping"]) == (may_control, may_control)
    # Who drives nothing needs no right for it.
    assert rights["watering"]
    assert [approval["may_decide"] for approval in told["approvals"]] == [False]
    fields = {"run_id": run["run_id"]}
    context = Context(user_id=user.id)
    if may_control:
        await hass.services.async_call(DOMAIN, "cancel_sequence", fields, blocking=True, context=context)
    else:
        with pytest.raises(ServiceValidationError):
            await hass.services.async_call(DOMAIN, "cancel_sequence", fields, blocking=True, context=context)


async def test_a_question_without_names_is_for_every_person(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator
) -> None:
    """Also for who may only look; but not for an account of Home Assistant's own."""
    await save(hass, written("open", {**ASK, "by": []}))
    await act(hass, "run_sequence", sequence="open")
    guest = await person(hass, "Guest", GROUP_ID_READ_ONLY)
    cast = await hass.auth.async_create_system_user("Cast", group_ids=[GROUP_ID_ADMIN])
    decided = []
    for user in (guest, cast):
        _, (state,) = await follow(hass_ws_client, await token_of(hass, user))
        decided += [each["may_decide"] for run in state["data"]["runs"] for each in run["approvals"]]
    assert decided == [True, False]


async def test_the_subscription_outlives_a_reload(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """The hub is gone for a moment; then everything is told anew, and what changes after that."""
    client, _ = await follow(hass_ws_client)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    gone, state = await arrived(client)
    assert (gone["event_type"], gone["data"]) == ("hub_gone", {"entry_id": setup_entry.entry_id})
    assert state["event_type"] == "runs_state"
    await act(hass, "run_sequence", sequence="watering")
    assert [each["event_type"] for each in await changes(hass, client, pass_time)] == ["runs_changed"]


async def test_every_hub_is_followed_unless_one_is_named(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Also one that comes later; one that is disabled is gone."""
    client, first = await follow(hass_ws_client)
    narrow, _ = await follow(hass_ws_client, entry_id=setup_entry.entry_id)
    entry = MockConfigEntry(domain=DOMAIN, title="Kaiser field", unique_id="field", data={CONF_KAISER_ID: "field"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    told = [*first, *await arrived(client)]
    assert [(each["event_type"], each["data"].get("hub")) for each in told] == [
        ("runs_state", "god"),
        ("runs_state", "field"),
        ("hub_gone", None),
    ]
    assert await arrived(narrow) == []


async def test_nothing_is_watched_when_nobody_listens(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost
) -> None:
    """An ended subscription leaves no watcher and no timer, and says nothing more."""
    before = len(host.watchers._of_everything.all)
    client = await hass_ws_client()
    await client.send_json({"id": 1, "type": "god_kaiser/runs/subscribe"})
    await client.receive_json()
    await act(hass, "run_sequence", sequence="watering")
    assert len(host.watchers._of_everything.all) == before + 1
    await client.send_json({"id": 2, "type": "unsubscribe_events", "subscription": 1})
    await received(client, "result")
    assert len(host.watchers._of_everything.all) == before


@pytest.mark.parametrize(
    ("fields", "code"), [({"entry_id": "nowhere"}, "not_found"), ({"topics": ["*"]}, "invalid_format")]
)
async def test_what_is_not_known_is_refused(
    hass_ws_client: WebSocketGenerator, fields: dict[str, Any], code: str
) -> None:
    """A hub that does not exist, and a field that does not."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/runs/subscribe", **fields})
    answer = await client.receive_json()
    assert (answer["success"], answer["error"]["code"]) == (False, code)


@pytest.mark.req("API-20")
async def test_every_field_has_its_row_on_the_page(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """The tables describe what is really sent."""
    client, told = await follow(hass_ws_client)
    await act(hass, "run_sequence", sequence="watering")
    told += await changes(hass, client, pass_time)
    await hass.config_entries.async_unload(setup_entry.entry_id)
    told += (await arrived(client))[-1:]
    assert {each["event_type"]: each["data"].keys() for each in told} == {
        kind: rows(kind).keys() for kind in ("runs_state", "runs_changed", "hub_gone")
    }
