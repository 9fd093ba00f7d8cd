import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import confusion, style
from sgbench.samples.items import task_samples

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    scores = cells.merge(read_table(snakemake.input.scores))
    chosen = confusion.choose(scores)
    predictions = read_table(snakemake.input.predictions[chosen.name])
    _, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    table = confusion.tabulate(predictions, names)
    style.save(confusion.draw(table, chosen), table, snakemake.output)
