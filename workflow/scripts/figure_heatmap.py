from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import heatmap, style
from sgbench.report.summary import of_way

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    table = heatmap.tabulate(of_way(read_table(snakemake.input.scores), snakemake.params.way))
    style.save(heatmap.draw(table), table, snakemake.output)
