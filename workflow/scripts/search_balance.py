import importlib

from threadpoolctl import threadpool_limits

from sgbench.files import read_table, write_table
from sgbench.progress import job
from sgbench.samples.items import images_of, rows_of_part, task_samples
from sgbench.samples.store import Store

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    split = read_table(snakemake.input.split)
    rows, dev = rows_of_part(samples, split, "train"), rows_of_part(samples, split, "dev")
    store = Store(snakemake.input.store)
    settings = dict(snakemake.params.settings)
    method = importlib.import_module(f"sgbench.balance.{settings.pop('method')}")
    search = method.search(
        rows,
        dev,
        method.Settings(**settings),
        int(snakemake.wildcards.seed),
        images_of(store, rows),
        images_of(store, dev),
    )
    write_table(search, snakemake.output.search)
