"""Errors and refusals of the core become translated errors of Home Assistant, in this one place."""

from collections.abc import Mapping
import re

from homeassistant.core import HomeAssistant, async_get_hass
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util.json import JsonValueType

from ..const import DOMAIN
from ..core.effects import Ending, Settle
from ..core.errors import DefinitionError, NotFoundError
from ..core.ids import ChannelId, device_of
from ..core.requests import BY_AUTOMATION, Origin, is_rest
from ..core.rules.executions import parted
from ..core.safety.gate import Refused
from .figures import Spelled, number_text, percent_text
from .house_words import in_house_words
from .naming import NOTHING, Names

# Words for programs, several of them separated by commas; what people write has capitals, signs or no underscore.
_CODES = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+(, [a-z0-9_]+)*")

# Whose demand it is that a person gives, or an automation that sets an output like a person.
_BY_HAND = Origin.PERSON.name.lower()

# So many digits of a number are told that somebody has written.
_WRITTEN = 12
# What somebody has given comes back in a sentence, but not at any length.
_GIVEN = ("given", "wanted")
_LONGEST_GIVEN = 200


def refusal(hass: HomeAssistant, refused: Refused, names: Names) -> ServiceValidationError:
    """Return the error for a refused request: the first reason is its code, and the sentence tells all of them."""
    (key, words), *others = _told(hass, refused, names)
    more = "".join(f" {_sentence(hass, other, details)}" for other, details in others)
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=words | {"more": more}
    )


def reasons_of(hass: HomeAssistant, refused: Refused, names: Names) -> list[JsonValueType]:
    """Return every reason for a refusal, as a code and as a sentence."""
    return [{"code": key, "text": _sentence(hass, key, words)} for key, words in _told(hass, refused, names)]


def reasons_in_words(hass: HomeAssistant, refused: Refused, names: Names) -> str:
    """Return every reason for a refusal, one sentence after the other."""
    return " ".join(_sentence(hass, key, words) for key, words in _told(hass, refused, names))


def _told(hass: HomeAssistant, refused: Refused, names: Names) -> list[tuple[str, dict[str, str]]]:
    channel = refused.request.channel
    return [(each.ground.value, _worded(hass, names, each.details, channel)) for each in refused.reasons]


def _worded(
    hass: HomeAssistant, names: Names, details: Mapping[str, str | float], channel: ChannelId | None
) -> dict[str, str]:
    """Return everything that a sentence about an output says in words."""
    words = names.in_words(details)
    if channel is not None:
        words |= {"device": names.of_device(device_of(channel)), "output": names.of_channel(channel)}
    if words.get("until") == NOTHING:
        words["until"] = _text(hass, "common", "without_end") or NOTHING
    if channel is not None and {"owner", "level"} <= details.keys():
        words["wanted"] = _wanted(hass, details, words)
    return words


def _wanted(hass: HomeAssistant, details: Mapping[str, str | float], words: dict[str, str]) -> str:
    """Return what somebody else wants of an output, as a clause."""
    level = float(details["level"])
    if details["owner"] != _BY_HAND:
        wish = wish_text(hass, words["output"], level)
        return common_text(hass, "wanted", {"owner": words["owner"], "wish": wish})
    hand = "automation" if details.get("asked_by") == BY_AUTOMATION else "hand"
    return common_text(hass, f"wanted_{'off_' if is_rest(level) else ''}by_{hand}", words)


def wish_text(hass: HomeAssistant, output: str, level: float) -> str:
    """Return what is wanted of an output, which is called like this."""
    key = "rule_says_wish_rest" if is_rest(level) else "rule_says_wish"
    return common_text(hass, key, {"output": output, "level": percent_text(hass, level)})


def _sentence(hass: HomeAssistant, key: str, words: dict[str, str]) -> str:
    """Return a sentence in the language of the house: the language of who reads it is not known here."""
    sentence = _text(hass, "exceptions", f"{key}.message")
    return key if sentence is None else sentence.format_map(Words(words | {"more": ""}))


