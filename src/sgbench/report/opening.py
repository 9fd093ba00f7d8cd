"""The opening page of the report: what the study is and what came out, with its numbers filled in."""

from collections.abc import Mapping, Sequence

import pandas as pd

from sgbench.report import style
from sgbench.report.published import COUNTED, REMOVED
from sgbench.report.summary import Choice, choose, choose_for, converged, difference, of_way, over_seeds

_TEXT = """\
**Which of the 230 space groups does a crystal belong to, seen only through its diffraction pattern?**
Nature gives thousands of examples of some groups and a handful of others. The study *{study}* has {records:,}
{what} of {groups} space groups, the rarest with {rarest}, the most frequent with {largest:,}; and {trainings}
trainings of {models} under {balances} of treating the imbalance. Every choice was made on dev; the
scores are those of test.

What came out on test, of the model and balance with the highest mean macro-F1 on dev over the seeds that all
have. One is ahead of another only where the 95 % interval of their difference in macro-F1, paired by seed, leaves
out 0 (Nadeau & Bengio 2003):

{best}{oriented}
{exams}{leak}{published}
The report follows the pipeline: **data**, **split** and what leaks through it, **balance**, **training**, **results**.
Versions, commit, seeds and the checksums of the inputs are in ``results/{study}/provenance.json``.
"""

_EXAMS = """\
In exams, of the model and balance with the highest macro-F1 on dev crystals as the exam shows them; where it shows
other crystals, as everything else shows them that the models are judged on:

{lines}
"""


