"""Sequences on disk: what was saved comes back, with what it was before, whatever happens to the disk."""

import asyncio
from copy import deepcopy
from math import inf
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
from homeassistant.util.file import WriteError
from msgspec import json
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.sequences.codes import SequenceCode as Code
from custom_components.god_kaiser.core.sequences.errors import SequenceError
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence, Variable
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.revisions import difference
from custom_components.god_kaiser.host.revision_store import KEPT_DELETED, KEPT_REVISIONS
from custom_components.god_kaiser.host.sequence_store import SequenceStore
from tests.core.sequences.programs import IRRIGATION, LIMITS, delay, program

KEY = f"{DOMAIN}.entry.sequences"
IRRIGATING = read(IRRIGATION, LIMITS)


def waiting(seconds: float, name: str = "watering", *others: str) -> Sequence:
    """Return a sequence that waits, and runs others."""
    return program(delay(seconds), *({"kind": "run", "sequence": other} for other in others), id=name)


def kept(sequence: Sequence, number: int = 1) -> dict[str, Any]:
    """Return a revision as it is on disk."""
    return {
        "number": number,
        "at": "2026-01-01T00:00:00+00:00",
        "by": "anna",
        "definition": json.encode(sequence).decode(),
    }


def on_disk(hass_storage: dict[str, Any]) -> dict[str, Any]:
    """Return what a restart would find."""
    content: dict[str, Any] = deepcopy(hass_storage[KEY]["data"])
    return content


def lay_down(hass_storage: dict[str, Any], **sequences: object) -> None:
    """Put something on the disk before anybody reads it."""
    hass_storage[KEY] = {"version": 1, "key": KEY, "data": {"sequences": sequences, "deleted": {}}}


def numbers(store: SequenceStore, wanted: str = "watering") -> list[int]:
    """Return the numbers of the revisions that are kept."""
    return [revision.number for revision in store.revisions(wanted)]


async def opened(hass: HomeAssistant, limits: SequenceLimits = LIMITS) -> SequenceStore:
    """Return a store that has read the disk, as after a restart."""
    store = SequenceStore(hass, "entry", limits)
    await store.async_load()
    return store


@pytest.fixture
async def store(hass: HomeAssistant, hass_storage: dict[str, Any]) -> SequenceStore:
    """Return the store of a hub that knows no sequence."""
    return await opened(hass)


@pytest.mark.req("SEQ-15", "SEQ-73")
async def test_the_irrigation_of_the_documents_survives_a_restart(
    hass: HomeAssistant, store: SequenceStore, hass_storage: dict[str, Any], freezer: FrozenDateTimeFactory
) -> None:
    """As it was understood, with who has saved it and when."""
    freezer.move_to("2026-05-01T10:00:00Z")
    saved = await store.async_put(IRRIGATING, "anna")
    assert (saved.id, saved.revision) == ("irrigation-main-zone", 1)
    again = await opened(hass)
    assert again.library.sequences == store.library.sequences == {"irrigation-main-zone": saved}
    (revision,) = again.revisions("irrigation-main-zone")
    assert (revision.number, revision.at, revision.by, revision.definition) == (
        1,
        "2026-05-01T10:00:00+00:00",
        "anna",
        saved,
    )
    definition = json.encode(IRRIGATING).decode()
    assert on_disk(hass_storage)["sequences"] == {
        "irrigation-main-zone": [
            {"number": 1, "at": "2026-05-01T10:00:00+00:00", "by": "anna", "definition": definition}
        ]
    }
    assert (hass_storage[KEY]["version"], again.degraded) == (1, {})


async def test_every_save_makes_a_revision(hass: HomeAssistant, store: SequenceStore) -> None:
    """What was before can be looked at and compared."""
    await store.async_put(waiting(1), "anna")
    second = await store.async_put(waiting(2), "bert")
    assert store.library.get("watering") == second
    old, new = (await opened(hass)).revisions("watering")
    assert (old.number, old.by, new.number, new.by) == (1, "anna", 2, "bert")
    (change,) = difference(old.definition, new.definition)
    assert (change.path, change.before, change.after) == ("phases / 1 / steps / 1 / seconds", 1, 2)


