import numpy as np
import pandas as pd
import pytest

from sgbench.balance import share

LABELS = np.repeat([0, 1, 2], [60, 9, 3])
#: Three samples of each material.
ROWS = pd.DataFrame(
    {
        "id": [f"s{number}" for number in range(72)],
        "label": LABELS,
        "formula": [f"A{number // 3}" for number in range(72)],
        "space_group": 1 + LABELS,
    }
)


def kept(of, seed=0, rows=ROWS):
    plan = share.plan(rows, share.Settings(of), seed, None)
    return rows.set_index("id").loc[plan["id"]]


@pytest.mark.parametrize(("of", "materials"), [(1.0, [20, 3, 1]), (0.5, [10, 2, 1]), (0.1, [2, 1, 1])])
def test_each_class_keeps_its_share_of_materials_with_all_their_samples(of, materials):
    chosen = kept(of)
    assert chosen.groupby("label")["formula"].nunique().tolist() == materials
    assert (chosen.groupby("formula").size() == 3).all()


def test_a_smaller_share_is_part_of_a_larger_one_and_no_matter_of_the_order_of_rows():
    shares = [set(kept(of).index) for of in (0.1, 0.25, 0.5, 1.0)]
    assert shares[0] < shares[1] < shares[2] < shares[3]
    assert set(kept(0.5, rows=ROWS.sample(frac=1, random_state=0)).index) == shares[2]
    assert set(kept(0.5, seed=1).index) != shares[2]
