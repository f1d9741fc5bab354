"""The reader of the firmware: memory costs, leniency, and its text scanner."""

import pytest

from simulator.arduino import ParseFailure, cost, parse, stringified
from simulator.scanner import cut, scan_number, scan_text, scan_unsigned
from simulator.wire import Fixed, Json, concatenated, encoded

UUID = "9c1f2a10-0000-4000-8000-000000000001"
ACK: Json = {"status": "pending_approval", "config_available": False, "server_time": 1, "handover_epoch": 1}
SUBZONE: Json = {
    "subzone_id": "s" * 32,
    "subzone_name": "n" * 20,
    "parent_zone_id": "z" * 32,
    "assigned_gpios": [4, 5, 14, 15, 16, 17, 18, 19],
    "safe_mode_active": False,
    "timestamp": 1,
    "correlation_id": UUID,
}
MEASURE: Json = {
    "command": "measure",
    "request_id": UUID,
    "correlation_id": UUID,
    "intent_id": UUID,
    "timeout_ms": 5000,
    "timestamp": 1,
}
COSTS = [
    (ACK, 132),
    ({"command": "status", "correlation_id": UUID}, 99),
    ({"command": "onewire/scan", "params": {"pin": 4}, "timestamp": 1, "correlation_id": UUID}, 174),
    ({"command": "set_emergency_token", "token": "t" * 64, "token_type": "broadcast", "correlation_id": UUID}, 236),
    (MEASURE, 206),
    ({"subzone_id": "s" * 32, "reason": "manual", "timestamp": 1, "correlation_id": UUID}, 184),
    (SUBZONE, 460),
]


@pytest.mark.parametrize(("document", "computed"), COSTS)
def test_costs_agree_with_the_measured_ones(document: Json, computed: int) -> None:
    """16 bytes a slot and every distinct string once, as measured with the real library."""
    assert cost(document) == computed


def test_a_document_that_fits_exactly_is_read() -> None:
    """One byte less is NoMemory."""
    assert parse(encoded(ACK), 132) == ACK
    with pytest.raises(ParseFailure, match="NoMemory"):
        parse(encoded(ACK), 131)


UNREADABLE = [
    (b"", "EmptyInput"),
    (b"   ", "EmptyInput"),
    (b"{", "InvalidInput"),
    (b'{"a":NaN}', "InvalidInput"),
    (b'{"a":Infinity}', "InvalidInput"),
    (b"[" * 11 + b"]" * 11, "TooDeep"),
    (b"[" * 100_000, "TooDeep"),
    (b"9" * 5000, "InvalidInput"),
]


@pytest.mark.parametrize(("payload", "code"), UNREADABLE)
def test_unreadable_input_has_the_librarys_word(payload: bytes, code: str) -> None:
    """Nothing else than a ParseFailure comes out."""
    with pytest.raises(ParseFailure, match=code):
        parse(payload, 100_000)


def test_what_follows_the_first_value_is_ignored() -> None:
    """So is everything behind a zero byte, and a value that is no object reads as empty."""
    assert parse(b'{"a":1} and more', 64) == {"a": 1}
    assert parse(b'{"a":1}\0{"a":2}', 64) == {"a": 1}
    assert parse(b"[1,2]", 64) == {}


def test_bytes_that_are_no_utf8_survive() -> None:
    """The device hands them through."""
    assert encoded(parse(b'{"a":"\xb0C"}', 64)) == b'{"a":"\xb0C"}'


def test_missing_and_null_members_become_the_word_null() -> None:
    """Numbers become their digits."""
    assert [stringified({"a": None, "b": 7, "c": ""}, key) for key in "abcd"] == ["null", "7", "", "null"]


def test_the_scanner_takes_numbers_from_words() -> None:
    """Quotes do not matter, words count as 0."""
    text = '{"value": "0.5", "duration": 30, "x": true, "y": 1e3, "z": -1}'
    assert scan_number(text, "value") == 0.5
    assert scan_unsigned(text, "duration") == 30
    assert scan_number(text, "x") == 0.0
    assert scan_number(text, "y") == 1.0
    assert scan_unsigned(text, "z") == 2**32 - 1


def test_the_scanner_stops_at_the_first_quote_in_a_string() -> None:
    """Escapes are not known, an open string is empty."""
    assert scan_text('{"command":"a\\"b"}', "command") == "a\\"
    assert scan_text('{"command":"never ends', "command") == ""
    assert len(cut(b"x" * 600)) == 511


def test_joined_messages_print_fixed_decimals_and_do_not_escape() -> None:
    """As the firmware's string addition does."""
    assert concatenated({"v": Fixed(1, 3), "b": True, "s": 'a"b', "o": {"n": 1}}) == (
        b'{"v":1.000,"b":true,"s":"a"b","o":{"n":1}}'
    )
