import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import levels, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    predictions = map(read_table, snakemake.input.predictions)
    classes = map(read_table, snakemake.input.classes)
    tables = {
        name: levels.tabulate(rows, of, sizes)
        for (name, sizes), rows, of in zip(snakemake.params.sizes.items(), predictions, classes, strict=True)
    }
    table = pd.concat([table.assign(model=name) for name, table in tables.items()], ignore_index=True)
    style.save(levels.draw(tables), table, snakemake.output)
