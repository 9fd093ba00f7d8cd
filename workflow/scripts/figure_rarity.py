import pandas as pd

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import rarity, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    cells = pd.DataFrame(snakemake.params.cells, columns=snakemake.params.fields)
    scores = cells.merge(read_table(snakemake.input.scores))
    found = zip(snakemake.input.predictions, snakemake.input.classes, strict=True)
    table = rarity.tabulate(scores, ((read_table(one), read_table(other)) for one, other in found))
    style.save(rarity.draw(table), table, snakemake.output)
