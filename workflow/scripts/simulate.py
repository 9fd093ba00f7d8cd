from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from sgbench import simulate
from sgbench.crystals.table import STRUCTURE_COLUMNS, draw, from_table
from sgbench.files import read_table, write_table
from sgbench.progress import job, logger, track
from sgbench.samples import store

with job(snakemake.log[0]), threadpool_limits(1):
    table = read_table(snakemake.input.crystals)
    values = dict(snakemake.params.settings)
    kind, records = values.pop("simulate"), values.pop("records")
    table = draw(table, records)
    settings = simulate.settings(kind, values)
    structures = list(from_table(table))
    patterns = simulate.simulate_all(kind, settings, structures, table["id"], snakemake.threads)
    reasons: list[str] = []
    images: list[str] = []

    def accepted() -> Iterator[np.ndarray]:
        """Yield the patterns and note, for each crystal, why it has none."""
        for pattern in track(patterns, len(table), f"simulate {kind}", "crystals"):
            reasons.append(pattern if isinstance(pattern, str) else "")
            if not isinstance(pattern, str):
                images.append(store.image_hash(pattern))
                yield pattern

    made_by = {"simulate": kind, **values, "code": snakemake.params.code}
    count = store.write(snakemake.output.store, accepted(), settings.shape, made_by)
    logger.info("%d crystals: %d patterns, %d rejected", len(table), count, len(table) - count)
    table["reason"] = reasons
    done = table["reason"] == ""
    # Crystals with the same few numbers, such as all cubic cells, are not one crystal.
    samples = table[done].drop(columns=[*STRUCTURE_COLUMNS, "reason"])
    samples["image"] = samples["id"] if snakemake.params.gives == "numbers" else images
    write_table(samples, snakemake.output.samples)
    write_table(table.loc[~done, ["id", "formula", "reason"]], snakemake.output.rejected)
