"""The medium between under- and over-sampling (Costa et al. 2019, "Overall Balancing").

The largest classes are reduced step by step until a quick probe tells the ``largest`` of them apart clearly worse on
dev; the others are raised to that level by SMOTE. The probe: extremely randomised trees (Geurts et al. 2006) on
principal components, trained on the samples of the ``largest`` classes, scored by their mean recall on dev. One probe
is noisy, and so is any one level that a drop is measured from: the score is the mean of several probes, and the drop is
from the best level so far.
"""

import logging
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import recall_score

from sgbench.balance import smote
from sgbench.balance.neighbours import features, reducer
from sgbench.errors import SgbenchError
from sgbench.samples.items import Images
from sgbench.seeds import derive, generator

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Settings of the medium.

    Attributes:
        threshold: drop of the probes' score that ends the search, 0 to 1.
        step: each level is this fraction of the one before, between 0 and 1.
        largest: number of largest classes that the probe tells apart, 2 or more.
        probes: number of probes a level, 1 or more; they differ in their random state alone.
        trees: number of trees of a probe, 1 or more.
        cap: a class grows to at most this many times its samples, 1 or more; None sets no limit.
        neighbours: number of nearest neighbours of SMOTE, 1 or more.
        components: principal components of the probe and of SMOTE's neighbours, 1 or more.
    """

    threshold: float = 0.02
    step: float = 0.8
    largest: int = 20
    probes: int = 5
    trees: int = 30
    cap: float | None = None
    neighbours: int = 6
    components: int = 32


def search(
    rows: pd.DataFrame, dev: pd.DataFrame, settings: Settings, seed: int, images: Images, dev_images: Images
) -> pd.DataFrame:
    """Reduce the largest classes until the probes' score on dev has dropped by more than the threshold.

    Args:
        rows: training rows with id and label.
        dev: dev rows with label; they judge and are not kept.
        settings: see :class:`Settings`.
        seed: the seed of the draws and of the probes.
        images: gives the images, (n, C, H, W), of positions in ``rows``.
        dev_images: gives those of positions in ``dev``.

    Returns:
        A row a step: level (most samples a class), samples (training rows left), score (mean recall of the largest
        classes on dev, over the probes), drop (from the best score so far) and chosen (the lowest level before the
        drop: one row).

    Raises:
        SgbenchError: there are no dev rows of the largest classes.
    """
    labels = rows["label"].to_numpy()
    sizes = rows["label"].value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    probed = sizes.index[: settings.largest]
    judges = np.flatnonzero(dev["label"].isin(probed))
    if not len(judges):
        raise SgbenchError("balance medium: the largest classes have no dev rows to judge by; give dev a larger ratio")
    reduce = reducer(images, len(rows), settings.components)
    learners = np.flatnonzero(np.isin(labels, probed))
    train = features(images, learners, reduce), labels[learners], rank_in_class(labels, seed)[learners]
    judge = features(dev_images, judges, reduce), dev["label"].to_numpy()[judges]
    states = [derive(seed, "probe", number) % 2**32 for number in range(settings.probes)]
    steps: list[dict] = []
    best = 0.0
    level = int(sizes.max())
    while True:
        score = float(np.mean([_probe(train, judge, level, settings.trees, state) for state in states]))
        best = max(best, score)
        drop = best - score
        steps.append({"level": level, "samples": int(sizes.clip(upper=level).sum()), "score": score, "drop": drop})
        logger.info("at most %d samples a class: dev score %.4f, drop %.4f", level, score, drop)
        if drop > settings.threshold or level <= sizes.min():
            break
        level = max(int(level * settings.step), int(sizes.min()))
    table = pd.DataFrame(steps)
    last = (table["drop"] <= settings.threshold).sum() - 1
    return table.assign(chosen=table.index == last)


def plan(rows: pd.DataFrame, settings: Settings, seed: int, images: Images, search: pd.DataFrame) -> pd.DataFrame:
    """Return a plan with every class at the level that the search chose, from above or by SMOTE from below.

    Args:
        rows: training rows with id and label.
        settings: see :class:`Settings`.
        seed: the seed of the draws; the samples that stay are those of the search.
        images: gives the images, (n, C, H, W), of positions in ``rows``.
        search: what :func:`search` returned.
    """
    level = int(search.loc[search["chosen"], "level"].item())
    kept = np.flatnonzero(rank_in_class(rows["label"].to_numpy(), seed) < level)
    raising = smote.Settings(level, settings.cap, settings.neighbours, settings.components)
    return smote.plan(rows.iloc[kept], raising, seed, lambda positions: images(kept[positions]))


def rank_in_class(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return a random rank, from 0, of each sample within its class, so that a lower level keeps a subset."""
    order = generator(seed, "medium").permutation(len(labels))
    rank = np.empty(len(labels), np.int64)
    rank[order] = pd.Series(labels[order]).groupby(labels[order]).cumcount()
    return rank


def _probe(
    train: tuple[np.ndarray, np.ndarray, np.ndarray],
    judge: tuple[np.ndarray, np.ndarray],
    level: int,
    trees: int,
    state: int,
) -> float:
    points, labels, rank = train
    stays = rank < level
    model = ExtraTreesClassifier(trees, random_state=state).fit(points[stays], labels[stays])
    truth = judge[1]
    return float(
        recall_score(truth, model.predict(judge[0]), labels=np.unique(truth), average="macro", zero_division=0)
    )
