"""A journal that cannot be used: whatever is in the way, control goes on, and people read what it really is, and how to mend it."""

from collections.abc import Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.hindrance import Hindrance, Obstacle, hindrance_at
from custom_components.god_kaiser.host.journal.reading import Wanted

from .calls import act, ask
from .disks import NOBODY

pytestmark = pytest.mark.usefixtures("impatient_journal")

TRANSLATIONS = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser" / "translations"


@pytest.fixture
def hass_config_dir(folder_for_everybody: str) -> str:
    """Keep the files where also somebody without rights may look for them."""
    return folder_for_everybody


@contextmanager
def forbidden(path: Path) -> Iterator[None]:
    """Take all rights on a file away; root, whom no permission stops, acts as nobody meanwhile."""
    is_root = os.geteuid() == 0
    others = (path.parent, *(each for each in path.parent.iterdir() if each != path))
    path.chmod(0)
    if is_root:
        for other in others:
            os.chown(other, NOBODY, NOBODY)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
            for other in others:
                if other.exists():
                    os.chown(other, 0, 0)
        path.chmod(0o600)


def complaint(hass: HomeAssistant) -> tuple[str, str] | None:
    """Return the repair issue about a journal that cannot be written: its key, and the file or folder that it names."""
    found = [each for (domain, key), each in ir.async_get(hass).issues.items() if key.endswith("journal_not_written")]
    if not found:
        return None
    (issue,) = found
    return str(issue.translation_key), (issue.translation_placeholders or {}).get("place", "").strip("`")


async def problems(hass: HomeAssistant) -> dict[str, str]:
    """Return what is wrong with the disk, in words."""
    found = (await ask(hass, "health_check"))["categories"]["storage"]["findings"]
    return {each["code"]: each["text"] for each in found}


async def try_in_vain(host: EngineHost) -> None:
    """Let something happen, and try to write it as often as it takes until people are told."""
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    for _ in range(4):
        await host.journal.writer.async_flush()


async def kinds(host: EngineHost) -> list[str]:
    """Return what the journal tells of the broker."""
    page = await host.journal.async_events(Wanted(kinds=(Noted.BROKER_OFFLINE,)))
    return [each.envelope["event_type"] for each in page.events]


async def test_a_folder_in_the_place_of_the_journal_is_set_aside(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Like any file that is none of ours, at the start and while it runs; nothing is lost of what comes then."""
    path = host.journal.path
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    path.unlink()
    path.mkdir()
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    assert (again.journal.was_set_aside, complaint(hass)) == (True, None)
    await again.journal.writer.async_flush()
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    await try_in_vain(again)
    assert (complaint(hass), await kinds(again)) == (None, [Noted.BROKER_OFFLINE])


async def test_a_folder_in_the_place_of_what_belongs_to_the_journal_is_called_that(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """As soon as it is moved away everything is written, and nobody complains any more."""
    path = host.journal.path
    await host.journal.writer.async_flush()
    path.rename(path.with_suffix(".away"))
    Path(f"{path}-wal").unlink(missing_ok=True)
    Path(f"{path}-wal").mkdir()
    await try_in_vain(host)
    assert complaint(hass) == ("journal_in_the_way", f".storage/{path.name}-wal")
    await act(hass, "emergency_stop", reason="leak")
    assert host.engine.latch.is_latched
    Path(f"{path}-wal").rmdir()
    await host.journal.writer.async_flush()
    assert (complaint(hass), await kinds(host)) == (None, [Noted.BROKER_OFFLINE])


async def test_missing_rights_are_called_that(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Neither the disk nor the room on it is wrong; as soon as they are there again everything is written."""
    path = host.journal.path
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    with forbidden(path):
        assert await hass.config_entries.async_setup(setup_entry.entry_id)
        again: EngineHost = setup_entry.runtime_data
        assert complaint(hass) == ("journal_not_permitted", f".storage/{path.name}")
        await try_in_vain(again)
        assert "journal_failing" in await problems(hass)
        with pytest.raises(ServiceValidationError, match="Repairs says why"):
            await ask(hass, "get_events")
    await again.journal.writer.async_flush()
    assert (complaint(hass), await kinds(again), await problems(hass)) == (None, [Noted.BROKER_OFFLINE], {})


async def test_a_journal_that_may_only_be_written_is_no_journal_that_cannot_be_written(
    hass: HomeAssistant, host: EngineHost, issue_registry: ir.IssueRegistry
) -> None:
    """What is open can be written further on; whoever reads opens it anew, and people are asked for the rights."""
    await host.journal.writer.async_flush()
    with forbidden(host.journal.path):
        await try_in_vain(host)
        with pytest.raises(ServiceValidationError, match="Repairs says why"):
            await ask(hass, "get_events")
        found = await problems(hass)
        assert (complaint(hass), list(found)) == (None, ["journal_not_permitted"])
        told = issue_registry.async_get_issue(DOMAIN, f"{host.journal.entry_id}_health_storage")
        assert told is not None
        assert "may not read its file" in (told.translation_placeholders or {})["findings"]
    assert (await problems(hass), await kinds(host)) == ({}, [Noted.BROKER_OFFLINE])


@pytest.mark.parametrize("becomes", ["nothing", "another file"])
async def test_a_journal_that_is_taken_away_while_it_runs_is_told(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, becomes: str
) -> None:
    """What was in it is gone, what comes is written, and the trail says where it is missing."""
    path = host.journal.path
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await host.journal.writer.async_flush()
    path.unlink()
    if becomes == "another file":
        path.touch()
    await try_in_vain(host)
    assert await kinds(host) == [Noted.BROKER_OFFLINE]
    found = await problems(hass)
    assert (complaint(hass), list(found)) == (None, ["journal_removed"])
    assert "removed or replaced while it was in use" in found["journal_removed"]
    assert not (await ask(hass, "verify_audit"))["is_whole"]
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert await problems(hass) == {}


async def test_a_damaged_journal_is_told_in_words_of_its_own(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    """Nobody is asked to enter anew what was in it; with the next start nobody complains any more."""
    path = host.journal.path
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    path.write_bytes(b"no database")
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    told = issue_registry.async_get_issue(DOMAIN, f"{setup_entry.entry_id}_health_storage")
    assert told is not None
    words = (told.translation_placeholders or {})["findings"]
    assert ("It lies aside with the ending" in words, "enter anew" in words) == (True, False)
    assert list(await problems(hass)) == ["journal_set_aside"]
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert await problems(hass) == {}


async def test_a_disk_that_takes_nothing_is_called_that(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody may write on it because it is read-only as a whole."""
    await host.journal.writer.async_flush()
    path = host.journal.path
    assert hindrance_at(path) is None
    with forbidden(path):
        assert hindrance_at(path) == Hindrance(Obstacle.NOT_PERMITTED, f".storage/{path.name}")
        whole = os.statvfs

        def read_only(place: Path) -> Any:
            found = list(whole(place))
            found[8] |= os.ST_RDONLY
            return os.statvfs_result(found)

        monkeypatch.setattr(os, "statvfs", read_only)
        assert hindrance_at(path) is None


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("obstacle", Obstacle)
def test_each_obstacle_has_its_words(language: str, obstacle: Obstacle) -> None:
    """They name the place, and are not those of a disk that takes nothing."""
    issues: dict[str, Any] = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))["issues"]
    said, usual = issues[obstacle], issues["journal_not_written"]
    assert "/config/x.db" in said["description"].format(place="/config/x.db")
    assert (said["title"] != usual["title"], said["description"] != usual["description"]) == (True, True)
