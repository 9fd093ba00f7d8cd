import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import confusion, style
from sgbench.report.summary import choose
from sgbench.samples.items import task_samples

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    scores = cells.merge(read_table(snakemake.input.scores))
    choice = choose(scores)
    chosen = choice.rows(scores)
    predictions = pd.concat([read_table(snakemake.input.predictions[place]) for place in chosen.index])
    _, names = task_samples(snakemake.input.samples, **snakemake.params.task)
    table = confusion.tabulate(predictions, names)
    style.save(confusion.draw(table, chosen, bool(choice.seeds)), table, snakemake.output)
