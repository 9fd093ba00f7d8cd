import numpy as np

from sgbench.progress import job
from sgbench.report import responses, style

with job(snakemake.log[0]):
    maps = dict(np.load(snakemake.input.responses))
    style.save(responses.draw(maps), responses.tabulate(maps), snakemake.output)
