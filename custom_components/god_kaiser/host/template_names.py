"""Names that a template uses and nobody gives it: found before it is worked out."""

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache, partial

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.template import TemplateEnvironment
from homeassistant.util.hass_dict import HassKey
from jinja2 import TemplateError, nodes
from jinja2.meta import find_undeclared_variables

# Everything that is known, by which a name can be reached as well.
ALL = "variables"
# What the template engine itself gives within macros and loops.
_OF_THE_ENGINE = frozenset({"loop", "self", "caller", "varargs", "kwargs"})
_STANDS_IN = frozenset({"default", "d"})
_ASKS_WHETHER = frozenset({"defined", "undefined"})


_READER: HassKey[Callable[[str], frozenset[str]]] = HassKey("god_kaiser_names_in_templates")
# As many templates as a large library holds: each is read once, not at every start.
_MOST_READ = 1_000


@callback
def unknown_names(hass: HomeAssistant, text: str, known: Collection[str]) -> list[str]:
    """Return the names in a template that are neither known nor Home Assistant's own, in order of the alphabet.

    One that may be missing on purpose, because the template says what stands in for it or asks whether it is there,
    is none of them. Neither is anything in a template that cannot be read at all.
    """
    if (read := hass.data.get(_READER)) is None:
        read = _reader(hass)
        hass.data[_READER] = read
    return sorted(read(text) - set(known))


def _reader(hass: HomeAssistant) -> Callable[[str], frozenset[str]]:
    """Return what reads templates, and remembers what it has found."""
    return lru_cache(maxsize=_MOST_READ)(partial(_names_in, TemplateEnvironment(hass)))


def _names_in(environment: TemplateEnvironment, text: str) -> frozenset[str]:
    try:
        tree = environment.parse(text)
        used = find_undeclared_variables(tree)
    except TemplateError, RecursionError, MemoryError, SyntaxError:
        return frozenset()
    theirs = environment.globals.keys() | _OF_THE_ENGINE | {ALL}
    return frozenset(((used - theirs) | set(_reached(tree))) - set(_may_be_missing(tree)))


def _reached(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        if (name := _name_of(node)) is not None:
            yield name


def _name_of(node: nodes.Node) -> str | None:
    """Return which name is meant, by itself or as one of all; methods of the whole are none."""
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=nodes.Name(name="variables"), attr=name) if not hasattr(dict, name):
            return str(name)
        case nodes.Getitem(node=nodes.Name(name="variables"), arg=nodes.Const(value=str(name))):
            return name
    return None


def _may_be_missing(tree: nodes.Template) -> Iterator[str]:
    for node in tree.find_all((nodes.Filter, nodes.Test)):
        is_provided_for = node.name in (_STANDS_IN if isinstance(node, nodes.Filter) else _ASKS_WHETHER)
        if is_provided_for and node.node is not None and (name := _name_of(node.node)) is not None:
            yield name
