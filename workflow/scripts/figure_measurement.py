import numpy as np

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import augmentation, measurement, style
from sgbench.samples.store import Store, settings_of
from sgbench.simulate.instrument import Settings

with job(snakemake.log[0]):
    store = Store(snakemake.input.store)
    row = augmentation.choose(read_table(snakemake.input.samples, ["id", "space_group_rank", "volume_per_atom"]))
    others = store.read(np.delete(np.arange(len(store)), row)[: snakemake.params.others])
    measured = measurement.apply(store.read(np.array([row]))[0], others, store.made_by)
    table = measurement.tabulate(measured, settings_of(Settings, store.made_by))
    style.save(measurement.draw(table), table, snakemake.output)