async def test_saving_what_has_not_changed_changes_nothing(store: SequenceStore, hass_storage: dict[str, Any]) -> None:
    """No revision, nothing written, whatever number it says it has."""
    saved = await store.async_put(waiting(1), "anna")
    hass_storage.clear()
    assert await store.async_put(program(delay(1), revision=7), "bert") is saved
    assert (numbers(store), hass_storage) == ([1], {})


async def test_what_only_looks_like_before_is_saved(store: SequenceStore) -> None:
    """True is not 1."""
    for number, value in enumerate((True, 1, 1.0), 1):
        step = {"kind": "call", "action": "script.x", "fields": {"x": value}}
        assert (await store.async_put(program(step), "anna")).revision == number


async def test_what_was_before_can_be_restored(hass: HomeAssistant, store: SequenceStore) -> None:
    """As a revision of its own, by whom it was restored."""
    for seconds in (1, 2):
        await store.async_put(waiting(seconds), "anna")
    restored = await store.async_restore("watering", 1, "bert")
    assert restored.revision == 3
    latest = (await opened(hass)).revisions("watering")[-1]
    assert (latest.number, latest.by, latest.definition) == (3, "bert", restored)
    assert difference(restored, waiting(1)) == ()


@pytest.mark.parametrize(("wanted", "revision"), [("watering", 2), ("nothing", 1)])
async def test_what_never_was_cannot_be_restored(store: SequenceStore, wanted: str, revision: int) -> None:
    """Its name and number are told."""
    await store.async_put(waiting(1), "anna")
    with pytest.raises(SequenceError) as caught:
        await store.async_restore(wanted, revision, "bert")
    assert (caught.value.code, caught.value.details["given"]) == (Code.NOT_FOUND, f"{wanted} ({revision})")


async def test_the_last_revisions_are_kept_and_go_on_counting(hass: HomeAssistant, store: SequenceStore) -> None:
    """A run that has pinned one never gets another."""
    for seconds in range(KEPT_REVISIONS + 2):
        await store.async_put(waiting(seconds), "anna")
    again = await opened(hass)
    assert numbers(again) == list(range(3, KEPT_REVISIONS + 3))
    assert (await again.async_put(waiting(99), "anna")).revision == KEPT_REVISIONS + 3


async def test_a_deleted_sequence_can_be_restored(hass: HomeAssistant, store: SequenceStore) -> None:
    """With all its revisions, and it goes on counting."""
    for seconds in (1, 2):
        await store.async_put(waiting(seconds), "anna")
    await store.async_drop("watering")
    again = await opened(hass)
    assert (again.library.sequences, again.deleted, numbers(again)) == ({}, ("watering",), [1, 2])
    assert (await again.async_restore("watering", 2, "bert")).revision == 3
    again = await opened(hass)
    assert (set(again.library.sequences), again.deleted, numbers(again)) == ({"watering"}, (), [1, 2, 3])


async def test_a_sequence_that_takes_the_place_of_a_deleted_one_goes_on_counting(store: SequenceStore) -> None:
    """Also when it is written as the deleted one was."""
    await store.async_put(waiting(1), "anna")
    await store.async_drop("watering")
    assert (await store.async_put(waiting(1), "bert")).revision == 2


async def test_the_last_deleted_sequences_are_kept(hass: HomeAssistant, store: SequenceStore) -> None:
    """The one that was deleted first goes first, also when it was deleted twice."""
    for number in range(KEPT_DELETED + 1):
        await store.async_put(waiting(1, f"s{number}"), "anna")
        await store.async_drop(f"s{number}")
    assert store.deleted == tuple(f"s{number}" for number in range(1, KEPT_DELETED + 1))
    await store.async_put(waiting(2, "s1"), "anna")
    await store.async_drop("s1")
    assert (await opened(hass)).deleted == (*(f"s{number}" for number in range(2, KEPT_DELETED + 1)), "s1")
    assert store.revisions("s0") == ()


