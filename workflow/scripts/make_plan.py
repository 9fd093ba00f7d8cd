import importlib

import pandas as pd
from threadpoolctl import threadpool_limits

from sgbench.balance.plan import class_table
from sgbench.data import images_of, rows_of_part, task_samples
from sgbench.files import read_table, write_table
from sgbench.progress import job, logger
from sgbench.store import Store

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    samples, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    rows = rows_of_part(samples, read_table(snakemake.input.split), "train")
    rows = rows.assign(name=pd.Categorical.from_codes(rows["label"], names))
    store = Store(snakemake.input.store)
    settings = dict(snakemake.params.settings)
    method = importlib.import_module(f"sgbench.balance.{settings.pop('method')}")
    settings = method.Settings(**settings)
    before = [read_table(path) for path in [*snakemake.input.search, *snakemake.input.generated]]
    plan = method.plan(rows, settings, int(snakemake.wildcards.seed), images_of(store, rows), *before)
    classes = class_table(names, rows, plan)
    if hasattr(method, "weights"):
        classes["loss_weight"] = method.weights(classes["items"].to_numpy(), settings)
    logger.info("%d training samples, %d items in the plan", len(rows), len(plan))
    write_table(plan, snakemake.output.plan)
    write_table(classes, snakemake.output.classes)