def sentence_of(
    hass: HomeAssistant, names: Names, key: str, details: Mapping[str, str | float], channel: ChannelId | None
) -> str:
    """Return the sentence of a finding or an error of a run, in the language of the house."""
    return _sentence(hass, key, Words(_worded(hass, names, details, channel)))


class Words(dict[str, str]):
    """What a sentence needs, with a dash for what is not known."""

    def __missing__(self, key: str) -> str:
        """Fill the gap."""
        return NOTHING


def _text(hass: HomeAssistant, category: str, key: str) -> str | None:
    texts = async_get_cached_translations(hass, hass.config.language, category, DOMAIN)
    return texts.get(f"component.{DOMAIN}.{category}.{key}")


def common_text(hass: HomeAssistant, key: str, words: Mapping[str, object]) -> str:
    """Return a text that is no error, in the language of the house; what has no text is returned as it is."""
    text = _text(hass, "common", key)
    return text.format_map(Spelled(hass, words)) if text else key


def codes_in_words(hass: HomeAssistant, codes: str) -> str:
    """Return codes of ours in a few words each, in the language of the house; anything else stays as it is."""
    words = [_text(hass, "config_panel", f"codes.{each}") for each in codes.split(", ")]
    if None not in words:
        return ", ".join(filter(None, words))
    return codes.replace("_", " ") if _CODES.fullmatch(codes) else codes


def errors_in_words(hass: HomeAssistant, reasons: str) -> str:
    """Return why actions of a rule have failed: what was said about each, or its code in words."""
    return "; ".join(parted(each)[1] or codes_in_words(hass, each) for each in reasons.split("; "))


def in_house_language(hass: HomeAssistant, err: HomeAssistantError) -> str:
    """Return what an error says, in the language of the house; what has no text there is said in English."""
    if err.translation_domain is None or err.translation_key is None:
        return str(err)
    if err.translation_domain != DOMAIN:
        key = f"component.{err.translation_domain}.exceptions.{err.translation_key}.message"
        texts = async_get_cached_translations(hass, hass.config.language, "exceptions", err.translation_domain)
        return texts[key].format_map(Words(err.translation_placeholders or {})) if key in texts else str(err)
    if _text(hass, "exceptions", f"{err.translation_key}.message") is None:
        return str(err)
    words = {name: str(word) for name, word in (err.translation_placeholders or {}).items()}
    more = words.get("more", "")
    told = _sentence(hass, err.translation_key, words)
    # Who has asked for something knows that all of it is meant.
    whole = _text(hass, "common", "place_whole")
    return f"{told.replace(f' ({whole})', '') if words.get('place') == whole else told}{more}"


def setback(settle: Settle) -> HomeAssistantError:
    """Return the error for a command that the device did not carry out, did not answer or cannot have obeyed."""
    if settle.ending is Ending.REFUSED_BY_DEVICE:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="refused_by_device",
            translation_placeholders={"reason": settle.message or settle.code or "-"},
        )
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=settle.ending.value)


def definition(err: DefinitionError) -> ServiceValidationError:
    """Return the error for something impossible that a person wrote."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=err.problem,
        translation_placeholders=words_of(async_get_hass(), err.details),
    )


def words_of(hass: HomeAssistant, details: Mapping[str, str | float]) -> dict[str, str]:
    """Return what a person wrote as sentences repeat it."""
    words = {
        name: in_short(word) if name in _GIVEN else word
        for name, word in ((name, _spelled(hass, word)) for name, word in details.items())
    }
    return words | in_house_words(hass, details)


def _spelled(hass: HomeAssistant, word: str | float) -> str:
    return word if isinstance(word, str) else number_text(hass, word, _WRITTEN)


def in_short(given: str) -> str:
    """Return what was given as far as a sentence has room for it."""
    return given if len(given) <= _LONGEST_GIVEN else f"{given[:_LONGEST_GIVEN]}…"


def not_found(err: NotFoundError) -> ServiceValidationError:
    """Return the error for an id that does not exist."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"{err.what}_not_found",
        translation_placeholders={"wanted": in_short(err.wanted)},
    )
