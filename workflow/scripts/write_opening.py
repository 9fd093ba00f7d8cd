from sgbench.files import atomic, read_table
from sgbench.progress import job
from sgbench.report import leak, opening

with job(snakemake.log[0]):
    scores = read_table(snakemake.input.scores)
    leaks = {}
    for task, rows in scores.groupby("task", sort=False):
        if len(leak.comparable(rows)):
            leaks[task] = leak.tabulate(rows)
    published = read_table(snakemake.input.published) if snakemake.input.published else None
    crystals = read_table(snakemake.input.crystals, ["space_group"])
    text = opening.write(snakemake.params.study, crystals, scores, snakemake.params.ways, leaks, published)
    with atomic(snakemake.output.text) as partial:
        partial.write_text(text)
