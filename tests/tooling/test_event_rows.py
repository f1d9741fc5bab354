"""The page of events is made of the catalogue: when each happens, and what it tells of which types."""

import pytest

from custom_components.god_kaiser import const
from custom_components.god_kaiser.core.details.base import Nothing
from custom_components.god_kaiser.core.details.catalogue import SHAPES
from custom_components.god_kaiser.core.details.runs import Because
from custom_components.god_kaiser.core.journal.kinds import KINDS
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import Happening
from scripts import event_details, event_rows


@pytest.mark.req("EXE-25")
def test_every_happening_has_its_row() -> None:
    """Who adds one to the catalogue says when it is told."""
    assert set(event_rows.ROWS) == set(Happening)


def test_every_event_of_ours_is_in_the_catalogue() -> None:
    """Whatever is put on the bus under a name of ours has its line, and the page shows it."""
    ours = {value for name, value in vars(const).items() if name.startswith("EVENT_")}
    assert set(event_rows.ON_THE_BUS) == ours
    assert all(f"| `{name}` |" in event_rows.render() for name in ours)
    assert set(event_rows.RULE_ROWS) == set(RuleHappening)


def test_the_page_is_current() -> None:
    """A change of the catalogue, of the envelope or of what is told shows in the page."""
    assert event_rows.PAGE.read_text(encoding="utf-8") == event_rows.render()


@pytest.mark.req("EXE-31")
def test_every_kind_has_its_fields_with_their_types_on_the_page() -> None:
    """One row for each kind, and each field of it by its name."""
    rows = {line.split("`")[1]: line for line in event_rows.render().splitlines() if line.startswith("| `")}
    named = {(kind, name) for kind in KINDS for shape in SHAPES[kind] for name in shape.__struct_encode_fields__}
    assert {(kind, name) for kind, name in named if f"`{name}`" not in rows[kind]} == set()


@pytest.mark.req("EXE-31")
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("run.queued", "`reason` text or null"),
        ("run.interrupted", "`reason` text or null; or: `asks` true or false"),
        ("run.log", "`text` text, `level` `ok` / `warn` / `error`"),
        ("rule.fired", "–"),
        ("output.safety_changed", "`esp_id` text, `channel`? text"),
        ("action.done", "`action` text, `about` list of (text), `fields` object of (anything), `runs`? list of (text)"),
    ],
)
def test_fields_are_told_with_their_types(kind: str, told: str) -> None:
    """A question mark says that one may be missing."""
    assert event_details.told(kind) == told


def test_objects_within_details_are_told_once() -> None:
    """By their names, those within them as well."""
    found = event_details.objects()
    assert found.keys() >= {"RunPicture", "Delivered", "Seen"}
    assert not {Nothing.__name__, Because.__name__} & found.keys()
    page = event_rows.render()
    assert all(f"| `{name}` |" in page for name in found)
