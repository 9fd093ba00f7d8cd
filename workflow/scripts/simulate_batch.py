from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from sgbench.crystals.table import draw, from_table
from sgbench.files import read_table, write_table
from sgbench.ingest import batchfile
from sgbench.progress import job, logger, track
from sgbench.simulate import cbed
from sgbench.simulate.batches import deal, samples

with job(snakemake.log[0]), threadpool_limits(1):
    wildcards, params = snakemake.wildcards, snakemake.params
    table = draw(read_table(snakemake.input.crystals), params.records, params.largest)
    table = table[deal(table, params.batches) == wildcards.batch].reset_index(drop=True)
    settings = cbed.microscope(**params.microscope)
    structures = list(from_table(table))
    device = "cuda" if snakemake.resources.gpu else "cpu"
    patterns = (cbed.simulate(crystal, settings, device=device) for crystal in structures)
    reasons: list[str] = []

    def accepted() -> Iterator[tuple[str, np.ndarray, dict]]:
        """Yield the samples of each crystal and note why it has none."""
        for number, found in enumerate(track(patterns, len(table), "simulate cbed", "crystals")):
            reasons.append(found if isinstance(found, str) else "")
            if not isinstance(found, str):
                yield from samples(number, structures[number], found)

    count = batchfile.write(snakemake.output.batch, accepted())
    table["reason"] = reasons
    rejected = table.loc[table["reason"] != "", ["id", "formula", "reason"]]
    logger.info("%d crystals: %d samples, %d crystals rejected", len(table), count, len(rejected))
    write_table(rejected, snakemake.output.rejected)
