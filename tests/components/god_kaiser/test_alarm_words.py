"""What an alarm says is so: while it is there, when it is over, and about what can be done with it."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.alarms.alarm import UNSEEN, Alarm, AlarmState
from custom_components.god_kaiser.core.alarms.kinds import AlarmKind, traits_of
from custom_components.god_kaiser.core.alarms.transitions import Motion, moved
from custom_components.god_kaiser.core.devices.model import DOUBTFUL, Fault, Quality
from custom_components.god_kaiser.host.alarm_words import AlarmWords
from custom_components.god_kaiser.host.engine_host import EngineHost

from .test_conventions import PACKAGE, read_json

DETAILS: dict[str, str | int | float] = {"channels": "Pump", "reasons": "excluded", "count": 4, "value": 3, "limit": 2}
# What has happened once is told as what it was from the beginning.
TOLD_AS_PAST = {
    AlarmKind.INTERLOCK_TRIPPED,
    AlarmKind.DEVICE_ALERT,
    AlarmKind.RELEASE_REFUSED,
    AlarmKind.OFFLINE_WHILE_RUNNING,
    AlarmKind.RUN_FAILED,
}


@pytest.fixture(name="words", params=["en", "de"])
async def words_fixture(request: pytest.FixtureRequest, hass: HomeAssistant, host: EngineHost) -> AlarmWords:
    """Let the house speak a language."""
    hass.config.language = request.param
    await async_get_translations(hass, request.param, "common", {DOMAIN})
    return host.alarms.words


def an_alarm(kind: AlarmKind, *motions: Motion) -> Alarm:
    """Return an alarm after what was done with it."""
    alarm = Alarm(id="a", kind=kind, raised_at=0.0, subject="x", details=DETAILS, is_held=traits_of(kind).latches)
    for motion in motions:
        alarm = moved(alarm, motion, 1.0, by="Eva")
    return alarm


@pytest.mark.parametrize("kind", AlarmKind)
def test_what_is_over_is_not_told_as_if_it_were_so_now(words: AlarmWords, kind: AlarmKind) -> None:
    """An output that rests again no longer “still runs”."""
    now, over = words.text(an_alarm(kind)), words.text(an_alarm(kind, Motion.RETURN))
    assert not any(text.startswith("alarm_") for text in (now, over))
    assert (over == now) is (kind in TOLD_AS_PAST)


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_word_is_left_over(language: str) -> None:
    """Each belongs to a kind of alarm."""
    texts = read_json(PACKAGE / "translations" / f"{language}.json")["common"]
    over = {key for key in texts if key.startswith("alarm_") and key.endswith("_over") and key != "alarm_when_over"}
    assert over == {f"alarm_{kind}_over" for kind in set(AlarmKind) - TOLD_AS_PAST}


@pytest.mark.parametrize("kind", AlarmKind)
@pytest.mark.parametrize(
    "motions",
    [
        (),
        (Motion.ACKNOWLEDGE,),
        (Motion.RETURN,),
        (Motion.RETURN, Motion.ACKNOWLEDGE),
        (Motion.ACKNOWLEDGE, Motion.RETURN),
    ],
)
def test_a_reset_is_spoken_of_where_there_is_one(
    words: AlarmWords, kind: AlarmKind, motions: tuple[Motion, ...]
) -> None:
    """As soon as it is over the sentence asks for what the buttons below it do, and for nothing else."""
    alarm = an_alarm(kind, *motions)
    said = words.action(alarm)
    speaks_of_reset = any(word in said for word in ("reset", "zurücksetzen", "zurück."))
    assert speaks_of_reset is alarm.is_held
    if not alarm.is_present:
        speaks_of_seeing = any(word in said for word in ("acknowledge", "Bestätige"))
        assert speaks_of_seeing is (alarm.state in UNSEEN)


def test_why_is_told_in_words(words: AlarmWords) -> None:
    """Not as the code for programs."""
    alarm = an_alarm(AlarmKind.INTERLOCK_TRIPPED)
    assert words.text(alarm) in (
        "x was put to rest by an interlock: excluded by another output.",
        "x wurde von einer Verriegelung in Ruhe versetzt: durch einen anderen Ausgang ausgeschlossen.",
    )


def test_an_alert_without_a_message_ends_with_its_name(words: AlarmWords) -> None:
    """No dash stands for what the device has not said."""
    details: dict[str, str | int | float] = {"alert": "verification_failed", "message": ""}
    alarm = Alarm(id="a", kind=AlarmKind.DEVICE_ALERT, raised_at=0.0, subject="x", device="x", details=details)
    assert words.text(alarm).endswith((": an emergency stop was not left", ": ein Notstopp wurde nicht verlassen"))


def test_after_the_reset_nothing_asks_for_another_one(words: AlarmWords) -> None:
    """Reset before anybody has acknowledged it: that alone is left to do."""
    alarm = an_alarm(AlarmKind.OUTPUT_NOT_RESTING, Motion.RETURN, Motion.RESET)
    assert alarm.state is AlarmState.RETURNED
    assert words.action(alarm) in (
        "It is over. Look after the cause. Then acknowledge the alarm.",
        "Es ist vorbei. Geh der Ursache nach. Bestätige dann den Alarm.",
    )
    assert words.text(alarm) in ("x was told to rest and went on running.", "x sollte ruhen und lief weiter.")


@pytest.mark.parametrize("fault", [*Fault, *sorted(DOUBTFUL - {Quality.STALE})])
async def test_why_a_value_is_not_believed_is_told_in_words(
    hass: HomeAssistant, host: EngineHost, fault: Fault | Quality
) -> None:
    """A code is a word of no language."""
    alarm = Alarm(id="a", kind=AlarmKind.SENSOR_IMPLAUSIBLE, raised_at=0.0, subject="x", details={"fault": fault.value})
    hass.config.language = "de"
    for category in ("common", "config_panel"):
        await async_get_translations(hass, "de", category, {DOMAIN})
    text = host.alarms.words.text(alarm)
    assert not any(word in text for word in (fault.value, fault.value.replace("_", " ")))
