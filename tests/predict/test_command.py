"""The command, on a small model of X-ray powder patterns."""

import json

import numpy as np
import pandas as pd
import pytest

from sgbench import simulate
from sgbench.crystals.extinction import extinction_group
from sgbench.crystals.symmetry import crystal_system
from sgbench.crystals.table import from_table
from sgbench.predict import modelfile
from sgbench.predict.answers import name
from sgbench.predict.asking import NONE, ask
from sgbench.predict.command import main
from sgbench.predict.peaks import stands_out
from sgbench.predict.picture import draw
from sgbench.samples import store
from sgbench.samples.items import Items
from tests.ingest.pattern_files import X, Y, columns, xrdml
from tests.ingest.test_pattern_damage import DAMAGE
from tests.predict.trees import trees

BINS = 256
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model(some_crystals, tmp_path_factory):
    """A model file, the crystals that it was trained on, and how their patterns are measured in fine steps."""
    folder, table = tmp_path_factory.mktemp("model"), some_crystals
    values = {"radiation": "xray", "resolution": "high", "bins": BINS}
    settings = simulate.settings("powder", values)
    crystals = list(from_table(table))
    patterns = list(simulate.simulate_all("powder", settings, crystals, table["id"], 1))
    classes = sorted(table["space_group"].unique().tolist())
    labels = table["space_group"].map(classes.index).to_numpy()
    store.write(folder / "store.h5", patterns, settings.shape, {"simulate": "powder", **values})
    opened = store.Store(folder / "store.h5")
    items = Items.plain(opened, labels, np.arange(len(labels)))
    fine = simulate.settings("powder", values | {"bins": 5000, "scale_exponent": 1.0})
    return trees(folder / "model.sgbench", items, classes), crystals, fine


def measured(model, place, path):
    """Write the pattern of a crystal as a diffractometer does, and return its space group."""
    _, crystals, fine = model
    pattern = simulate.simulate_all("powder", fine, [crystals[place]], ["a"], 1)
    y = np.array(next(pattern)).ravel()
    edges = np.linspace(10, 110, 5001)
    path.write_text(columns((edges[1:] + edges[:-1]) / 2, 1e4 * y, header="# wavelength: 1.54184 Angstrom\n"))
    return crystals[place].space_group


def test_a_known_crystal_is_named(model, tmp_path, capsys):
    files = [tmp_path / f"{place}.xy" for place in range(0, 60, 3)]
    truth = [measured(model, place, path) for place, path in zip(range(0, 60, 3), files, strict=True)]
    outputs = ["--csv", str(tmp_path / "a.csv"), "--json", str(tmp_path / "a.json"), "--plot", str(tmp_path / "plots")]
    assert main(["predict", str(model[0]), *map(str, files), *outputs]) == 0
    told = capsys.readouterr()
    assert "trees of the study tests, xray, all; on its own test: accuracy 0.50, macro-F1 0.25" in told.out
    assert told.err == ""
    table = pd.read_csv(tmp_path / "a.csv", keep_default_na=False)
    assert table["file"].tolist() == [str(path) for path in files]
    right = [f"({group})" in name for group, name in zip(truth, table["class_1"], strict=True)]
    assert np.mean(right) > 0.9
    for row in table.to_dict("records"):
        assert 1 >= row["p_1"] >= row["p_2"] >= row["p_5"] >= 0
        group = int(row["class_1"].split("(")[1][:-1])
        assert row["p_extinction_group"] >= row["p_1"] - 1e-6 or str(group) not in row["extinction_group"].split()
        assert row["p_crystal_system"] <= 1 + 1e-6
    first = table.iloc[0]
    assert first["extinction_group"] == " ".join(map(str, extinction_group(truth[0])))
    assert first["crystal_system"] == crystal_system(truth[0])
    assert f"{files[0]}: {first['answer']}\n" in told.out
    assert [row["class_1"] for row in json.loads((tmp_path / "a.json").read_text())] == table["class_1"].tolist()
    assert len(list((tmp_path / "plots").glob("*.png"))) == len(files)


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_a_line_and_status_1(model, tmp_path, capsys, name):
    content = DAMAGE[name][0]
    path = tmp_path / "a.dat"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["predict", str(model[0]), str(path), "--wavelength", "CuKa"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"sgbench: {path}")


