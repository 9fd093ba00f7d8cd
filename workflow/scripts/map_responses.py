import numpy as np
from threadpoolctl import threadpool_limits

from sgbench.files import atomic, read_table
from sgbench.models import base
from sgbench.progress import job
from sgbench.samples.items import task_samples
from sgbench.samples.store import Store
from sgbench.scores.evaluation import examples

with job(snakemake.log[0]), threadpool_limits(snakemake.threads):
    samples, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    chosen = examples(samples, read_table(snakemake.input.split))
    images = Store(snakemake.input.store).read(chosen["row"].to_numpy())
    model = base.classifier(snakemake.params.kind).load(snakemake.input.model)
    maps = {f"layer{layer}": kernels for layer, kernels in model.responses(images).items()}
    about = {"images": images, "names": np.take(names, chosen["label"]), "ids": chosen["id"].to_numpy(str)}
    with atomic(snakemake.output.responses) as partial, partial.open("wb") as stream:
        np.savez_compressed(stream, **about, **maps)
