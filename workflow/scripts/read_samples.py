from threadpoolctl import threadpool_limits

from sgbench import ingest
from sgbench.files import write_table
from sgbench.progress import job

with job(snakemake.log[0]), threadpool_limits(1):
    part, files, params = snakemake.wildcards.batch, list(snakemake.input), snakemake.params
    store = snakemake.output.store
    samples, quarantine = ingest.read_part(params.kind, part, files, params.settings, params.code, store)
    write_table(samples, snakemake.output.samples)
    write_table(quarantine, snakemake.output.quarantine)
