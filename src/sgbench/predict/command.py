"""The command ``sgbench``: ask a trained model about patterns."""

import argparse
import json
import math
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sgbench.errors import SgbenchError
from sgbench.files import atomic, read_table, write_table
from sgbench.predict import modelfile
from sgbench.predict.answers import NAMED
from sgbench.predict.asking import NONE, ask
from sgbench.predict.modelfile import ModelFile
from sgbench.samples.pattern import K_ALPHA_A, wavelength_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns 0, or 1 where a file or pattern could not be asked about."""
    asked = _parser().parse_args(arguments)
    try:
        return _predict(asked)
    except SgbenchError as error:
        print(f"sgbench: error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"sgbench: error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sgbench", description="Ask trained models about diffraction patterns.")
    predict = parser.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "predict",
        help="name the likeliest space groups of patterns",
        description="Name the likeliest space groups (or what else the model was trained for) of patterns.",
        epilog="Exit status: 1 if something could not be asked about, else 0.",
    )
    predict.add_argument("model", metavar="MODEL", help="a model file of a study: .../model.sgbench")
    predict.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="powder patterns (.xy, .xye, .csv, .xrdml, .raw, .brml, .ras, .gsas, .uxd, .cif), batch files of CBED "
        "(.h5) or arrays (.npy, .npz), as the model learnt from",
    )
    predict.add_argument(
        "--wavelength",
        metavar="Å",
        help="wavelength of powder patterns that state none: a number, or an anode's, CuKa1 or CuKa (both lines); "
        f"anodes: {', '.join(K_ALPHA_A)}",
    )
    what = "how frequent the classes are where the patterns come from, as a table with class and share; others are 0"
    predict.add_argument("--prior", metavar="CSV", help=what)
    predict.add_argument("--csv", metavar="FILE", help="write the answers as a table")
    predict.add_argument("--json", metavar="FILE", help="write the answers as JSON")
    predict.add_argument(
        "--plot", metavar="FOLDER", help="draw each pattern as the model sees it, with the answer, as PNG"
    )
    return parser


def _wavelength(text: str, radiation: str) -> float:
    """Return a wavelength in Å: a number, or that of an anode, CuKa1 one line, CuKa the mean of both.

    Raises:
        SgbenchError: it is neither, or an anode for a model of neutron patterns.
    """
    if re.fullmatch(rf"({'|'.join(K_ALPHA_A)})Ka[12]?", text):
        if radiation == "neutron":
            raise SgbenchError(f"--wavelength {text}: is one of X-rays, and the model knows neutrons")
        return wavelength_of(text)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.05 <= value <= 10:
        raise SgbenchError(f"--wavelength {text}: is neither a number of Å, 0.05 to 10, nor an anode's, e.g. CuKa")
    return value


def _predict(asked: argparse.Namespace) -> int:
    model = modelfile.read(asked.model)
    _introduce(model, asked.model)
    expected = None if asked.prior is None else _expected(asked.prior, model.about["classes"])
    radiation = model.about["made_by"].get("radiation", "")
    wavelength_A = None if asked.wavelength is None else _wavelength(asked.wavelength, radiation)
    rows = []
    for one, row in ask(model, asked.files, wavelength_A, expected):
        where = f"{one.file}#{one.name}" if one.name else one.file
        if row["reason"]:
            print(f"sgbench: {where}: {row['reason']}", file=sys.stderr)
        else:
            print(_told(where, row, model.novelty.limit))
            if asked.plot:
                _draw(Path(asked.plot), where, one.image, row, model.about)
        rows.append(row)
    table = pd.DataFrame(rows)
    if asked.csv:
        write_table(table, asked.csv)
    if asked.json:
        known = [{key: value for key, value in row.items() if not pd.isna(value)} for row in table.to_dict("records")]
        with atomic(asked.json) as partial:
            partial.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int((table["reason"] != "").any())


def _introduce(model: ModelFile, path: str) -> None:
    about = model.about
    cell, test = about["cell"], about["scores"]["test"]
    print(
        f"{cell['model']} of the study {about['study']}, {cell['modality']}, {cell['task']}; on its own test: accuracy "
        f"{test['accuracy']:.2f}, macro-F1 {test['macro_f1']:.2f}"
    )
    if not model.is_of_this_code:
        print(
            f"sgbench: {path}: was written by other code than this (commit {about['commit'][:12]}); its answers "
            "may not be those it was scored by",
            file=sys.stderr,
        )


def _expected(path: str, classes: Sequence[int | str]) -> np.ndarray:
    """Read how frequent each class is.

    Raises:
        SgbenchError: the table lacks a column, names no class of the model, or has no positive share.
    """
    table = read_table(path, ["class", "share"])
    share = pd.to_numeric(table["share"], errors="coerce")
    if share.isna().any() or (share < 0).any():
        raise SgbenchError(f"{path}: the column share holds something else than numbers of 0 or more")
    of = dict(zip(table["class"].astype(str), share, strict=True))
    strange = sorted(of.keys() - set(map(str, classes)))
    found = np.array([of.get(str(value), 0.0) for value in classes])
    if strange or not found.any():
        what = f"{strange[0]} is none of its classes" if strange else "all shares are 0"
        raise SgbenchError(f"{path}: does not fit the model: {what}")
    return found


def _told(where: str, row: pd.Series, limit: float) -> str:
    """Return what is said of a pattern on the terminal."""
    lines = [f"{where}: {row['answer']}"]
    if row["answer"] == NONE:
        lines[0] += (
            f"; it is unlike the patterns of training (distance {row['distance']:.2f}, theirs are below {limit:.2f})"
        )
    for place in range(1, NAMED + 1):
        if f"class_{place}" in row:
            lines.append(f"  {100 * row[f'p_{place}']:5.1f} %  {row[f'class_{place}']}")
    if "extinction_group" in row:
        lines.append(f"  {100 * row['p_extinction_group']:5.1f} %  extinction group of {row['extinction_group']}")
        lines.append(f"  {100 * row['p_crystal_system']:5.1f} %  {row['crystal_system']}")
    return "\n".join(lines)


def _draw(folder: Path, where: str, image: np.ndarray, row: pd.Series, about: dict) -> None:
    # Slow to import.
    from sgbench.predict.picture import draw

    folder.mkdir(parents=True, exist_ok=True)
    name = Path(where).name.replace("#", "-")
    with atomic(folder / f"{name}.png") as partial:
        draw(image, row, about).savefig(partial, format="png")


if __name__ == "__main__":
    sys.exit(main())
