from threadpoolctl import threadpool_limits

from sgbench.balance.plan import class_table
from sgbench.balance.variant import Variant
from sgbench.files import read_table, write_table
from sgbench.progress import job, logger
from sgbench.samples.items import images_of, training_rows
from sgbench.samples.store import Store

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    rows = training_rows(snakemake.input.samples, snakemake.input.split, **snakemake.params.task)
    store = Store(snakemake.input.store)
    variant = Variant(snakemake.params.steps)
    before = [read_table(path) for path in [*snakemake.input.search, *snakemake.input.generated]]
    plan = variant.plan(rows, int(snakemake.wildcards.seed), images_of(store, rows), *before)
    classes = class_table(list(rows["name"].cat.categories), rows, plan)
    classes["loss_weight"] = variant.weights(classes["items"].to_numpy())
    logger.info("%d training samples, %d items in the plan", len(rows), len(plan))
    write_table(plan, snakemake.output.plan)
    write_table(classes, snakemake.output.classes)
