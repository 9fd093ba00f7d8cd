from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import style, transfer

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    scores = read_table(snakemake.input.scores)
    table = transfer.tabulate(scores[scores["task"] == snakemake.wildcards.task])
    style.save(transfer.draw(table), table, snakemake.output)
