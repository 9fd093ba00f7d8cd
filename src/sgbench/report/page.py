"""A page for the docs with what a study found: ``python -m sgbench.report.page results/default docs``.

It is run in the project's folder, as Snakemake is.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from PIL import Image

from sgbench.errors import SgbenchError
from sgbench.files import atomic, read_table
from sgbench.report import spent, style
from sgbench.report.summary import over_seeds
from sgbench.study.looks import looks
from sgbench.study.schema import read

#: The figures to show, by the first part of their name, in the order of the pipeline, each kind with what it shows.
SHOWN = {
    "census": "Records and distinct materials of each space group",
    "classes": "One crystal of each class, as it is measured",
    "measurement": "One pattern as instruments and specimens change it",
    "resolution": "The same crystals at each resolution",
    "gallery": "Training samples of a rare class, and what each balance variant made of them",
    "curves": "Loss, and macro-F1 on dev, while networks train",
    "reconstruction": "Loss while autoencoders train",
    "scree": "Variance of the principal components",
    "embedding": "Two dimensions of each reduction, by class and by cluster",
    "responses": "What the kernels of a network answer to a sample",
    "scores": "Accuracy and macro-F1 on test, means over seeds with 95 % intervals",
    "topk": "Top-1, top-3 and top-5 accuracy on test",
    "heatmap": "Macro-F1 on test of each model under each balance variant",
    "recall": "Recall on test by the size of the class in training",
    "rarity": "Recall on test by the number of training materials, without balancing and with crystals made anew",
    "levels": "Where the samples of a class stop in the Trickle-Down Classifier",
    "cost": "Score against the time that training took",
    "trickle": "The Trickle-Down Classifier against the same model on all classes, by training items",
    "leak": "The same model with and without its test crystals among the training ones",
    "transfer": "The same models in exams",
    "calibration": "How often a model is right where it is so sure, on test",
    "coverage": "Accuracy where a model answers only what it is surest of, on test and in exams",
    "confusion": "Confusion on test of the model that was chosen on dev",
    "confusion_on": "Confusion of that model in an exam",
    "published": "Published beside measured",
    "confusion_beside": "Confusion of a model of which it was published too",
    "confusion_beside_on": "Confusion of that model in an exam, of which it was published too",
}
_SCHEMA = "config/schema"
_WAY = ["modality", "dedup", "split", "task", "balance", "model"]
_METRICS = ["accuracy", "balanced_accuracy", "macro_f1", "top3"]
# What a column is called whose values are not named after an axis of its own.
_AXIS = {"judged": "modality"}
_TIMES = {"minutes": "wall", "CPU minutes": "cpu"}
# Charts of few colours take a quarter of the space with so many, and look the same.
_COLOURS = 64


def write(results: Path, docs: Path) -> Path:
    """Write ``docs/results/STUDY.md``, and the figures that it shows to ``docs/results/STUDY/``.

    Args:
        results: folder of a finished study.
        docs: folder to write to.

    Returns:
        The page.

    Raises:
        SgbenchError: the study is not finished.
    """
    try:
        opening = (results / "opening.rst").read_text(encoding="utf-8")
        provenance = json.loads((results / "provenance.json").read_text(encoding="utf-8"))
        config = yaml.safe_load((results / "config.yaml").read_bytes())
    except FileNotFoundError as missing:
        raise SgbenchError(f"{missing.filename} is missing: run the study to its report first") from None
    style.use(looks(config, read(_SCHEMA)))
    page = docs / "results" / f"{results.name}.md"
    jobs = spent.jobs(results)
    text = [
        f"# Results of the study {results.name}",
        *_origin(results, provenance, jobs),
        opening.replace("``", "`").strip(),
        "## All scores",
        "On test; means over seeds, with the half-widths of their 95 % intervals.",
        _scores(read_table(results / "scores.csv"), _WAY),
    ]
    if (results / "transfers.csv").exists():
        transfers = read_table(results / "transfers.csv")
        exams = transfers[transfers["judged"] != transfers["modality"]]
        text += ["## Scores in exams", _scores(exams, ["judged", *_WAY])]
    if (results / "published.csv").exists():
        text += ["## Published numbers", _published(read_table(results / "published.csv"))]
    text += [*_figures(results, page), "## Time and memory", _spent(jobs)]
    text.append("What interrupted jobs took is not counted.")
    with atomic(page) as partial:
        partial.write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return page


def _origin(results: Path, provenance: Mapping[str, Any], jobs: pd.DataFrame) -> list[str]:
    """Return paragraphs on when, where, from what and how a study was made."""
    ended = datetime.fromtimestamp((results / "provenance.json").stat().st_mtime, UTC)
    wall = spent.wall_s(jobs)
    inputs = ", ".join(f"`{Path(name).name}` ({code[:12]})" for name, code in provenance["inputs"].items())
    files = provenance.get("study_files", [])
    commands = [f"snakemake --profile local --configfile {' '.join(files)}"] if files else []
    commands.append(f"python -m sgbench.report.page results/{results.name} docs")
    return [
        f"Of {ended:%Y-%m-%d}, commit {provenance['commit'][:12]}, on {provenance['machine']}: jobs ran for "
        f"{wall / 3600:.1f} hours and took {jobs['cpu_s'].sum() / 3600:.1f} CPU hours, "
        "interrupted ones since they were last started."
        + (f" Crystals and files: {inputs}, with the start of their SHA-256." if inputs else ""),
        "Made by",
        "```sh\n" + "\n".join(commands) + "\n```",
    ]


def _scores(trainings: pd.DataFrame, by: list[str]) -> str:
    """Return a table of scores, a row for the seeds of a way; ``by`` are the columns that tell ways apart."""
    columns = {}
    for metric in _METRICS:
        table = over_seeds(trainings, by, f"test_{metric}")
        columns[style.metric(metric)] = _with_spread(table["mean"], table["half_width"])
    named = {name: table[name].map(partial(style.label, _AXIS.get(name, name))) for name in by}
    named["model"] = named["model"].combine(table["converged"], style.marked)
    return _markdown(pd.DataFrame(named | {"seeds": table["seeds"]} | columns))


def _published(table: pd.DataFrame) -> str:
    """Return the published numbers of the study's literature beside those measured, and what differs."""
    shown = table[["row", "what", "source"]].assign(
        score=table["metric"].map(style.metric),
        published=table["published"].map("{:g}".format),
        # A study laid over another may leave some of its trainings out.
        measured=_with_spread(table["measured"], table["half_width"]).where(table["measured"].notna(), "not run"),
        seeds=table["seeds"],
    )
    if "died" in table:
        shown["died"] = table["died"].map("{:.0f}".format, na_action="ignore").fillna("")
    return _markdown(shown.assign(differs=table["differs"]))


