import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import coverage, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    table = read_table(snakemake.input.scores)
    # Without exams, the table of scores does not say what is judged.
    shown = coverage.choose(cells.merge(table if "judged" in table else table.assign(judged=table["modality"])))
    predictions = {key: read_table(snakemake.input.predictions[place]) for key, place in shown.items()}
    table = coverage.tabulate(predictions, read_table(snakemake.input.classes)["samples"].to_numpy())
    style.save(coverage.draw(table), table, snakemake.output)
