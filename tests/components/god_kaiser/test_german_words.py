"""German has one manner everywhere."""

import re

from .test_translations import texts

# Where no sentence begins, these are words for a stranger.
FORMAL = re.compile(r"(?<![.:;!?“\n]) (?:Sie|Ihnen|Ihre?[mnrs]?)\b")
# The name of one of our actions is no request.
AN_ACTION = re.compile(r"Aktion \w+ \w+|mit Sequenz abbrechen")
NAMED_DEED = re.compile(
    r"(?:prüfen|sehen|wählen|starten|schalten|laden|nehmen|geben|suchen|lassen|beheben|löschen|senden|setzen|holen|spielen"
    r"|beenden|entfernen|finden|schaffen|abwarten|nutzen|verwenden|versuchen|nehmen|melden|beobachten)(?=[,.;]|$)"
)


def test_german_speaks_to_one_person_as_to_a_friend() -> None:
    """Nowhere as to a stranger; and what is to be done is asked for, not named: "Prüfe den Fühler", not "Fühler prüfen"."""
    german = texts("de")
    assert {key: text for key, text in german.items() if FORMAL.search(text)} == {}
    asking = {
        key: AN_ACTION.sub("", text)
        for key, text in german.items()
        if key.endswith(("_action", "_out_of_range", "_unreadable")) or ".last_error.state." in key
    }
    assert len(asking) > 150
    assert {key: text for key, text in asking.items() if NAMED_DEED.search(text)} == {}
