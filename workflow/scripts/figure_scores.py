import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import scores, style
from sgbench.report.summary import of_way

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    table = read_table(snakemake.input.scores)
    table = scores.tabulate(pd.concat([of_way(table, way) for way in snakemake.params.ways], ignore_index=True))
    style.save(scores.draw(table), table, snakemake.output)