def _with_spread(mean: pd.Series, half_width: pd.Series) -> pd.Series:
    """Return each mean with the half-width of its interval; scores in thousandths, counts in tenths."""
    digits = mean.abs().gt(1).map({True: 1, False: 3})
    spread = [f" ± {width:.{few}f}" if pd.notna(width) else "" for width, few in zip(half_width, digits, strict=True)]
    return pd.Series([f"{value:.{few}f}" for value, few in zip(mean, digits, strict=True)], mean.index) + spread


def _figures(results: Path, page: Path) -> list[str]:
    """Copy the figures to show to a folder named like the page; return the paragraphs that show them."""
    folder = page.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kinds = list(SHOWN)
    pictures = [picture for picture in (results / "figures").glob("*.png") if _kind(picture) in SHOWN]
    pictures.sort(key=lambda picture: (kinds.index(_kind(picture)), picture.name))
    text = []
    for kind, shown in groupby(pictures, _kind):
        text.append(f"## {SHOWN[kind]}")
        for picture in shown:
            with Image.open(picture) as image:
                few = image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
            few.save(folder / picture.name, optimize=True)
            subject = ", ".join(map(style.name, picture.stem.split(".")[1:]))
            text += [f"*{subject}*"] if subject else []
            known = {name: style.knows(name) for name in _modalities(picture)}
            text += [f"Of *{style.name(name)}*: {what}" for name, what in known.items() if what]
            text.append(f"![{subject or SHOWN[kind]}]({folder.name}/{picture.name})")
    return text


def _kind(picture: Path) -> str:
    return picture.name.split(".")[0]


def _modalities(picture: Path) -> list[str]:
    """Return the modalities that a figure is of: those in its name, or in the table that it draws."""
    named = picture.stem.split(".")[1:]
    table = read_table(picture.with_suffix(".csv"))
    return [*named, *(table["modality"].unique() if "modality" in table else [])]


def _spent(jobs: pd.DataFrame) -> str:
    """Return a table of what the jobs of each rule took together, those of all figures in one row."""
    table = spent.by_rule(jobs.assign(rule=jobs["rule"].str.replace(r"^figure_.*", "figure_*", regex=True)))
    minutes = {name: (table[f"{key}_s"] / 60).map("{:.1f}".format) for name, key in _TIMES.items()}
    peak = table["memory_mb"].map("{:,.0f}".format)
    return _markdown(table[["rule", "jobs"]].assign(**minutes, **{"peak of one job, MB": peak}))


def _markdown(table: pd.DataFrame) -> str:
    rows = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def main() -> None:
    """Write the page of one study."""
    parser = argparse.ArgumentParser(description="Write a page with the results of a finished study.")
    parser.add_argument("results", type=Path, help="e.g. results/default")
    parser.add_argument("docs", type=Path, help="folder to write results/STUDY.md and results/STUDY/ to")
    asked = parser.parse_args()
    try:
        print(write(asked.results, asked.docs))
    except SgbenchError as error:
        sys.exit(f"sgbench: error: {error}")


if __name__ == "__main__":
    main()
