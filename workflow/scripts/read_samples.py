from threadpoolctl import threadpool_limits

from sgbench import ingest
from sgbench.files import write_table
from sgbench.progress import job

with job(snakemake.log[0]), threadpool_limits(1):
    params = snakemake.params
    samples, quarantine = ingest.read_part(
        params.kind,
        snakemake.wildcards.batch,
        list(snakemake.input),
        params.settings,
        params.code,
        snakemake.output.store,
    )
    write_table(samples, snakemake.output.samples)
    write_table(quarantine, snakemake.output.quarantine)
