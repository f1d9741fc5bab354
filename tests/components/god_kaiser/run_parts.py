"""Runs of small sequences, as the engine hands them over when it wants something done for them."""

from custom_components.god_kaiser.core.ids import CommandId
from custom_components.god_kaiser.core.sequences.model import Phase, Sequence
from custom_components.god_kaiser.core.sequences.run import Answer, Cursor, Node, Run, Stage, Trigger
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.core.sequences.steps import Step

KEY = CommandId("r1:1")
SECOND = CommandId("r1:2")


class Answers:
    """What the engine is told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.told: list[tuple[str, Answer]] = []

    def __call__(self, run: str, answer: Answer) -> None:
        """Write an answer down."""
        self.told.append((run, answer))

    @property
    def only(self) -> Answer:
        """Return the one answer that there is."""
        assert [run for run, _ in self.told] == ["r1"]
        return self.told[0][1]


def a_sequence(*steps: Step, name: str = "irrigation") -> Sequence:
    """Return a sequence of one phase."""
    return Sequence(id=name, name=name.title(), phases=(Phase(name="main", steps=steps),))


def a_run(
    *steps: Step,
    waits_for: tuple[CommandId, ...] = (),
    user: str = "",
    variables: dict[str, str | float | bool] | None = None,
    status: RunStatus = RunStatus.RUNNING,
) -> Run:
    """Return a run that stands in a step which waits for some answers."""
    inner = tuple(Cursor(node=Node(stage=Stage.ACTING, began=0.0, key=key)) for key in waits_for)
    return Run(
        id="r1",
        program=a_sequence(*steps),
        status=status,
        started_at=0.0,
        variables=variables or {},
        trigger=Trigger(kind="user", id=user),
        cursor=Cursor(node=Node(stage=Stage.ACTING, began=0.0, inner=inner)),
    )
