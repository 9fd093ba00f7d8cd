from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import scree, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    histories = map(read_table, snakemake.input.histories)
    table = scree.tabulate(dict(zip(snakemake.params.models, histories, strict=True)))
    style.save(scree.draw(table), table, snakemake.output)
