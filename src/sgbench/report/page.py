"""A page for the docs with what a study found: ``python -m sgbench.report.page results/default docs``.

It is run in the project's folder, as Snakemake is.
"""

import argparse
import json
import os
import shutil
import sys
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import pandas as pd
import yaml

from sgbench.errors import SgbenchError
from sgbench.files import atomic, read_table
from sgbench.study.looks import looks
from sgbench.study.schema import read

#: The figures to show, by the first part of their name, in the order of the pipeline, each kind with what it shows.
SHOWN = {
    "census": "Records and distinct materials of each space group",
    "gallery": "Training samples of a rare class, and what each balance variant made of them",
    "curves": "Loss, and macro-F1 on dev, while networks train",
    "scores": "Accuracy and macro-F1 on test, means over seeds with 95 % intervals",
    "topk": "Top-1, top-3 and top-5 accuracy on test",
    "heatmap": "Macro-F1 on test of each model under each balance variant",
    "recall": "Recall on test by the size of the class in training",
    "rarity": "Recall on test by the number of training materials, without balancing and with crystals made anew",
    "levels": "Where the samples of a class stop in the Trickle-Down Classifier",
    "trickle": "The Trickle-Down Classifier against the same model on all classes, by training items",
    "leak": "The same model with and without its test crystals among the training ones",
    "confusion": "Confusion on test of the model that was chosen on dev",
    "published": "Published beside measured",
}
_SCHEMA = "config/schema"
_SCORES = ["modality", "split", "task", "balance", "model", "seed", "test_accuracy", "test_macro_f1", "test_top3"]


def write(results: Path, docs: Path) -> Path:
    """Write ``docs/results.md`` and copy the figures that it shows to ``docs/results/``.

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
    ended = datetime.fromtimestamp((results / "provenance.json").stat().st_mtime, UTC)
    shown_as = looks(config, read(_SCHEMA))
    texts = {name: look["label"] for names in shown_as.values() for name, look in names.items()}
    knows = {name: look["knows"] for name, look in shown_as["modality"].items() if "knows" in look}
    kinds = list(SHOWN)
    pictures = [picture for picture in (results / "figures").glob("*.png") if _kind(picture) in SHOWN]
    pictures.sort(key=lambda picture: (kinds.index(_kind(picture)), picture.name))
    folder = docs / "results"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for picture in pictures:
        shutil.copyfile(picture, folder / picture.name)
    text = [
        f"# Results of the study {results.name}",
        f"Of {ended:%Y-%m-%d}, commit {provenance['commit'][:12]}, {provenance['machine']} with {os.cpu_count()} CPU "
        f"cores, {_hours(results):.1f} CPU hours. Made by `python -m sgbench.report.page {results} {docs}`.",
        opening.replace("``", "`").strip(),
    ]
    for kind, shown in groupby(pictures, _kind):
        text.append(f"## {SHOWN[kind]}")
        for picture in shown:
            subject = ", ".join(texts.get(name, name) for name in picture.stem.split(".")[1:])
            text += [f"*{subject}*"] if subject else []
            text += [f"Of *{texts[name]}*: {knows[name]}" for name in _modalities(picture) if name in knows]
            text.append(f"![{subject or SHOWN[kind]}](results/{picture.name})")
    text += ["## All scores", _markdown(read_table(results / "scores.csv")[_SCORES])]
    page = docs / "results.md"
    with atomic(page) as partial:
        partial.write_text("\n\n".join(text) + "\n", encoding="utf-8")
    return page


def _hours(results: Path) -> float:
    """Return the processor time of all jobs, as Snakemake measured it."""
    files = (results / "benchmarks").rglob("*.jsonl")
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return sum(float(line["cpu_time"] or 0) for line in lines) / 3600


def _kind(picture: Path) -> str:
    return picture.name.split(".")[0]


def _modalities(picture: Path) -> list[str]:
    """Return the modalities that a figure is of: those in its name, or in the table that it draws."""
    named = picture.stem.split(".")[1:]
    table = read_table(picture.with_suffix(".csv"))
    return [*named, *(table["modality"].unique() if "modality" in table else [])]


def _markdown(table: pd.DataFrame) -> str:
    def text(value: object) -> str:
        return f"{value:.3f}" if isinstance(value, float) else str(value)

    rows = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(text, row)) + " |" for row in rows)


def main() -> None:
    """Write the page of one study."""
    parser = argparse.ArgumentParser(description="Write a page with the results of a finished study.")
    parser.add_argument("results", type=Path, help="e.g. results/default")
    parser.add_argument("docs", type=Path, help="folder to write results.md and results/ to")
    asked = parser.parse_args()
    try:
        print(write(asked.results, asked.docs))
    except SgbenchError as error:
        sys.exit(f"sgbench: error: {error}")


if __name__ == "__main__":
    main()
