from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import search, style

with job(snakemake.log[0]):
    table = read_table(snakemake.input.search)
    style.save(search.draw(table, snakemake.params.threshold), table, snakemake.output)
