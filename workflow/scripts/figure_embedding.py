from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import embedding, style
from sgbench.samples.items import task_samples

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    _, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    predictions = map(read_table, snakemake.input.predictions)
    table = embedding.tabulate(dict(zip(snakemake.params.models, predictions, strict=True)), names)
    style.save(embedding.draw(table), table, snakemake.output)
