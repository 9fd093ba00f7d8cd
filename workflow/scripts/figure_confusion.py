import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import confusion, style
from sgbench.report.summary import choose
from sgbench.samples import exams
from sgbench.samples.items import task_samples
from sgbench.samples.tasks import Task

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    table = read_table(snakemake.input.scores)
    # Of an exam too, the choice is the one made on dev of the model's own modality.
    own = cells.assign(judged=cells["modality"]) if "judged" in cells else cells
    choice = choose(own.merge(table))
    scores = cells.merge(table)
    chosen = choice.rows(scores)
    predictions = pd.concat([read_table(snakemake.input.predictions[place]) for place in chosen.index])
    task = Task(**snakemake.params.task)
    classes = task.classes(task_samples(snakemake.input.samples, **snakemake.params.task)[0])
    if snakemake.params.outside:
        _, classes = exams.belonging(task, classes, read_table(snakemake.input.judged))
    table = confusion.tabulate(predictions, task.shown(classes))
    several = len(scores[["model", "balance"]].drop_duplicates()) > 1
    style.save(confusion.draw(table, chosen, several and bool(choice.seeds)), table, snakemake.output)
