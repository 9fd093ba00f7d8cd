import json
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from sgbench.balance.variant import Variant
from sgbench.files import read_table
from sgbench.models import base
from sgbench.predict import modelfile
from sgbench.predict.novelty import Novelty
from sgbench.progress import job
from sgbench.samples.items import plan_items, task_samples
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
    augmenter = Variant(snakemake.params.steps).augmenter(store.made_by)
    items = plan_items(store, samples, read_table(files.plan), augmenter, second)
    order = generator(int(snakemake.wildcards.seed), "novelty").permutation(len(items))
    model = base.classifier(snakemake.params.kind).load(files.model)
    model.settings = replace(model.settings, **snakemake.params.judging)
    about = {
        "kind": snakemake.params.kind,
        "study": snakemake.params.study,
        "cell": dict(snakemake.wildcards.items()),
        "task": task,
        "classes": Task(**task).classes(samples),
        "frequencies": read_table(files.classes)["items"].tolist(),
        "shape": list(store.shape),
        "made_by": store.made_by,
        "scores": json.loads(Path(files.metrics).read_text(encoding="utf-8")),
        "commit": commit(),
        "packages": packages(),
    }
    modelfile.write(snakemake.output.file, model, Path(files.model), Novelty.fit(items.images(order[:KNOWN])), about)
