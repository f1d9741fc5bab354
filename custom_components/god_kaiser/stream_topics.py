"""What a subscription wants to hear: topics of what devices do, and of what the journal notes."""

from collections.abc import Iterable
from typing import Final

from .core.journal.kinds import KINDS, Domain
from .core.rules.happenings import RuleHappening
from .core.sequences.happenings import FORMER_NAMES, SESSION_NAMES, Happening
from .host.rule_events import LOGIC_EXECUTION

SENSOR_DATA: Final = "sensor_data"
ACTUATOR_STATUS: Final = "actuator_status"
SYSTEM_EVENT: Final = "system_event"
EVENTS: Final = "events"
LIVE: Final = (SENSOR_DATA, ACTUATOR_STATUS, SYSTEM_EVENT, LOGIC_EXECUTION)
# Everything about runs is told as ``run.started`` and the like: the word before the dot is a topic, too.
FAMILIES: Final = tuple(dict.fromkeys(kind.partition(".")[0] for kind in KINDS))
# What people look for under one word, whatever its events are called; what is about safety says so of itself.
_ABOUT: Final[dict[str, frozenset[str]]] = {"runs": frozenset(Happening), "rules": frozenset(RuleHappening)}
SAFETY: Final = "safety"
# The names of the former server stand for everything that it would have told under them.
_FORMER: Final[dict[str, str]] = {kind.value: name for kind, name in (FORMER_NAMES | SESSION_NAMES).items()}
_OLD: Final = "|".join(dict.fromkeys(_FORMER.values()))
_GROUPS: Final = "|".join((*_ABOUT, SAFETY))
_NAMES: Final = "|".join((rf"({'|'.join(FAMILIES)})([/.]\*)?", *(kind.replace(".", r"\.") for kind in KINDS)))
# What people are told that there is; each kind of event is a topic as well.
POSSIBLE: Final = (
    "*",
    *LIVE,
    *_ABOUT,
    SAFETY,
    EVENTS,
    *(f"{EVENTS}/{family}" for family in FAMILIES),
    *dict.fromkeys(_FORMER.values()),
)
TOPIC: Final = (
    rf"^(\*|({'|'.join(LIVE)})(/(\*|[A-Za-z0-9_-]{{1,64}}))?|({_GROUPS})(/\*)?|{EVENTS}(/(\*|{_NAMES}))?|{_OLD})\Z"
)


class Topics:
    """Tells what is wanted; with a run, its events and nothing else."""

    def __init__(self, topics: Iterable[str], run_id: str = "") -> None:
        """Work out once which events of the journal are meant."""
        self.names = tuple(topics)
        self.run_id = run_id
        self._wanted = frozenset(topic.removesuffix("/*").removesuffix(".*") for topic in self.names)
        self.wants_all_events = not self._wanted.isdisjoint(("*", EVENTS))
        self.kinds = KINDS if self.wants_all_events else tuple(kind for kind in KINDS if self._names(kind))
        self.domains = (Domain.SAFETY.value,) if SAFETY in self._wanted else ()

    def wants(self, kind: str, about: str | None = None) -> bool:
        """Tell whether something live about a device, or about a rule, is wanted."""
        return not self.run_id and not self._wanted.isdisjoint(("*", kind, f"{kind}/{about}"))

    @property
    def has_events(self) -> bool:
        """Tell whether events of the journal may be wanted at all."""
        return bool(self.kinds or self.domains)

    def wants_event(self, kind: str, execution: str, domain: str) -> bool:
        """Tell whether an event of the journal is wanted."""
        return self.run_id in ("", execution) and (
            self.wants_all_events or kind in self.kinds or domain in self.domains
        )

    def _names(self, kind: str) -> bool:
        family = kind.partition(".")[0]
        if any(kind in kinds for name, kinds in _ABOUT.items() if name in self._wanted):
            return True
        return not self._wanted.isdisjoint((f"{EVENTS}/{family}", f"{EVENTS}/{kind}", _FORMER.get(kind, kind)))
