from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import examples, style
from sgbench.samples.store import Store

with job(snakemake.log[0]):
    chosen = examples.choose(read_table(snakemake.input.samples))
    store = Store(snakemake.input.store)
    images = store.read(chosen["row"].to_numpy())
    style.save(examples.draw(chosen, images, store.made_by), chosen, snakemake.output)
