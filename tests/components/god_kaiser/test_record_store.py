"""Whether a file is on the disk as it was written: what others put there is told apart from what we do wrong."""

from pathlib import Path
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
import msgspec
import pytest

from custom_components.god_kaiser.host.endurance import Endurance
from custom_components.god_kaiser.host.record_store import Content, RecordStore

pytestmark = pytest.mark.real_disk

WRITTEN: Content = {"devices": {"tent": {"name": "Tent"}}}
# What somebody else may put in the place of a file between our writing and our reading.
OTHERS: dict[str, object] = {
    "older": {"version": 0, "minor_version": 1, "data": WRITTEN},
    "newer": {"version": 9, "minor_version": 1, "data": WRITTEN},
    "no_version": {"data": WRITTEN},
    "no_number": {"version": "one", "minor_version": 1, "data": WRITTEN},
    "no_object": ["x"],
    "list": {"version": 1, "minor_version": 1, "data": ["x"]},
    "other_form": {"version": 1, "minor_version": 1, "data": {"devices": {"tent": "x"}}},
    "nothing": {"version": 1, "minor_version": 1, "data": None},
}


@pytest.fixture(name="store")
def store_fixture(hass: HomeAssistant) -> RecordStore:
    """Return a file that is tried once."""
    return RecordStore(hass, "test", {"devices": dict}, Endurance(retries=1))


def name_of(content: Content) -> object:
    """Return what of the content must be on the disk."""
    return [content.get("devices", {}).get("tent", {}).get("name")]


@pytest.mark.req("PHE-12")
async def test_what_is_read_back_as_it_was_written_is_saved(store: RecordStore) -> None:
    """Whatever has become of the rest of it."""
    await store.async_save(WRITTEN, name_of)
    assert store.mending.is_well


@pytest.mark.req("PHE-12")
@pytest.mark.parametrize("kind", OTHERS)
async def test_what_somebody_else_has_put_there_is_not_saved(
    hass: HomeAssistant, store: RecordStore, kind: str
) -> None:
    """Whatever form it has, and also where Home Assistant's storage has no way to bring its version to ours."""
    path, write = Path(hass.config.path(".storage", "god_kaiser.test")), Store.async_save

    async def replaced(written: Store[Content], content: Content) -> None:
        await write(written, content)
        path.write_bytes(msgspec.json.encode(OTHERS[kind]))

    with patch.object(Store, "async_save", replaced), pytest.raises(HomeAssistantError) as caught:
        await store.async_save(WRITTEN, name_of)
    assert caught.value.translation_key == "not_saved"
    store.mending.stop()


@pytest.mark.parametrize("fault", [TypeError, KeyError, ValueError])
async def test_a_mistake_of_ours_is_no_fault_of_the_disk(store: RecordStore, fault: type[Exception]) -> None:
    """It would be told as a full disk, and nobody would ever look for it."""

    def broken(_content: Content) -> object:
        raise fault("oops")

    with pytest.raises(fault, match="oops"):
        await store.async_save(WRITTEN, broken)
    assert store.mending.is_well


async def test_a_file_that_differs_in_its_minor_version_is_read(hass: HomeAssistant, store: RecordStore) -> None:
    """By what Home Assistant promises, such a file can be read by everybody who knows its version."""
    await store.async_save(WRITTEN, name_of)
    written = {"version": 1, "minor_version": 2, "key": "god_kaiser.test", "data": WRITTEN}
    Path(hass.config.path(".storage", "god_kaiser.test")).write_bytes(msgspec.json.encode(written))
    again = RecordStore(hass, "test", {"devices": dict}, Endurance(retries=1))
    assert await again.async_load() == WRITTEN
    assert again.fault == ""
