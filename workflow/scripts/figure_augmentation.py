import numpy as np

from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import augmentation, style
from sgbench.samples.store import Store, holds_powder, settings_of
from sgbench.simulate.instrument import Settings

with job(snakemake.log[0]):
    store = Store(snakemake.input.store)
    row = augmentation.choose(read_table(snakemake.input.samples, ["id", "space_group_rank", "volume_per_atom"]))
    changed = augmentation.apply(store.read(np.array([row]))[0], store.made_by, snakemake.params.amplitudes)
    angles = settings_of(Settings, store.made_by).angles_deg if holds_powder(store.made_by) else None
    style.save(augmentation.draw(changed, angles), augmentation.tabulate(changed), snakemake.output)
