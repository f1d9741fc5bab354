"""What people have tried out at the moment: one piece of work for each of them, and not too many at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from homeassistant.core import callback

from ..core.rules.errors import RuleError

MOST_JOBS: Final = 4


class Job:
    """One piece of work that somebody waits for."""

    def __init__(self, kind: str, rule: str, asker: str) -> None:
        """Say what it is about, and who has asked."""
        self.kind = kind
        self.rule = rule
        self.asker = asker
        self.percent = -1
        self._why_ended = ""

    @callback
    def end(self, why: str) -> None:
        """Let nobody wait for it any longer; what has ended first counts."""
        self._why_ended = self._why_ended or why

    @callback
    def demand_wanted(self) -> None:
        """Raise where nobody wants it any more."""
        if self._why_ended:
            raise RuleError(self._why_ended, self.kind, given=self.rule)


class RuleJobs:
    """The work of one hub; whoever asks something newer ends what the same person has asked before, and nobody else's."""

    def __init__(self) -> None:
        """Begin with nothing to do."""
        self._jobs: list[Job] = []

    @contextmanager
    def working(self, kind: str, rule: str, asker: str) -> Iterator[Job]:
        """Keep a piece of work for as long as it lasts."""
        for mine in self._of(asker):
            mine.end("rule_work_superseded")
            self._jobs.remove(mine)
        if len(self._jobs) >= MOST_JOBS:
            raise RuleError("rule_work_too_much", kind, given=rule, most=MOST_JOBS)
        job = Job(kind, rule, asker)
        self._jobs.append(job)
        try:
            yield job
        finally:
            if job in self._jobs:
                self._jobs.remove(job)

    @callback
    def cancel(self, asker: str) -> int:
        """End what somebody has asked, and return how much that was."""
        mine = self._of(asker)
        for job in mine:
            job.end("rule_work_cancelled")
        return len(mine)

    def _of(self, asker: str) -> list[Job]:
        return [job for job in self._jobs if job.asker == asker]
