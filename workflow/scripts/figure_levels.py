import pandas as pd

from sgbench.files import read_json, read_table
from sgbench.progress import job
from sgbench.report import levels, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    predictions = map(read_table, snakemake.input.predictions)
    classes = map(read_table, snakemake.input.classes)
    converged = [read_json(path).get("converged", True) for path in snakemake.input.metrics]
    tables = {
        name: levels.tabulate(rows, of, sizes).assign(converged=learnt)
        for (name, sizes), rows, of, learnt in zip(
            snakemake.params.sizes.items(), predictions, classes, converged, strict=True
        )
    }
    table = pd.concat([table.assign(model=name) for name, table in tables.items()], ignore_index=True)
    style.save(levels.draw(tables), table, snakemake.output)