def write(
    study: str,
    what: str,
    groups: pd.Series,
    scores: pd.DataFrame,
    transfers: pd.DataFrame | None,
    ways: Sequence[Mapping[str, str]],
    leaks: Mapping[str, pd.DataFrame],
    published: pd.DataFrame | None,
) -> str:
    """Return the page as reStructuredText.

    Args:
        study: its name.
        what: crystals or samples.
        groups: the space group of each of them; 0 where it is unknown.
        scores: the scores of all trainings.
        transfers: those in exams, and on the own modality of what sits them; None where the study has no exams.
        ways: modality, task, dedup and split of each line about the best model.
        leaks: the leak of each task that has one; see :mod:`sgbench.report.leak`.
        published: see :mod:`sgbench.report.published`; None where the study compares with nothing.
    """
    sizes = groups[groups > 0].value_counts()
    return _TEXT.format(
        study=study,
        records=len(groups),
        what=what,
        groups=len(sizes),
        rarest=sizes.min(),
        largest=sizes.max(),
        trainings=len(scores),
        models=_count(scores["model"].nunique(), "model"),
        balances=_count(scores["balance"].nunique(), "way"),
        best="".join(f"- {_best(scores, way)}\n" for way in ways if not style.knows(way["modality"])),
        oriented="".join(
            f"- Not diffraction alone: {_best(scores, way)}. {style.knows(way['modality'])}\n"
            for way in ways
            if style.knows(way["modality"])
        ),
        exams="" if transfers is None else _EXAMS.format(lines="".join(_exams(transfers, way) for way in ways)),
        leak="".join(_leak(task, table) for task, table in leaks.items()),
        published="" if published is None else _published(published),
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _exams(transfers: pd.DataFrame, way: Mapping[str, str]) -> str:
    """Return a line for each exam."""
    rows = of_way(transfers, way)
    text = ""
    for judged, sat in rows[rows["judged"] != way["modality"]].groupby("judged", sort=False):
        own = choose_for(rows, judged).rows(sat)
        text += (
            f"- {style.label('task', way['task'])}, {style.label('modality', way['modality'])} in the exam "
            f"*{style.label('modality', judged)}*: {_who(own)}: {_accuracy(own)}, among the five likeliest "
            f"{_mean(own, 'top5')} (the five largest: {own['test_five_largest'].mean():.2f}), "
            f"macro-F1 {_mean(own, 'macro_f1')}\n"
        )
    return text


def _best(scores: pd.DataFrame, way: Mapping[str, str]) -> str:
    rows = of_way(scores, way)
    best = choose(rows)
    own = best.rows(rows)
    return (
        f"{style.label('task', way['task'])}, {style.label('modality', way['modality'])}: "
        + ("" if best.seeds else "no best, as its trainings have no seed in common; shown: ")
        + f"{_who(own)}: {_accuracy(own)}, macro-F1 {_mean(own, 'macro_f1')}{_lead(rows, best)}"
    )


def _who(trainings: pd.DataFrame) -> str:
    """Return the name of the model and balance of some trainings, all of one kind."""
    one = trainings.iloc[0]
    name = f"{style.label('model', one['model'])} ({style.label('balance', one['balance'])})"
    return name if converged(trainings).all() else f"{name}, {style.NOT_CONVERGED}"


def _lead(rows: pd.DataFrame, best: Choice) -> str:
    """Tell what the chosen model and balance are ahead of, behind and not told apart from, by test macro-F1."""
    own, others = best.rows(rows), {}
    for (model, balance), theirs in rows.groupby(["model", "balance"], sort=False):
        if (model, balance) != (best.model, best.balance):
            others[_who(theirs)] = difference(own, theirs, "test_macro_f1")
    told = {name: gain for name, gain in others.items() if gain.holds}
    text = ""
    for way, sign in (("ahead", 1), ("behind", -1)):
        gains = {name: sign * gain.mean for name, gain in told.items() if sign * gain.mean > 0}
        if gains:
            nearest = min(gains, key=gains.get)
            of = nearest if len(gains) == 1 else f"{len(gains)} others, of the nearest, {nearest},"
            text += f"; {way} of {of} by {gains[nearest]:.2f} ± {told[nearest].half_width:.2f}"
    same = [name for name in others if name not in told]
    return text + (f"; not told apart from {', '.join(same)}" if same else "")


def _accuracy(own: pd.DataFrame) -> str:
    """Tell the accuracy of some trainings, all of one kind, and what it must beat."""
    return f"accuracy {_mean(own, 'accuracy')} (the largest class: {own['test_largest_class'].mean():.2f})"


def _mean(own: pd.DataFrame, metric: str) -> str:
    """Return the mean test score of some trainings, all of one kind, with its interval."""
    row = over_seeds(own, ["model"], f"test_{metric}").iloc[0]
    width = "" if pd.isna(row["half_width"]) else f" ± {row['half_width']:.2f}"
    return f"{row['mean']:.2f}{width}"


def _leak(task: str, table: pd.DataFrame) -> str:
    """Tell, for each modality, of the training whose score owes most to training crystals among the test samples."""
    text = ""
    for modality, rows in table[table["classes"] > 0].groupby("modality", sort=False):
        ways = rows.groupby(["model", "balance"], sort=False)
        least, most = ways.nth(0), ways.nth(-1)
        many = most.loc[most["gain"].fillna(0).idxmax()]
        few = least[(least["model"] == many["model"]) & (least["balance"] == many["balance"])].iloc[0]
        model = style.label("model", many["model"])
        has_interval = not pd.isna(many["gain_half_width"])
        width = f" ± {100 * many['gain_half_width']:.0f}" if has_interval else ""
        told = {"share_in_train": "a crystal", "share_of_types_in_train": "a structure type"}
        told = {name: what for name, what in told.items() if not pd.isna(many[name])}
        memory = "memory" if many["share_in_train"] > few["share_in_train"] else "what known structure types tell"
        verdict = "That is not told apart from no difference."
        if many["differs"] and many["gain"] > 0:
            verdict = f"The difference is {memory}."
        elif not has_interval:
            verdict = "How much of that is chance takes more seeds to tell."
        seen = " and ".join(f"{100 * few[name]:.0f} %" for name in told)
        text += (
            f"\n**The leak**, {style.label('task', task)}, {style.label('modality', modality)}: "
            f"over the {many['classes']} classes that its ways of preparing the data share, "
            f"{style.marked(model, many['converged'] and few['converged'])} has a mean recall of "
            f"{100 * many['mean']:.0f} % where of the test samples "
            f"{' and '.join(f'{100 * many[name]:.0f} % show {what}' for name, what in told.items())} "
            f"of the training part, and of {100 * few['mean']:.0f} % where {seen} do: "
            f"{100 * many['gain']:+.0f}{width} points. {verdict}\n"
        )
    return text


def _published(table: pd.DataFrame) -> str:
    measured = table[~table["metric"].isin([REMOVED, *COUNTED])].dropna(subset=["measured"])
    if measured.empty:
        return ""
    reached = (measured["measured"] >= measured["published"] - measured["half_width"].fillna(0)).sum()
    starved = (~measured["converged"]).sum()
    of_starved = f"; {starved} are of trainings that did not converge" if starved else ""
    return (
        f"\n**Published beside measured**: {reached} of {len(measured)} scores of the literature are reached or "
        f"passed{of_starved}; the table under *Published* says what differs for each.\n"
    )
