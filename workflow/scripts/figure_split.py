from sgbench.files import read_json, read_table
from sgbench.progress import job
from sgbench.report import split, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    names = snakemake.params.names
    splits = dict(zip(names, map(read_table, snakemake.input.splits), strict=True))
    audits = dict(zip(names, map(read_json, snakemake.input.audits), strict=True))
    table = split.tabulate(read_table(snakemake.input.samples, ["id", "space_group"]), splits)
    style.save(split.draw(table, audits), table, snakemake.output)
