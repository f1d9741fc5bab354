"""A table of figures beside what was aimed at."""

from typing import NamedTuple


class Row(NamedTuple):
    """One figure."""

    what: str
    figure: str
    aim: str = ""


def show(title: str, rows: list[Row]) -> None:
    """Print the rows in columns."""
    width = max(len(row.what) for row in rows)
    figures = max(len(row.figure) for row in rows)
    print(f"\n{title}")
    for row in rows:
        aim = f"  (aim: {row.aim})" if row.aim else ""
        print(f"  {row.what:<{width}}  {row.figure:>{figures}}{aim}")
