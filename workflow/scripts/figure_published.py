import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import published, style

with job(snakemake.log[0]):
    scores = read_table(snakemake.input.scores)
    tables = [scores.assign(judged=scores["modality"])]
    # Those on the model's own modality are among the scores already.
    tables += [table[table["judged"] != table["modality"]] for table in map(read_table, snakemake.input.transfers)]
    table = pd.concat(tables, ignore_index=True)
    table = published.tabulate(table[table["task"] == snakemake.wildcards.task], snakemake.params.published)
    style.save(published.draw(table), table, snakemake.output)
