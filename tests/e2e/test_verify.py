"""A hub in a real Home Assistant has everything that it needs, and the script for the build server says so."""

import pytest

from scripts.verify_hub import LEAST_CHECKS, is_well, lines, self_check, verify
from tests.e2e.stage import Stage


@pytest.mark.req("EXE-70")
async def test_a_hub_passes_its_checks(greenhouse: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    """Each check is a line with pass, warn or fail, and nothing fails."""
    assert await verify(greenhouse.client) == 0
    told = capsys.readouterr().out.splitlines()
    assert len([line for line in told if line.split()[0] in ("PASS", "WARN", "FAIL")]) >= LEAST_CHECKS
    assert told[-1].endswith("0 failed")


@pytest.mark.req("EXE-70")
async def test_a_check_that_fails_fails_the_build(greenhouse: Stage) -> None:
    """And so does one that looks at too little."""
    answer = await self_check(greenhouse.client)
    assert is_well(answer)
    assert not is_well({**answer, "failed": 1})
    assert not is_well({**answer, "checks": answer["checks"][: LEAST_CHECKS - 1]})
    assert list(lines(answer))[-1].startswith(f"{answer['passed']} passed, ")