async def test_what_the_library_refuses_is_not_saved(store: SequenceStore, hass_storage: dict[str, Any]) -> None:
    """Neither a reference to nowhere, nor deleting what others run or what does not exist."""
    await store.async_put(waiting(1, "flush"), "anna")
    await store.async_put(waiting(1, "watering", "flush"), "anna")
    before = on_disk(hass_storage)
    for refused in (
        store.async_put(waiting(1, "other", "nowhere"), "anna"),
        store.async_drop("flush"),
        store.async_drop("nowhere"),
    ):
        with pytest.raises(SequenceError):
            await refused
    assert on_disk(hass_storage) == before
    assert set(store.library.sequences) == {"flush", "watering"}


async def test_two_people_who_save_at_once_make_two_revisions(hass: HomeAssistant, store: SequenceStore) -> None:
    """Neither is told that nothing was saved, and neither is lost."""
    saved = await asyncio.gather(store.async_put(waiting(1), "anna"), store.async_put(waiting(2), "bert"))
    assert [sequence.revision for sequence in saved] == numbers(await opened(hass)) == [1, 2]


async def test_what_is_saved_is_what_the_disk_can_hold(hass: HomeAssistant, store: SequenceStore) -> None:
    """JSON knows no infinity."""
    saved = await store.async_put(program(delay(), variables={"x": Variable(low=-inf)}), "anna")
    assert saved.variables == {"x": Variable()}
    assert (await opened(hass)).library.sequences == {"watering": saved}


# -- Limits ----------------------------------------------------------------------------------------------------------


async def test_an_option_that_was_lowered_takes_no_sequence_away(hass: HomeAssistant, store: SequenceStore) -> None:
    """It holds for what is saved from now on."""
    saved = await store.async_put(program(*(delay() for _ in range(3)), max_duration=3000), "anna")
    strict = await opened(hass, SequenceLimits(steps=2, seconds=100))
    assert (strict.library.sequences, strict.degraded) == ({"watering": saved}, {})
    for given, code in (
        (program(*(delay() for _ in range(3)), max_duration=50), Code.TOO_MANY_STEPS),
        (waiting(1), Code.DURATION_EXCEEDED),
    ):
        with pytest.raises(SequenceError) as caught:
            await strict.async_put(given, "anna")
        assert caught.value.code is code
    assert numbers(strict) == [1]


# -- Records that cannot be used -------------------------------------------------------------------------------------

UNKNOWN_KIND = (
    '5603, phases / 1 / steps / 1, "x", '
    "set, delay, wait_until, until, branch, repeat, parallel, run, notify, call, approval, log"
)
UNKNOWN_STEP = {**kept(waiting(1)), "definition": '{"id":"broken","phases":[{"name":"act","steps":[{"kind":"x"}]}]}'}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("?", "Expected `array`, got `str`"),
        (None, "Expected `array`, got `null`"),
        ([], "Expected `array` of length >= 1"),
        ([{"number": 1}], "Object missing required field `at` - at `$[0]`"),
        ([{**kept(waiting(1)), "definition": 5}], "Expected `str`, got `int` - at `$[0].definition`"),
        ([{**kept(waiting(1)), "definition": "{"}], "5600, -, Input data was truncated"),
        ([{**kept(waiting(1)), "definition": "[]"}], "5600, -, []"),
        ([UNKNOWN_STEP], UNKNOWN_KIND),
        ([kept(waiting(1, "other"))], "id: other"),
    ],
)
async def test_a_record_that_cannot_be_used_is_set_aside_and_stays(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture, raw: object, reason: str
) -> None:
    """It is told with its reason, written back as it is, and takes nothing else with it."""
    lay_down(hass_storage, broken=raw, watering=[kept(waiting(1))])
    store = await opened(hass)
    assert f"The stored sequence broken cannot be used and is set aside: {reason}" in caplog.text
    assert (set(store.library.sequences), store.degraded) == ({"watering"}, {"broken": reason})
    await store.async_put(waiting(2), "anna")
    assert on_disk(hass_storage)["sequences"]["broken"] == raw
    assert (await opened(hass)).degraded == {"broken": reason}


