from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import curves, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    table = curves.tabulate(snakemake.params.cells, [read_table(path) for path in snakemake.input.histories])
    style.save(curves.draw(table), table, snakemake.output)
