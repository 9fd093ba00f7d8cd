"""What a benchmark measured, said such that all of them fit into one table."""

MARK = "="


def result(what: str, measured: str, goal: str = "") -> None:
    """Print one measurement.

    Args:
        what: what was measured, and on what.
        measured: the number with its unit.
        goal: what it should be; "" where there is no such number.
    """
    print(MARK, what, measured, goal, sep="\t", flush=True)
