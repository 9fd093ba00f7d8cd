import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import leak, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    scores = cells.merge(read_table(snakemake.input.scores))
    table = leak.tabulate(scores, [read_table(path) for path in snakemake.input.predictions])
    style.save(leak.draw(table), table, snakemake.output)
