from dataclasses import replace

from threadpoolctl import threadpool_limits

from sgbench.files import read_table, write_json, write_table
from sgbench.models import base
from sgbench.progress import job
from sgbench.samples import redistribute
from sgbench.samples.items import rows_elsewhere, task_samples
from sgbench.samples.store import Store
from sgbench.samples.tasks import Task
from sgbench.scores import evaluation

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    groups = Task(**snakemake.params.task).space_groups(samples)
    model = base.classifier(snakemake.params.kind).load(snakemake.input.model)
    model.settings = replace(model.settings, **snakemake.params.judging)
    split = read_table(snakemake.input.split)
    # Of the task's samples only: small groups, which some policies copy into every part, may not be among them.
    leak = redistribute.audit(split, samples)["test"]["share_in_train"]
    # The classes are those of the patterns that the model learnt from, the images those that it is judged on.
    samples = rows_elsewhere(samples, read_table(snakemake.input.judged, ["id"]))
    predictions = evaluation.predict(model, Store(snakemake.input.store), samples, split)
    classes = read_table(snakemake.input.classes)
    metrics = {
        "train_items": int(classes["items"].sum()),
        "share_in_train": leak,
        **model.facts(),
        **evaluation.judge(predictions, classes, groups),
    }
    write_table(predictions, snakemake.output.predictions)
    write_json(metrics, snakemake.output.metrics)
