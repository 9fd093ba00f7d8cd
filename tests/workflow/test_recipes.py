"""A model and a balance variant that are not in the project, put in as the README says, through a study to a figure."""

import json
import re

import pandas as pd
import yaml

from tests.kinds import BLOCK

STUDY = {
    "study": "mine",
    "crystals": ["tests/data/crystals.parquet"],
    "modalities": {"powder": {"simulate": "powder", "bins": 64}},
    "matrix": [BLOCK | {"balance": ["first"], "model": ["quick"]}],
}
CELL = "results/mine/powder/deduplicated/by_material/crystal_system/first"
FIGURE = "results/mine/figures/curves.powder.crystal_system.svg"


def follow(folder, heading):
    """Write the files of one of the README's recipes, and return what it says of a study."""
    recipe = re.search(rf"^## {heading}\n(.*?)^## ", (folder / "README.md").read_text(), re.S | re.M)[1]
    blocks = re.findall(r"^```\w+\n(.*?)^```", recipe, re.S | re.M)
    # Each block stands below the first mention of its file.
    paths = dict.fromkeys(re.findall(r"`((?:src|config)/\S+/\w+\.\w+)`", recipe))
    new = [folder / path for path in paths if not (folder / path).exists()]
    assert [path.suffix for path in new] == [".py", ".yaml"]
    for path, text in zip(new, blocks, strict=False):
        path.write_text(text)
    return yaml.safe_load(blocks[-1])


def test_the_recipes_of_the_readme(fresh):
    study = STUDY | follow(fresh.folder, "Add a model") | follow(fresh.folder, "Add a balance variant")
    (fresh.folder / "mine.yaml").write_text(yaml.safe_dump(study))
    metrics = f"{CELL}/quick/seed0/metrics.json"
    fresh.snakemake(metrics, FIGURE, study="mine.yaml")
    assert 0 <= json.loads((fresh.folder / metrics).read_text())["test"]["accuracy"] <= 1
    assert len(pd.read_csv(fresh.folder / f"{CELL}/quick/seed0/history.csv")) == 3
    classes = pd.read_csv(fresh.folder / f"{CELL}/seed0/classes.csv")
    assert (classes["items"] == classes["samples"].clip(upper=8)).all()
    drawn = (fresh.folder / FIGURE).read_text()
    assert "one layer, 3 epochs" in drawn
    assert "#17becf" in drawn
