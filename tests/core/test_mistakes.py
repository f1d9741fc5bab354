"""What an error that nobody has thought of leaves behind."""

from typing import override

import pytest

from custom_components.god_kaiser.core.mistakes import LONGEST_TECHNICAL, technical_of, without_secrets


def raised(err: Exception, depth: int = 0, cause: Exception | None = None) -> Exception:
    """Return an error that was raised, as far down as is wished."""

    def down(left: int) -> None:
        if left:
            down(left - 1)
        raise err from cause

    with pytest.raises(type(err)) as caught:
        down(depth)
    return caught.value


@pytest.mark.req("EXE-05")
def test_class_words_and_way_of_an_error_are_told() -> None:
    """The place where it was raised comes first: it is what is looked for."""
    head, title, *places = technical_of(raised(KeyError("internal_name"))).splitlines()
    assert (head, title) == ("KeyError: 'internal_name'", "Traceback (most recent call first):")
    assert [place.partition(":")[0] for place in places] == ["  tests/core/test_mistakes.py"] * 2
    assert places[0].endswith("in raised.<locals>.down")


def test_what_has_caused_an_error_is_told_as_well() -> None:
    """An error in the middle of another belongs to it, one that was raised from nothing does not."""
    cause = raised(OSError("no route"))
    heads = technical_of(raised(RuntimeError("odd"), cause=cause)).splitlines()[:2]
    assert heads == ["RuntimeError: odd", "OSError: no route"]
    before = RuntimeError("odd")
    before.__context__ = cause
    assert "OSError" in technical_of(before)
    before.__suppress_context__ = True
    assert technical_of(before) == "RuntimeError: odd\nTraceback (most recent call first):"


def test_an_error_of_somebody_else_is_told_with_its_module() -> None:
    """And one that cannot even say what it is, is told by its class."""

    class Mute(Exception):
        @override
        def __str__(self) -> str:
            raise ValueError

    assert technical_of(Mute()).startswith(f"{__name__}.test_an_error_of_somebody_else")


@pytest.mark.req("EXE-05")
def test_the_text_is_bounded_and_never_loses_class_and_words() -> None:
    """However much an error says, and however deep it was raised, in a circle too."""
    err = raised(ValueError("x" * 5_000), depth=200)
    err.__context__, err.__suppress_context__ = RuntimeError("y" * 5_000), False
    err.__context__.__context__ = err
    text = technical_of(err)
    assert len(text) == LONGEST_TECHNICAL
    assert text.startswith("ValueError: xxx")
    assert "\nRuntimeError: yyy" in text
    assert text.splitlines()[4].endswith("in raised.<locals>.down")


@pytest.mark.req("EXE-05")
@pytest.mark.parametrize(
    "text",
    [
        "password=open-sesame",
        "login failed (mqtt_password: open-sesame)",
        "{'token': 'open-sesame', 'level': 1}",
        '{"auth_token":"open-sesame"}',
        "GET /api?api_key=open-sesame&x=1",
        "Authorization: Bearer open-sesame",
        "no answer to bearer open-sesame",
        "mqtt://anna:open-sesame@broker:1883 is away",
        "ip=open-sesame, gpio=4",
        "WIFI_SSID = open-sesame",
        "passwd=open-sesame",
        "user anna, pass: open-sesame",
        "wifi_psk=open-sesame",
        "x-api-key: open-sesame",
        "'private_key': 'open-sesame'",
        "private key = open-sesame",
        "Set-Cookie: a=b; session=open-sesame",
        "auth=open-sesame",
        "http_auth: open-sesame",
    ],
)
def test_no_secret_stays_in_the_text(text: str) -> None:
    """As in the diagnostics: what is called a password, token, account or address is left out."""
    assert "open-sesame" not in without_secrets(text)
    assert "**REDACTED**" in without_secrets(text)
    assert "open-sesame" not in technical_of(ValueError(text))


@pytest.mark.req("EXE-05")
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pin: 0815, ask me", "pin: **REDACTED**, ask me"),
        ("PIN=123456", "PIN=**REDACTED**"),
        ("{'pin': '0815'}", "{'pin': **REDACTED**}"),
        ("sim_pin: 0815", "sim_pin: **REDACTED**"),
        ("code: 1234", "code: **REDACTED**"),
        ('{"code": "1234"}', '{"code": **REDACTED**}'),
        ("alarm_code: otto", "alarm_code: **REDACTED**"),
        ("passcode=otto", "passcode=**REDACTED**"),
        ("wifi_key=hunter2", "wifi_key=**REDACTED**"),
        ("WLAN key: hunter2; channel 6", "WLAN key: **REDACTED**; channel 6"),
        ("{'network-key': 'hunter2'}", "{'network-key': **REDACTED**}"),
        ("POST https://house:8123/api/webhook/8f3c9a?x=1", "POST https://house:8123/api/webhook/**REDACTED**?x=1"),
        ("see https://hooks.nabu.casa/gAAAAB=, twice", "see https://hooks.nabu.casa/**REDACTED**, twice"),
        ("webhook_id: 8f3c9a", "webhook_id: **REDACTED**"),
    ],
)
def test_neither_numbers_that_open_doors_nor_keys_nor_webhooks_stay(text: str, kept: str) -> None:
    """Only what opens something goes; the words around it stay."""
    assert without_secrets(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "gpio pin 4",
        "pin: 4",
        "{'pin': 16, 'level': 1}",
        "gpio_pin=34",
        "spin: 1200",
        "pins: 1234",
        "barcode: 4006381333931",
        "error code: 4012",
        "error_code=1041",
        "status code: 1006",
        '{"code":5611,"place":"-"}',
        "code: sequence_not_found",
        "code=404",
        "translation_key: not_found",
        "key: level, keyboard: de",
        "monkey=hunter2",
        "webhook of the house",
        "https://house/api/webhooks",
    ],
)
def test_pins_of_boards_and_numbers_of_errors_stay(text: str) -> None:
    """Without them nobody would know what the text is about."""
    assert without_secrets(text) == text


def test_what_is_no_secret_stays() -> None:
    """Words that only look like one are what the text is about."""
    text = (
        "clip=4, bypass: 1, author: me, pass 2, tokens of the parser, https://host/x?level=1, 'description': 'tip: 5'"
    )
    assert without_secrets(text) == text
