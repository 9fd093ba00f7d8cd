import json
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from sgbench.balance.variant import Variant
from sgbench.crystals.table import crystals_of
from sgbench.files import read_table
from sgbench.models import base
from sgbench.parallel import Workers
from sgbench.predict import modelfile
from sgbench.predict.novelty import Novelty
from sgbench.progress import job
from sgbench.samples.items import images_of, plan_items, task_samples, training_rows
from sgbench.samples.store import Store
from sgbench.samples.tasks import Task
from sgbench.seeds import generator
from sgbench.study.versions import commit, packages

# Of the training items, so many say what patterns the model knows.
KNOWN = 2000

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    task, files = snakemake.params.task, snakemake.input
    store, (samples, _) = Store(files.store), task_samples(files.samples, **task)
    second = (Store(files.generated[0]), read_table(files.generated[1])) if files.generated else None
    seed, variant, streaming = int(snakemake.wildcards.seed), Variant(snakemake.params.steps), None
    if variant.fresh:
        rows = training_rows(files.samples, files.split, **task)
        crystals = crystals_of(files.crystals[0], rows, "id")
        maker = variant.maker(rows, seed, images_of(store, rows), crystals, store.made_by)
        streaming = Workers(maker, 0), variant.fresh
    items = plan_items(store, samples, read_table(files.plan), variant.augmenter(store.made_by), second, streaming)
    order = generator(seed, "novelty").permutation(len(items))
    model = base.classifier(snakemake.params.kind).load(files.model)
    model.settings = replace(model.settings, **snakemake.params.judging)
    learnt = variant.objective(read_table(files.classes)).learnt
    frequencies = learnt if model.correction is None else model.correction[1]
    about = {
        "kind": snakemake.params.kind,
        "study": snakemake.params.study,
        "cell": dict(snakemake.wildcards.items()),
        "task": task,
        "classes": Task(**task).classes(samples),
        "frequencies": frequencies.tolist(),
        "shape": list(store.shape),
        "made_by": store.made_by,
        "scores": json.loads(Path(files.metrics).read_text(encoding="utf-8")),
        "commit": commit(),
        "packages": packages(),
    }
    modelfile.write(snakemake.output.file, model, Path(files.model), Novelty.fit(items.images(order[:KNOWN])), about)
