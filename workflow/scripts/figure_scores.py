import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import scores, style

with job(snakemake.log[0]):
    table = read_table(snakemake.input.scores)
    ways = pd.DataFrame(snakemake.params.ways, columns=["modality", "dedup", "split"])
    table = table[table["task"] == snakemake.wildcards.task].merge(ways)
    table = scores.tabulate(table)
    style.save(scores.draw(table), table, snakemake.output)
