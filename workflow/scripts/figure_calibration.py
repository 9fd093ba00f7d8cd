from sgbench.files import read_json, read_table
from sgbench.progress import job
from sgbench.report import calibration, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    predictions = map(read_table, snakemake.input.predictions)
    models = snakemake.params.models
    table = calibration.tabulate(dict(zip(models, predictions, strict=True)))
    converged = [read_json(path).get("converged", True) for path in snakemake.input.metrics]
    table["converged"] = table["model"].map(dict(zip(models, converged, strict=True)))
    style.save(calibration.draw(table), table, snakemake.output)
