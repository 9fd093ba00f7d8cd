import numpy as np

from sgbench.balance.variant import Variant
from sgbench.files import read_table
from sgbench.ingest import batchfile, export
from sgbench.progress import job, logger
from sgbench.samples.items import Items, plan_items, rows_of_part, task_samples
from sgbench.samples.store import Store
from sgbench.study.sources import PARTS

with job(snakemake.log[0]):
    store = Store(snakemake.input.store)
    split = read_table(snakemake.input.split)
    if snakemake.params.task is None:
        samples = read_table(snakemake.input.samples)
        samples["row"] = np.arange(len(samples))
    else:
        samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    for part, path in zip(PARTS, snakemake.output, strict=True):
        about = rows_of_part(samples, split, part)
        items = Items.plain(store, np.zeros(len(about), int), about["row"].to_numpy())
        if part == "train" and snakemake.params.task is not None:
            plan = read_table(snakemake.input.plan)
            items = plan_items(store, samples, plan, Variant(snakemake.params.changes).augmenter(store.made_by))
            about = plan.merge(samples.drop(columns="label"), on="id", how="left")
        logger.info("%d samples in %s", batchfile.write(path, export.batch(items, about)), path)