@pytest.mark.parametrize(
    ("raw", "number"), [("?", 1), ([kept(waiting(1, "broken")), {**UNKNOWN_STEP, "number": 2}], 3)]
)
async def test_a_save_takes_the_place_of_what_could_not_be_used(
    hass: HomeAssistant, hass_storage: dict[str, Any], raw: object, number: int
) -> None:
    """It goes on counting where there is something to count; what could be read before still can."""
    lay_down(hass_storage, broken=raw)
    store = await opened(hass)
    saved = await store.async_put(waiting(5, "broken"), "anna")
    assert (saved.revision, store.degraded) == (number, {})
    again = await opened(hass)
    assert (again.library.sequences, again.degraded) == ({"broken": saved}, {})
    assert numbers(again, "broken") == ([1, 3] if number == 3 else [1])


async def test_what_cannot_be_used_can_be_deleted_unless_others_run_it(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """Deleted, it is kept as it is."""
    lay_down(hass_storage, broken="?", lost="?", watering=[kept(waiting(1, "watering", "broken"))])
    store = await opened(hass)
    with pytest.raises(SequenceError) as caught:
        await store.async_drop("broken")
    assert caught.value.details["given"] == "watering"
    await store.async_drop("lost")
    assert (set(store.degraded), store.deleted) == ({"broken"}, ("lost",))
    assert on_disk(hass_storage)["deleted"] == {"lost": "?"}


# -- The disk --------------------------------------------------------------------------------------------------------


async def test_what_is_not_on_disk_is_not_saved(
    hass: HomeAssistant, store: SequenceStore, hass_storage: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant only logs that the disk is full; nothing counts that a restart would forget."""
    saved = await store.async_put(waiting(1), "anna")
    before = on_disk(hass_storage)

    async def full(_store: Store[Any], _content: dict[str, Any]) -> None:
        raise WriteError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "_async_write_data", full)
        for refused in (
            store.async_put(waiting(2), "anna"),
            store.async_put(waiting(2, "other"), "anna"),
            store.async_drop("watering"),
        ):
            with pytest.raises(HomeAssistantError) as caught:
                await refused
            assert caught.value.translation_key == "not_saved"
    assert (store.library.sequences, store.deleted, numbers(store)) == ({"watering": saved}, (), [1])
    assert on_disk(hass_storage) == before
    assert (await store.async_put(waiting(2), "anna")).revision == 2
    assert numbers(await opened(hass)) == [1, 2]


async def test_removing_leaves_no_file(store: SequenceStore, hass_storage: dict[str, Any]) -> None:
    """And the file is of sequences alone."""
    await store.async_put(waiting(1), "anna")
    assert list(hass_storage) == [KEY]
    await store.async_remove()
    assert hass_storage == {}


async def test_a_template_that_was_kept_broken_can_be_mended_and_is_not_restored(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    """What is on the disk is never lost for that; only what is saved is judged."""
    broken = program({"kind": "log", "text": "{{ 1 +"}, id="watering")
    lay_down(hass_storage, watering=[kept(broken)])
    store = SequenceStore(hass, "entry", LIMITS)
    await store.async_load()
    assert list(store.library.sequences) == ["watering"]
    assert (await store.async_put(waiting(1), "anna")).revision == 2
    with pytest.raises(SequenceError) as caught:
        await store.async_restore("watering", 1, "anna")
    assert (caught.value.problem, caught.value.place) == ("sequence_template_broken", "act / 1")
