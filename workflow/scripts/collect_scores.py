from sgbench.files import read_json, write_table
from sgbench.progress import job
from sgbench.scores.evaluation import collect

with job(snakemake.log[0]):
    metrics = [read_json(path) for path in snakemake.input.metrics]
    write_table(collect(snakemake.params.cells, snakemake.params.fields, metrics), snakemake.output.scores)
