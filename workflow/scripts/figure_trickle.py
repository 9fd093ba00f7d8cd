from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import style, trickle
from sgbench.report.summary import of_way

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    scores = of_way(read_table(snakemake.input.scores), snakemake.params.way)
    scores = scores[scores["balance"].isin(snakemake.params.balances)]
    table = trickle.tabulate(scores, snakemake.params.pairs)
    style.save(trickle.draw(table), table, snakemake.output)
