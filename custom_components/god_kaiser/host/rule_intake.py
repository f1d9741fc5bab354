"""Looks at rules before they are saved, one or many, and saves those that may be."""

from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Final, NamedTuple

from homeassistant.exceptions import HomeAssistantError
import msgspec
from msgspec.structs import replace

from ..core.errors import DefinitionError
from ..core.rules.errors import RuleError
from ..core.rules.model import Rule
from ..core.rules.reading import write
from ..core.rules.seed import called
from ..core.rules.seed_messages import left_behind
from .engine_host import EngineHost
from .failures import sentence_of
from .rule_circles import Circles
from .rule_demands import Remark
from .rule_records import Record
from .rule_yaml import written_rules
from .run_templates import in_short

MOST_RULES: Final = 1000
# So many are written at once, and then Home Assistant goes on.
_AT_A_TIME: Final = 50


class Looked(NamedTuple):
    """One of several rules: what is to become of it, or why it is refused.

    ``called`` are the id and name it was given, ``left`` is what of its former spelling it has to do without.
    """

    number: int
    called: tuple[str, str]
    rule: Rule | None
    fate: str
    err: DefinitionError | HomeAssistantError | None = None
    remarks: tuple[Remark, ...] = ()
    left: tuple[Remark, ...] = ()


class RuleIntake:
    """Takes rules over into one hub."""

    def __init__(self, host: EngineHost) -> None:
        """Remember where rules are kept."""
        self._host = host

    async def async_create(self, written: object, *, by: str) -> Record:
        """Save a rule that is not there yet."""
        rule = self._host.rules.read(written)
        if rule.id in self._host.rules.rules or rule.id in self._host.rules.degraded:
            raise RuleError("rule_exists", "id", given=rule.id)
        return await self.async_save(rule, by=by, written=written)

    async def async_save(self, rule: Rule, *, by: str, based_on: int | None = None, written: object = None) -> Record:
        """Save a rule, and return it with what is worth knowing about it, and about how it was ``written``."""
        saved = await self._host.rules.async_put(rule, by=by, based_on=based_on)
        return {
            "rule_id": saved.rule.id,
            "revision": saved.rule.revision,
            "definition": write(saved.rule),
            "remarks": [self.remark(remark) for remark in (*_left_of(written), *saved.remarks)],
        }

    def changed(self, rule: Rule, changes: Mapping[str, object]) -> Rule:
        """Return a rule in which some fields are others; what is given as nothing has its usual value again."""
        if changes.get("id", rule.id) != rule.id:
            raise RuleError("rule_other_id", "id", given=str(changes["id"]), wanted=rule.id)
        fields = {**write(rule), **changes}
        return self._host.rules.read({name: value for name, value in fields.items() if value is not None})

    async def async_look(self, given: object) -> list[Looked]:
        """Return what would become of each rule if all of them were saved."""
        # Many rules as text take longer than anybody may wait.
        written = await self._host.hass.async_add_executor_job(written_rules, given)
        if len(written) > MOST_RULES:
            raise RuleError("rule_too_many_rules", "rules", most=MOST_RULES)
        looked, before = list[Looked](), set[str]()
        rules = dict(self._host.rules.rules)
        circles = self._host.rules.scrutiny.circles(rules)
        for number, each in enumerate(written, 1):
            found = await self._async_look(number, each, rules, before, circles)
            if found.rule is not None:
                before.add(found.rule.id)
                rules[found.rule.id] = found.rule
            looked.append(found)
        return looked

    async def async_take(self, looked: list[Looked], *, by: str) -> list[Looked]:
        """Save what may be saved; one that is refused all the same keeps the others from nothing."""
        taken: list[Looked] = []
        circles = self._host.rules.scrutiny.circles(self._host.rules.rules)
        for some in batched(looked, _AT_A_TIME, strict=False):
            try:
                taken += await self.async_take_all(some, by=by, circles=circles)
            except DefinitionError:
                taken += [await self._async_taken(each, by, circles) for each in some]
            except HomeAssistantError as err:
                # A disk that does not take many does not take them one by one either.
                taken += [each if each.rule is None else each._replace(fate="refused", err=err) for each in some]
        return taken

    async def async_take_all(
        self, looked: Iterable[Looked], *, by: str, circles: Circles | None = None
    ) -> list[Looked]:
        """Save all that may be saved, or nothing; raises what speaks against one of them."""
        looked = list(looked)
        rules = [each.rule for each in looked if each.rule is not None and each.fate != "same"]
        done_all = await self._host.rules.async_put_all(rules, by=by, circles=circles) if rules else []
        saved = {each.rule.id: each for each in done_all}
        return [
            each._replace(rule=done.rule, remarks=done.remarks)
            if each.rule is not None and (done := saved.get(each.rule.id)) is not None
            else each
            for each in looked
        ]

    async def _async_taken(self, looked: Looked, by: str, circles: Circles) -> Looked:
        if looked.rule is None or looked.fate == "same":
            return looked
        try:
            (saved,) = await self._host.rules.async_put_all([looked.rule], by=by, circles=circles)
        except (DefinitionError, HomeAssistantError) as err:
            return looked._replace(fate="refused", err=err)
        return looked._replace(rule=saved.rule, remarks=saved.remarks)

    def record(self, looked: Looked) -> Record:
        """Return what becomes of one of several rules, with a sentence where it is refused."""
        told: Record = {
            "number": looked.number,
            **_called(looked),
            "remarks": [self.remark(remark) for remark in (*looked.left, *looked.remarks)],
        }
        if looked.err is None:
            return told
        code, place = "home_assistant", "-"
        if isinstance(looked.err, DefinitionError):
            code, place = looked.err.problem, str(looked.err.details.get("place", "-"))
        return told | {"code": code, "place": place, "text": self._said(looked.err)}

    async def _async_look(
        self, number: int, written: object, rules: dict[str, Rule], before: set[str], circles: Circles
    ) -> Looked:
        try:
            rule = self._host.rules.read(written, rules)
            if rule.id in before:
                raise RuleError("rule_twice", "id", given=rule.id)
            told = await self._host.rules.scrutiny.async_examine(rule, rules, circles)
        except (DefinitionError, HomeAssistantError) as err:
            return Looked(number, called(written), None, "refused", err)
        known = self._host.rules.rules.get(rule.id)
        fate = "created"
        if known is not None:
            fate = "same" if replace(rule, revision=known.revision) == known else "changed"
        return Looked(number, (rule.id, rule.title), rule, fate, None, told, _left_of(written))

    def remark(self, remark: Remark) -> dict[str, str]:
        """Return what is worth knowing, with its sentence."""
        text = sentence_of(self._host.hass, self._host.names, remark.code, dict(remark.details), None)
        return {"code": remark.code, "text": text}

    def _said(self, err: DefinitionError | HomeAssistantError) -> str:
        if isinstance(err, DefinitionError):
            return sentence_of(self._host.hass, self._host.names, err.problem, err.details, None)
        return in_short(err)


def _left_of(written: object) -> tuple[Remark, ...]:
    """Return a remark for everything that a rule of the former server has to do without here."""
    return tuple(Remark(left.code, left.details) for left in left_behind(written))


def _called(looked: Looked) -> Record:
    """Return the id and the name of a rule, and nothing where what was given has none."""
    key, name = looked.called
    told: Record = {"rule_id": key, "name": name or key}
    return {part: value for part, value in told.items() if value}


def differences(before: Rule, after: Rule) -> list[Record]:
    """Return the fields in which two revisions of a rule differ."""
    old, latest = write(before), write(after)
    return [
        {"field": name, "before": old.get(name), "after": latest.get(name)}
        for name in dict.fromkeys([*old, *latest])
        if name != "revision" and msgspec.json.encode(old.get(name)) != msgspec.json.encode(latest.get(name))
    ]
