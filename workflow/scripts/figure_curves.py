from sgbench.files import read_json, read_table
from sgbench.progress import job
from sgbench.report import curves, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = [
        cell | {"converged": read_json(metrics).get("converged", True)}
        for cell, metrics in zip(snakemake.params.cells, snakemake.input.metrics, strict=True)
    ]
    table = curves.tabulate(cells, [read_table(path) for path in snakemake.input.histories])
    style.save(curves.draw(table), table, snakemake.output)
