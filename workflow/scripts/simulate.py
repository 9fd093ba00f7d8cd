from collections.abc import Iterator

import numpy as np
from threadpoolctl import threadpool_limits

from sgbench import crystals, simulate, store
from sgbench.files import read_table, write_table
from sgbench.progress import job, logger, track
from sgbench.seeds import generator

with job(snakemake.log[0]), threadpool_limits(1):
    table = read_table(snakemake.input.crystals)
    values = dict(snakemake.params.settings)
    kind, records = values.pop("simulate"), values.pop("records")
    if records is not None and records < len(table):
        chosen = generator(0, "records", snakemake.wildcards.modality).choice(len(table), records, replace=False)
        table = table.iloc[np.sort(chosen)].reset_index(drop=True)
    settings = simulate.settings(kind, values)
    structures = list(crystals.from_table(table))
    patterns = simulate.simulate_all(kind, settings, structures, table["id"], snakemake.threads)
    reasons: list[str] = []

    def accepted() -> Iterator[np.ndarray]:
        """Yield the patterns and note, for each crystal, why it has none."""
        for pattern in track(patterns, len(table), f"simulate {kind}", "crystals"):
            reasons.append(pattern if isinstance(pattern, str) else "")
            if not isinstance(pattern, str):
                yield pattern

    made_by = {"simulate": kind, **values, "code": snakemake.params.code}
    count = store.write(snakemake.output.store, accepted(), settings.shape, made_by)
    logger.info("%d crystals: %d patterns, %d rejected", len(table), count, len(table) - count)
    table["reason"] = reasons
    done = table["reason"] == ""
    write_table(table[done].drop(columns=[*crystals.STRUCTURE_COLUMNS, "reason"]), snakemake.output.samples)
    write_table(table.loc[~done, ["id", "formula", "reason"]], snakemake.output.rejected)
