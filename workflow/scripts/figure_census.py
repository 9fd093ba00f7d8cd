from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import census, style

with job(snakemake.log[0]):
    table = census.tabulate(read_table(snakemake.input.crystals, ["formula", "space_group"]))
    style.save(census.draw(table), table, snakemake.output)
