from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import coverage, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    judged = map(tuple, snakemake.params.judged)
    predictions = dict(zip(judged, map(read_table, snakemake.input.predictions), strict=True))
    table = coverage.tabulate(predictions, read_table(snakemake.input.classes)["samples"].to_numpy())
    style.save(coverage.draw(table), table, snakemake.output)
