"""Ask a model about files; a library call, and what the command does."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
import pandas as pd

from sgbench.predict.answers import answers
from sgbench.predict.modelfile import ModelFile
from sgbench.predict.reading import Asked, read
from sgbench.training.calibration import for_frequencies

_BATCH = 256
#: What is answered of a pattern that is unlike those that the model learnt from.
NONE = "none of these"


def ask(
    model: ModelFile, files: Iterable[str], wavelength_A: float | None = None, expected: np.ndarray | None = None
) -> Iterator[tuple[Asked, pd.Series]]:
    """Ask a model about the patterns of files, some hundreds in memory at a time.

    Args:
        model: see :func:`sgbench.predict.modelfile.read`.
        files: of the kind that the model learnt from; see :func:`sgbench.predict.reading.read`.
        wavelength_A: the wavelength of powder patterns that state none, Å.
        expected: how frequent each class is where the patterns come from, (classes,); None: as in training.

    Yields:
        Each pattern, in the order of the files, with its row: file, name, answer, reason, distance (see
        :class:`sgbench.predict.novelty.Novelty`) and what :func:`sgbench.predict.answers.answers` gives. The answer is
        the likeliest class, ``NONE`` for a pattern that is farther from those of training than most of these are, or ""
        where a reason says why it cannot be asked about; then the rest is missing.
    """
    about = model.about
    asked = (one for file in files for one in read(file, about["made_by"], tuple(about["shape"]), wavelength_A))
    while some := list(islice(asked, _BATCH)):
        rows = _rows(model, some, expected)
        yield from ((one, row) for one, (_, row) in zip(some, rows.iterrows(), strict=True))


def _rows(model: ModelFile, some: Sequence[Asked], expected: np.ndarray | None) -> pd.DataFrame:
    table = pd.DataFrame({column: [getattr(one, column) for one in some] for column in ("file", "name", "reason")})
    table.insert(2, "answer", "")
    images = [one.image for one in some if one.image is not None]
    if not images:
        return table
    stack = np.stack(images)
    probabilities = model.model.predict(stack)
    if expected is not None:
        probabilities = for_frequencies(probabilities, np.array(model.about["frequencies"]), expected)
    found = answers(probabilities, model.about["classes"], model.about["task"]["predict"])
    distance = model.novelty.distance(stack)
    found.insert(0, "distance", distance)
    found.index = table.index[[one.image is not None for one in some]]
    table.loc[found.index, "answer"] = np.where(distance > model.novelty.limit, NONE, found["class_1"])
    return table.join(found)
