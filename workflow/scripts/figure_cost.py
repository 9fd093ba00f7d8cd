import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import cost, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    scores = cells.merge(read_table(snakemake.input.scores), how="left")
    table = cost.tabulate(scores, snakemake.params.benchmarks)
    style.save(cost.draw(table), table, snakemake.output)
