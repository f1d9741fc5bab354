"""What findings come to, and that everybody who finds something says what can be done."""

import pytest

from custom_components.god_kaiser.core.sequences.findings import (
    Advice,
    Check,
    Finding,
    Require,
    Severity,
    Verdict,
    verdict_of,
)


def a_finding(severity: Severity) -> Finding:
    """Return something that was found."""
    return Finding(check=Check.SAFETY, severity=severity, code="x", advice=Advice.CLEAR_STOP)


WARN, ERROR = a_finding(Severity.WARN), a_finding(Severity.ERROR)


@pytest.mark.req("EXE-13")
@pytest.mark.parametrize(
    ("findings", "require", "verdict"),
    [
        ((), Require.WARN, Verdict.OK),
        ((), Require.OK, Verdict.OK),
        ((WARN,), Require.WARN, Verdict.WARN),
        ((WARN,), Require.OK, Verdict.REFUSED),
        ((ERROR,), Require.WARN, Verdict.REFUSED),
        ((WARN, ERROR), Require.WARN, Verdict.REFUSED),
        ((ERROR,), Require.OK, Verdict.REFUSED),
    ],
)
def test_an_error_is_never_overruled_and_a_warning_only_where_it_may_be(
    findings: tuple[Finding, ...], require: Require, verdict: Verdict
) -> None:
    """Whatever a start asks for."""
    assert verdict_of(findings, require) is verdict
