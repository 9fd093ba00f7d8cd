import yaml

from sgbench.files import atomic, write_json
from sgbench.progress import job
from sgbench.study.versions import provenance

with job(snakemake.log[0]):
    given = snakemake.params
    record = provenance(given.config, given.files, given.seeds, snakemake.input.sources)
    write_json(record, snakemake.output.provenance)
    with atomic(snakemake.output.config) as partial:
        partial.write_text(yaml.safe_dump(snakemake.params.config, sort_keys=False), encoding="utf-8")
