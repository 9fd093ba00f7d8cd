import os
import pickle

import numpy as np
import pytest

from sgbench.crystals.prototypes import PROTOTYPES
from sgbench.errors import SgbenchError
from sgbench.ingest.arrays import Settings
from sgbench.samples.store import Store
from sgbench.samples.tasks import Task

COUNT = 14
IMAGES = np.random.default_rng(0).random((COUNT, 8, 8, 3))
LABELS = np.arange(COUNT) % 7
NAMES = [group.name for group in PROTOTYPES]
SETTINGS = {"pixels": 8}


def dumped(protocol):
    def dump(value, path):
        path.write_bytes(pickle.dumps(value, protocol=protocol))

    return dump


def npz(value, path):
    np.savez(path, images=value) if np.ndim(value) == 4 else np.savez(path, some=1, labels=value)


WAYS = {
    "npy": lambda value, path: np.save(path, value),
    "npz": npz,
    **{f"pickle {protocol}": dumped(protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)},
}


@pytest.fixture
def files(tmp_path):
    """Write images and labels and return their paths."""

    def write(images=IMAGES, labels=LABELS, way="npy"):
        paths = [tmp_path / f"{name}.{way.split()[0]}" for name in ("images", "labels")]
        for value, path in zip((images, labels), paths, strict=True):
            WAYS[way](value, path)
        return paths

    return write


def read(reader, paths, **settings):
    part = reader.part(paths, "arrays", "theirs", SETTINGS | settings)
    return *reader.merge([part]), Store(reader.folder / "store.h5").read(np.arange(COUNT))


def test_the_default_classes_are_those_of_the_prototypes():
    assert list(Settings().classes) == NAMES


@pytest.mark.parametrize("way", WAYS)
def test_arrays_become_samples(reader, files, way):
    table, quarantine, images = read(reader, files(way=way))
    np.testing.assert_array_equal(images, IMAGES.transpose(0, 3, 1, 2).astype(np.float32))
    assert table["structure_class"].tolist() == [NAMES[label] for label in LABELS]
    assert table["space_group"].head(7).tolist() == [229, 139, 141, 227, 225, 0, 221]
    assert table["crystal_system"].iloc[[0, 5]].tolist() == ["cubic", ""]
    # Nothing says which crystal an image is of, so that none may be taken for another.
    assert table["material"].is_unique
    assert table["formula"].is_unique
    assert len(quarantine) == 0
    task = Task("structure_class")
    assert task.samples(table)["label"].tolist() == LABELS.tolist()
    assert len(Task("space_group").samples(table)) == 12


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "images",
    [IMAGES.astype(">f4"), np.asfortranarray(IMAGES), IMAGES[:, ::-1], IMAGES.transpose(0, 3, 1, 2), list(IMAGES)],
    ids=["big-endian", "fortran", "view", "channels first", "list"],
)
def test_all_kinds_of_arrays(reader, files, way, images):
    if isinstance(images, list) and not way.startswith("pickle"):
        pytest.skip("NumPy's files hold arrays")
    expected = np.asarray(images, np.float32)
    expected = expected if expected.shape[1] == 3 else expected.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(read(reader, files(images, way=way))[2], expected)


KINDS_OF_LABELS = {
    "one-hot": np.eye(7)[LABELS],
    "one-hot of truth values": np.eye(7, dtype=bool)[LABELS],
    "column": LABELS[:, None],
    "float": LABELS.astype(float),
    "numbers": list(LABELS),
    "numbers as objects": LABELS.astype(object),
    "names": np.array(NAMES)[LABELS],
    "names as bytes": np.array(NAMES, "S")[LABELS],
    "names as objects": np.array(NAMES, object)[LABELS],
    "a column of names as objects": np.array(NAMES, object)[LABELS][:, None],
    "names as bytes and objects": np.array([name.encode() for name in NAMES], object)[LABELS],
    "names of any length": np.array(NAMES, np.dtypes.StringDType())[LABELS],
}


@pytest.mark.filterwarnings("ignore:Custom dtypes are saved as python objects")
@pytest.mark.parametrize("way", ["npy", "npz", "pickle 0", "pickle 2", "pickle 5"])
@pytest.mark.parametrize("labels", KINDS_OF_LABELS.values(), ids=KINDS_OF_LABELS)
def test_all_kinds_of_labels(reader, files, way, labels):
    table, *_ = read(reader, files(labels=labels, way=way))
    assert table["structure_class"].tolist() == [NAMES[label] for label in LABELS]


@pytest.mark.parametrize("encoding", ["utf-8", "latin1"])
def test_names_of_classes_are_read_in_either_encoding(reader, files, encoding):
    paths = files(way="pickle 2")
    names = ["Würfel(225)", "Säule(194)"]
    paths[1].write_bytes(pickle.dumps(np.array([name.encode(encoding) for name in names])[LABELS % 2]))
    assert read(reader, paths, classes=names)[0]["structure_class"].tolist() == [names[label % 2] for label in LABELS]
    # As Python 2 wrote them: strings that say nothing of their encoding.
    strings = b"".join(b"S" + repr(names[label % 2].encode(encoding)).encode()[1:] + b"\na" for label in LABELS)
    paths[1].write_bytes(b"(l" + strings + b".")
    assert read(reader, paths, classes=names)[0]["structure_class"].tolist() == [names[label % 2] for label in LABELS]


