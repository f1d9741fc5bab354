"""The messages of the former server: what they say, and whom its ways of telling have no equal for."""

from collections.abc import Iterator, Mapping
import re
from typing import Any, NamedTuple

from .seed_words import first, shown

TEXTS = ("message", "text", "message_template")
_HOLE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})|\{\{\s*(value)\s*\}\}")
_FILLED_IN = {
    "rule_name": "rule.name",
    "rule_id": "rule.id",
    "timestamp": "trigger.at",
    "value": "trigger.sensor_value",
    **{name: f"trigger.{name}" for name in ("sensor_value", "esp_id", "gpio", "sensor_type")},
}
# Whatever is told is shown in Home Assistant in any case.
_SHOWN_ANYWAY = ("websocket",)
_ENTITY = re.compile(r"notify\.\w+")


class Left(NamedTuple):
    """Something of a former rule that has no equal here and that the rule does without: the key of a remark, and its words."""

    code: str
    details: Mapping[str, str]


def message(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message in our spelling; what the former server filled in is a template here."""
    text, title = (_HOLE.sub(_template, str(first(wanted, *names) or "")) for names in (TEXTS, ("title",)))
    made: dict[str, Any] = {"kind": "notify", "text": text, "title": title}
    return made | {"to": to} if (to := entities(wanted.get("target"))) else made


def entities(told: object) -> list[str]:
    """Return the entities among those who were told."""
    return [name for name in _listed(told) if isinstance(name, str) and _ENTITY.fullmatch(name)]


def left_behind(written: object) -> Iterator[Left]:
    """Return what of a rule that is accepted all the same has no equal here."""
    if not isinstance(written, Mapping):
        return
    yield from _of_actions(first(written, "actions", "then"), "then")
    if not isinstance(policy := written.get("escalation_policy"), Mapping):
        return
    lost = [shown(each) for each in _listed(policy.get("notify")) if each not in (*_SHOWN_ANYWAY, *entities(each))]
    if lost:
        yield Left("rule_former_way", {"place": "escalation / notify", "given": ", ".join(lost)})
    yield from _of_actions(policy.get("failover_actions"), "escalation / instead")


def _of_actions(actions: object, place: str) -> Iterator[Left]:
    for number, action in enumerate(_listed(actions), 1):
        if not isinstance(action, Mapping) or "kind" in action or action.get("type") != "notification":
            continue
        where = f"{place} / {number}"
        if lost := _lost_ways(action):
            yield Left("rule_former_way", {"place": f"{where} / to", "given": lost})
        texts = " ".join(str(first(action, *names) or "") for names in (TEXTS, ("title",)))
        holes = dict.fromkeys(found[0] for found in _HOLE.finditer(texts) if _template(found) == found[0])
        if holes:
            yield Left("rule_former_placeholder", {"place": where, "given": ", ".join(holes)})


def _lost_ways(action: Mapping[str, Any]) -> str:
    channel, told = action.get("channel"), action.get("target")
    if channel in _SHOWN_ANYWAY:
        return ""
    kept = entities(told)
    lost = [shown(each) for each in _listed(told) if each not in kept]
    way = [] if channel is None or (kept and not lost) else [shown(channel)]
    return ", ".join((*way, *lost))


def _template(found: re.Match[str]) -> str:
    """Return the template for a place that the former server filled in; any other place stays as it is."""
    name = found[1] or found[2]
    return f"{{{{ {_FILLED_IN[name]} }}}}" if name in _FILLED_IN else found[0]


def _listed(given: object) -> list[object]:
    return list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
