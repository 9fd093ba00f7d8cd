from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import style, synthetic

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    table = synthetic.tabulate_distances(read_table(snakemake.input.table))
    style.save(synthetic.draw_distances(table), table, snakemake.output)
