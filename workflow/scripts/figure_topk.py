import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import style, topk
from sgbench.report.summary import of_way

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    scores = read_table(snakemake.input.scores)
    table = topk.tabulate(pd.concat([of_way(scores, way) for way in snakemake.params.ways], ignore_index=True))
    style.save(topk.draw(table), table, snakemake.output)
