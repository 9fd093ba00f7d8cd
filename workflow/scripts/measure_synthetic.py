from threadpoolctl import threadpool_limits

from sgbench.files import read_table, write_table
from sgbench.progress import job
from sgbench.report import closeness, synthetic
from sgbench.samples.items import images_of, rows_of_part, task_samples
from sgbench.samples.store import Store

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    split = read_table(snakemake.input.split)
    rows, dev = rows_of_part(samples, split, "train"), rows_of_part(samples, split, "dev")
    store = Store(snakemake.input.store)
    variants = {
        name: (read_table(plan), synthetic.variant_items(store, samples, changes, plan))
        for (name, changes), plan in zip(snakemake.params.changes.items(), snakemake.input.plans, strict=True)
    }
    table = closeness.measure(rows, images_of(store, rows), dev, images_of(store, dev), variants, snakemake.params.seed)
    write_table(table, snakemake.output.table)
