import json
from collections.abc import Iterator

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from sgbench.balance.variant import Variant
from sgbench.crystals.table import crystals_of
from sgbench.files import write_table
from sgbench.progress import job, logger
from sgbench.samples import store
from sgbench.samples.items import images_of, training_rows
from sgbench.samples.store import Store

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    rows = training_rows(snakemake.input.samples, snakemake.input.split, **snakemake.params.task)
    real = Store(snakemake.input.store)
    made_by = real.made_by | snakemake.params.simulated
    # A sample of a file has an id of its own, and names its material.
    known_by = "material" if "ingest" in made_by else "id"
    items = Variant(snakemake.params.steps).generate(
        rows,
        int(snakemake.wildcards.seed),
        images_of(real, rows),
        crystals_of(snakemake.input.crystals, rows, known_by),
        made_by,
    )
    table = []

    def images() -> Iterator[np.ndarray]:
        """Yield the images and note, for each, what it is."""
        for number, item in enumerate(items):
            name = f"generated/{snakemake.wildcards.balance}/{number}"
            table.append((name, item.label, item.parent, json.dumps(item.drawn)))
            yield item.image

    made_by |= {"generated_by": snakemake.params.steps, "code": snakemake.params.code}
    count = store.write(snakemake.output.store, images(), real.shape, made_by)
    logger.info("%d training samples, %d items generated", len(rows), count)
    columns = {"id": str, "label": np.int64, "parent": str, "drawn": str}
    write_table(pd.DataFrame(table, columns=list(columns)).astype(columns), snakemake.output.table)