@pytest.mark.parametrize(
    ("x", "y", "options", "reason"),
    [
        (X, Y, [], "states no wavelength; give it with --wavelength"),
        (X[800:1000], Y[800:1000], ["--wavelength", "CuKa"], "is measured in 4 % of the range of the model"),
        (X, RNG.poisson(200, len(X)), ["--wavelength", "CuKa"], "shows no peak that stands out of its noise"),
        (X, 1e4 * np.exp(-X / 20), ["--wavelength", "CuKa"], "shows no peak that stands out of its noise"),
        (X, Y, ["--wavelength", "0.01"], "--wavelength 0.01: is neither a number of Å, 0.05 to 10, nor an anode"),
        (X, Y, ["--wavelength", "Zz"], "--wavelength Zz: is neither"),
        (X, Y, ["--wavelength", "0.1"], "nowhere in the range of the model"),
        (X, Y, ["--prior", "none.csv"], "none.csv: no such file"),
    ],
)
def test_what_cannot_be_asked_is_a_line(model, tmp_path, capsys, x, y, options, reason):
    path = tmp_path / "a.xy"
    path.write_text(columns(x, y))
    assert main(["predict", str(model[0]), str(path), *options]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert reason in line


def test_one_bad_file_does_not_stop_the_others(model, tmp_path, capsys):
    good = tmp_path / "good.xrdml"
    good.write_text(xrdml())
    assert main(["predict", str(model[0]), str(tmp_path / "none.xy"), str(good)]) == 1
    told = capsys.readouterr()
    assert "none.xy: cannot be read: no such file" in told.err
    assert f"{good}: " in told.out


def test_what_is_unlike_training_is_none_of_these(model, tmp_path):
    read = modelfile.read(model[0])
    known, strange = tmp_path / "known.xy", tmp_path / "strange.xy"
    measured(model, 5, known)
    waves = 1000 * (1 + np.sin(X))
    strange.write_text(columns(X, waves, header="# wavelength: 1.5406 Angstrom\n"))
    answers = [row["answer"] for _, row in ask(read, [str(known), str(strange)])]
    assert answers[0] != NONE
    assert answers[1] == NONE


def test_a_prior_of_the_place_of_use_changes_the_odds(model, tmp_path, capsys):
    path, prior = tmp_path / "a.xy", tmp_path / "prior.csv"
    group = measured(model, 7, path)
    other = next(number for number in modelfile.read(model[0]).about["classes"] if number != group)
    prior.write_text(f"class,share\n{other},1\n")
    assert main(["predict", str(model[0]), str(path), "--prior", str(prior)]) == 0
    assert f"100.0 %  {name(other)}\n" in capsys.readouterr().out
    prior.write_text("class,share\n999,1\n")
    assert main(["predict", str(model[0]), str(path), "--prior", str(prior)]) == 1
    assert "999 is none of its classes" in capsys.readouterr().err


def test_a_model_of_other_code_says_so(model, tmp_path, capsys, monkeypatch):
    path = tmp_path / "a.xy"
    measured(model, 7, path)
    monkeypatch.setattr(modelfile, "code_of", lambda kind: "another")
    assert main(["predict", str(model[0]), str(path)]) == 0
    assert "was written by other code than this (commit c0ffee)" in capsys.readouterr().err


@pytest.mark.parametrize("axis", ["two_theta", "log_q"])
def test_a_pattern_is_drawn_on_the_axis_of_the_model(axis):
    made_by = {"wavelength_A": "CuKa", "two_theta_deg": [5, 90], "bins": 100, "axis": axis}
    row = pd.Series({"file": "a.xy", "answer": "cubic", "class_1": "cubic", "p_1": 0.9})
    pattern = draw(np.eye(100)[None, 50:51].reshape(1, 1, 100), row, {"made_by": made_by}).axes[0]
    x, y = pattern.lines[0].get_data()
    low, high = (5, 90) if axis == "two_theta" else 4 * np.pi / 1.5419 * np.sin(np.radians([2.5, 45]))
    middle = (low + high) / 2 if axis == "two_theta" else np.sqrt(low * high)
    assert x[y.argmax()] == pytest.approx(middle, rel=0.02)


def test_a_peak_is_what_noise_and_background_are_not():
    x = np.linspace(0, 1, 2000)
    peak = 60 * np.exp(-(((x - 0.3) / 0.002) ** 2))
    assert all(stands_out(RNG.poisson(20 + peak).astype(float)) for _ in range(20))
    assert not any(stands_out(RNG.poisson(level, count).astype(float)) for level in (5, 500) for count in (60, 5000))
    assert not stands_out(3 * x + 5)
    assert not stands_out(1000 * np.exp(-3 * x))
