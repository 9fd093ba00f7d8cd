from sgbench import ingest
from sgbench.files import write_table
from sgbench.progress import job

with job(snakemake.log[0]):
    inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
    samples, quarantine = ingest.merge(
        inputs.stores, inputs.samples, inputs.quarantines, outputs.store, params.strict, params.tolerance
    )
    write_table(samples, outputs.samples)
    write_table(quarantine, outputs.quarantine)
