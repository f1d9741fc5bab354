"""What the steps of the flows say, held against the placeholders that they are given."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.data_entry_flow import FlowHandler
import pytest

from custom_components.god_kaiser.config_flow import GodKaiserConfigFlow
from custom_components.god_kaiser.options_flow import GodKaiserOptionsFlow

FOLDER = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser" / "translations"
ENGLISH: dict[str, Any] = json.loads((FOLDER / "en.json").read_text(encoding="utf-8"))
PLACEHOLDER = re.compile(r"\{(\w+)\}")
SHOWN = ("async_show_form", "async_show_menu", "async_abort")


def wanted(section: Mapping[str, Any], result: Mapping[str, Any]) -> set[str]:
    """Return which placeholders the texts of a step, its errors or its end mention."""
    texts = [
        section["step"].get(result.get("step_id"), {}),
        [section["error"][error] for error in (result.get("errors") or {}).values()],
        section["abort"].get(result.get("reason"), ""),
    ]
    return set(PLACEHOLDER.findall(json.dumps(texts)))


def listen(patch: pytest.MonkeyPatch, flow: type[FlowHandler[Any, Any, Any]], name: str, missing: list[str]) -> None:
    """Note what is shown without a placeholder that it mentions."""
    section = ENGLISH["config" if flow is GodKaiserConfigFlow else "options"]
    show = getattr(flow, name)

    def told(self: FlowHandler[Any, Any, Any], **given: Any) -> Any:
        result = show(self, **given)
        missing.extend(wanted(section, result) - set(result.get("description_placeholders") or {}))
        return result

    patch.setattr(flow, name, told)


@pytest.fixture(autouse=True)
def every_placeholder_is_filled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail when a flow shows a text without something that it mentions: people would see an error in its place."""
    missing: list[str] = []
    for flow in (GodKaiserConfigFlow, GodKaiserOptionsFlow):
        for name in SHOWN:
            listen(monkeypatch, flow, name, missing)
    yield
    assert missing == []