def test_images_and_labels_may_be_a_dict_in_one_file(reader, files):
    paths = files()
    np.save(paths[0], {"images": IMAGES, "labels": LABELS})
    table, _, images = read(reader, [paths[0], paths[0]])
    np.testing.assert_array_equal(images, IMAGES.transpose(0, 3, 1, 2).astype(np.float32))
    assert table["structure_class"].tolist() == [NAMES[label] for label in LABELS]


def test_pictures_are_scaled(reader, files):
    images = (255 * IMAGES).astype(np.uint8)
    np.testing.assert_allclose(
        read(reader, files(images))[2], images.transpose(0, 3, 1, 2) / np.float32(255), rtol=1e-6
    )


def test_damaged_items_are_set_aside(reader, files):
    images, labels = IMAGES.copy(), LABELS.copy()
    images[3, 0, 0, 0] = np.nan
    labels[5] = 7
    part = reader.part(files(images, labels), "arrays", "theirs", SETTINGS)
    table, quarantine = reader.merge([part])
    assert quarantine[["group", "reason"]].to_numpy().tolist() == [
        ["3", "image holds NaN"],
        ["5", "has the label 7, which is none of the 7 classes"],
    ]
    assert len(table) == COUNT - 2


class Attack:
    """Runs a program when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("place", ["alone", "in a list", "in an array", "in a dict"])
def test_a_pickle_runs_nothing(reader, files, tmp_path, protocol, place):
    attack = Attack(tmp_path / "mark")
    hidden = {
        "alone": attack,
        "in a list": [*IMAGES, attack],
        "in an array": np.array([attack, 1], object),
        "in a dict": {"images": IMAGES, "more": attack},
    }[place]
    with pytest.raises(SgbenchError, match=r"images\.pickle: .*(posix|nt)\.system; only NumPy arrays"):
        read(reader, files(hidden, way=f"pickle {protocol}"))
    assert not (tmp_path / "mark").exists()
    # It is no empty threat.
    pickle.loads(pickle.dumps(attack, protocol=protocol))
    assert (tmp_path / "mark").exists()


# By hand: what tricks NumPy's own loading into other things than arrays.
FORGED = {
    "a builtin": b"cbuiltins\neval\n(S'1'\ntR.",
    "NumPy's own program": b"cnumpy.testing\nrunstring\n(S'1'\nS''\ntR.",
    "an attribute": b"cnumpy\nndarray.dump\n.",
    "a codec": b"c_codecs\ndecode\n(S'1'\ntR.",
    "objects": pickle.dumps(np.array([{}, 1], object), protocol=2),
    "records": pickle.dumps(np.zeros(3, "i4,f4"), protocol=2),
    "dates": pickle.dumps(np.array(["2020"], "M8[D]"), protocol=2),
    "a short array": pickle.dumps(IMAGES, protocol=2)[:-20] + b".",
    "nothing": b"",
    "text": b"no pickle at all",
    "a number": pickle.dumps(3),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_pickle_is_an_error(reader, files, forged):
    paths = files(way="pickle 5")
    paths[0].write_bytes(FORGED[forged])
    with pytest.raises(SgbenchError, match=r"images\.pickle: "):
        read(reader, paths)


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (IMAGES[0], LABELS, r"images are float64 \(8, 8, 3\), not numbers \(N, "),
        (IMAGES[:, :4], LABELS, r"images are \(4, 8, 3\), not 8 x 8 with 3 channels; set pixels and channels"),
        (IMAGES, LABELS[:3], "3 labels, but 14 images in"),
        (IMAGES, np.eye(5)[LABELS % 5], r"labels are float64 \(14, 5\), not .* or one-hot \(N, 7\)"),
        (np.array([{}]), LABELS, r"images\.npy: holds object of shape \(1,\), not an array of numbers or names"),
        (np.array(3.0), LABELS, r"images\.npy: holds float64 of shape \(\), not an array of numbers or names"),
        (IMAGES > 0.5, LABELS, r"images are bool \(14, 8, 8, 3\), not numbers"),
        (IMAGES, LABELS > 3, r"labels are bool \(14,\), not numbers \(N,\)"),
        (IMAGES, [None, *NAMES[1:]], r"labels\.npy: holds object of shape \(7,\), not an array of numbers or names"),
        (IMAGES, "fcc(225)", r"labels\.npy: holds <U8 of shape \(\), not an array of numbers or names"),
    ],
)
def test_what_does_not_fit_is_said(reader, files, images, labels, message):
    with pytest.raises(SgbenchError, match=message):
        read(reader, files(images, labels))


def test_several_arrays_need_names(reader, files):
    paths = files(way="npz")
    np.savez(paths[0], x=IMAGES, y=LABELS)
    with pytest.raises(SgbenchError, match="holds x, y; call the array images, or keep it alone"):
        read(reader, paths)
