import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import confusion, style
from sgbench.report.summary import choose, choose_for
from sgbench.samples import exams
from sgbench.samples.items import task_samples
from sgbench.samples.tasks import Task

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    table = read_table(snakemake.input.scores)
    scores = cells.merge(table)
    if "judged" in cells:
        training = [field for field in snakemake.params.fields if field != "judged"]
        choice = choose_for(cells[training].merge(table), cells["judged"].iloc[0])
    else:
        choice = choose(scores)
    chosen = choice.rows(scores)
    predictions = pd.concat([read_table(snakemake.input.predictions[place]) for place in chosen.index])
    task = Task(**snakemake.params.task)
    classes = task.classes(task_samples(snakemake.input.samples, **snakemake.params.task)[0])
    if snakemake.params.outside:
        _, classes = exams.belonging(task, classes, read_table(snakemake.input.judged))
    table = confusion.tabulate(predictions, task.shown(classes))
    several = len(scores[["model", "balance"]].drop_duplicates()) > 1
    style.save(confusion.draw(table, chosen, several and bool(choice.seeds)), table, snakemake.output)
