import importlib
from collections.abc import Iterator
from functools import partial

import numpy as np

from sgbench import crystals, store
from sgbench.files import read_table, write_table
from sgbench.parallel import ordered_map
from sgbench.progress import job, logger, track
from sgbench.seeds import generator

with job(snakemake.log[0]):
    table = read_table(snakemake.input.crystals)
    settings = dict(snakemake.params.settings)
    kind, records = settings.pop("simulate"), settings.pop("records")
    if records is not None and records < len(table):
        chosen = generator(0, "records", snakemake.wildcards.modality).choice(len(table), records, replace=False)
        table = table.iloc[np.sort(chosen)].reset_index(drop=True)
    module = importlib.import_module(f"sgbench.simulate.{kind}")
    simulation = module.Settings(**settings)
    simulate = partial(module.simulate, settings=simulation)
    patterns = ordered_map(simulate, list(crystals.from_table(table)), snakemake.threads)
    reasons = []

    def accepted() -> Iterator[np.ndarray]:
        """Yield the patterns and note, for each crystal, why it has none."""
        for pattern in track(patterns, len(table), f"simulate {kind}", "crystals"):
            reasons.append(pattern if isinstance(pattern, str) else "")
            if not isinstance(pattern, str):
                yield pattern

    made_by = {"simulate": kind, **settings, "code": snakemake.params.code}
    count = store.write(snakemake.output.store, accepted(), simulation.shape, made_by)
    logger.info("%d crystals: %d patterns, %d rejected", len(table), count, len(table) - count)
    table["reason"] = reasons
    done = table["reason"] == ""
    write_table(table[done].drop(columns=["lattice", "numbers", "frac_coords", "reason"]), snakemake.output.samples)
    write_table(table.loc[~done, ["id", "formula", "reason"]], snakemake.output.rejected)
