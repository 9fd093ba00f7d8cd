from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import balance, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    classes = map(read_table, snakemake.input.classes)
    table = balance.tabulate(dict(zip(snakemake.params.names, classes, strict=True)))
    style.save(balance.draw(table), table, snakemake.output)
