from threadpoolctl import threadpool_limits

from sgbench.balance.variant import Variant
from sgbench.files import read_table, write_table
from sgbench.progress import job
from sgbench.samples.items import images_of, rows_of_part, task_samples, training_rows
from sgbench.samples.store import Store

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    rows = training_rows(snakemake.input.samples, snakemake.input.split, **snakemake.params.task)
    samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    dev = rows_of_part(samples, read_table(snakemake.input.split), "dev")
    store = Store(snakemake.input.store)
    search = Variant(snakemake.params.steps).search(
        rows, dev, int(snakemake.wildcards.seed), images_of(store, rows), images_of(store, dev)
    )
    write_table(search, snakemake.output.search)
