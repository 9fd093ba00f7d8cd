from dataclasses import replace

from threadpoolctl import threadpool_limits

from sgbench.files import read_table, write_json, write_table
from sgbench.models import base
from sgbench.progress import job, logger
from sgbench.samples import exams, redistribute
from sgbench.samples.items import task_samples
from sgbench.samples.store import Store
from sgbench.samples.tasks import Task
from sgbench.scores import evaluation

AUDITED = ("share_in_train", "share_of_types_in_train", "materials", "materials_in_train")

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    task = Task(**snakemake.params.task)
    samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    store = exams.like(Store(snakemake.input.store), Store(snakemake.input.learnt))
    split = read_table(snakemake.input.split)
    if snakemake.input.types:
        samples = redistribute.typed(samples, read_table(snakemake.input.types), snakemake.params.known_by)
    if snakemake.params.outside:
        exam = exams.other_crystals(task, samples, split, read_table(snakemake.input.judged))
    else:
        exam = exams.same_crystals(task, samples, split, read_table(snakemake.input.judged, ["id"]))
    logger.info("training knows %(materials_in_train)d of the %(materials)d materials of test", exam.audit)
    model = base.classifier(snakemake.params.kind).load(snakemake.input.model)
    model.settings = replace(model.settings, **snakemake.params.judging)
    predictions = evaluation.predict(model, store, exam.rows, exam.split, len(exam.classes))
    classes = read_table(snakemake.input.classes)
    metrics = {
        "train_items": int(classes["items"].sum()),
        **{name: exam.audit[name] for name in AUDITED if name in exam.audit},
        **model.facts(),
        **evaluation.judge(predictions, classes, task.space_groups(exam.classes), exam.known),
    }
    write_table(predictions, snakemake.output.predictions)
    write_json(metrics, snakemake.output.metrics)
