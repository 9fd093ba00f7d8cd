from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import calibration, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    predictions = map(read_table, snakemake.input.predictions)
    table = calibration.tabulate(dict(zip(snakemake.params.models, predictions, strict=True)))
    style.save(calibration.draw(table), table, snakemake.output)
