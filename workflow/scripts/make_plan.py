import importlib

from sgbench.balance.plan import class_table
from sgbench.data import rows_of_part, task_samples
from sgbench.files import read_table, write_table
from sgbench.progress import job, logger
from sgbench.store import Store

with job(snakemake.log[0]):
    samples, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    rows = rows_of_part(samples, read_table(snakemake.input.split), "train")
    store = Store(snakemake.input.store)
    settings = dict(snakemake.params.settings)
    method = importlib.import_module(f"sgbench.balance.{settings.pop('method')}")
    plan = method.plan(
        rows,
        method.Settings(**settings),
        int(snakemake.wildcards.seed),
        lambda positions: store.read(rows["row"].to_numpy()[positions]),
    )
    logger.info("%d training samples, %d items in the plan", len(rows), len(plan))
    write_table(plan, snakemake.output.plan)
    write_table(class_table(names, rows, plan), snakemake.output.classes)
