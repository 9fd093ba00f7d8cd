from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import style, synthetic
from sgbench.samples.items import task_samples

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    table = synthetic.tabulate_points(read_table(snakemake.input.table))
    _, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    name = names[table.loc[table["rare"], "label"].iloc[0]]
    style.save(synthetic.draw_points(table, name), table, snakemake.output)
