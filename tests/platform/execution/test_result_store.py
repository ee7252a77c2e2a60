"""The store: an item is complete or absent, and never silently wrong."""

import json
from pathlib import Path

import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.execution.result_store import (
    EAGER_CHECK_BYTES,
    FORMAT_VERSION,
    DamagedItem,
    Store,
    StoreUnavailable,
)
from argyro.platform.execution.work_item import WorkItem


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def put(store, item, tmp_path, result=None, files=()):
    scratch = tmp_path / "scratch" / item.key
    scratch.mkdir(parents=True)
    for name, data in files:
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).write_bytes(data)
    store.commit(item, scratch, result or {"x": 1}, seconds=0.5)
    return scratch


def test_key_depends_on_every_field_and_not_on_order():
    item = WorkItem("md", 1, {"a": 1, "b": 2.5}, {"p": ["k"]})
    assert item.key == WorkItem("md", 1, {"b": 2.5, "a": 1}, {"p": ["k"]}).key
    others = [
        WorkItem("md2", 1, {"a": 1, "b": 2.5}, {"p": ["k"]}),
        WorkItem("md", 2, {"a": 1, "b": 2.5}, {"p": ["k"]}),
        WorkItem("md", 1, {"a": 1, "b": 2.6}, {"p": ["k"]}),
        WorkItem("md", 1, {"a": 1, "b": 2.5}, {"p": ["l"]}),
        WorkItem("md", 1, {"a": 1, "b": 2.5}, {"q": ["k"]}),
    ]
    assert len({item.key, *(other.key for other in others)}) == 6


def test_commit_moves_everything_and_reads_back(store, tmp_path):
    item = WorkItem("md", 1, {})
    assert not store.has(item)
    scratch = put(store, item, tmp_path, {"D": 2.0}, [("sub/a.bin", b"abc")])
    assert store.has(item)
    assert store.result(item) == {"D": 2.0}
    assert store.seconds(item) == 0.5
    assert (store.path(item) / "sub" / "a.bin").read_bytes() == b"abc"
    assert not scratch.exists()


def test_the_first_of_two_results_stands(store, tmp_path):
    item = WorkItem("md", 1, {})
    put(store, item, tmp_path / "1", {"n": 1})
    put(store, item, tmp_path / "2", {"n": 2})
    assert store.result(item) == {"n": 1}


def test_a_folder_without_manifest_is_absent_and_can_be_replaced(store, tmp_path):
    item = WorkItem("md", 1, {})
    half = Path(store.folder(item))
    half.mkdir(parents=True)
    (half / "result.json").write_text("{}")
    assert not store.has(item)
    put(store, item, tmp_path, {"n": 3})
    assert store.has(item) and store.result(item) == {"n": 3}


@pytest.mark.parametrize("name", ["result.json", "small.bin", "manifest.json"])
def test_a_damaged_small_file_makes_the_item_absent_and_keeps_it_aside(store, tmp_path, name):
    item = WorkItem("md", 1, {})
    put(store, item, tmp_path, files=[("small.bin", b"abc")])
    file = store.path(item) / name
    file.write_bytes(file.read_bytes()[:-1] + b"~")
    assert not store.has(item)
    assert len(list((tmp_path / "store" / "damaged" / "md").iterdir())) == 1


def test_a_flipped_byte_in_a_large_file_is_seen_when_it_is_read(store, tmp_path):
    item = WorkItem("md", 1, {})
    put(store, item, tmp_path, files=[("large.bin", bytes(2 * EAGER_CHECK_BYTES))])
    file = store.path(item) / "large.bin"
    data = bytearray(file.read_bytes())
    data[EAGER_CHECK_BYTES] = 1
    file.write_bytes(data)
    with pytest.raises(DamagedItem, match="checksum"):
        store.path(item)
    assert not store.has(item)


def test_a_newer_format_is_refused(tmp_path):
    (tmp_path / "format.json").write_text(json.dumps({"argyro_store": 99}))
    with pytest.raises(InputError, match="format 99"):
        Store(tmp_path)


def test_items_of_an_older_format_stay_and_the_first_new_item_brings_the_store_up_to_date(tmp_path):
    (tmp_path / "store").mkdir()
    marker = tmp_path / "store" / "format.json"
    marker.write_text(json.dumps({"argyro_store": 1}))
    store = Store(tmp_path / "store")
    assert "computed again" in store.outdated_warning and json.loads(marker.read_text()) == {"argyro_store": 1}
    put(store, WorkItem("md", 1, {}), tmp_path)
    assert json.loads(marker.read_text()) == {"argyro_store": FORMAT_VERSION}
    assert not Store(tmp_path / "store").outdated_warning


def test_a_file_in_place_of_the_store_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        Store(tmp_path / "file")


def test_a_store_behind_a_pyarrow_uri(tmp_path):
    """The same through a URI: pyarrow's in-process mock file system holds no local paths."""
    store = Store("mock:///shelf/store", cache=tmp_path / "cache")
    item = WorkItem("md", 1, {})
    put(store, item, tmp_path, {"n": 1}, [("a.bin", b"abc")])
    assert store.has(item) and store.result(item) == {"n": 1}
    assert (store.path(item) / "a.bin").read_bytes() == b"abc"


def break_network(store, monkeypatch, name):
    def fail(*arguments):
        raise OSError("Connection reset by peer")

    monkeypatch.setattr(store, name, fail)


def test_a_store_that_cannot_be_written_leaves_the_work_where_it_is(store, tmp_path, monkeypatch):
    remote, item = Store("mock:///shelf/store", cache=tmp_path / "cache"), WorkItem("md", 1, {})
    break_network(remote, monkeypatch, "_write")
    with pytest.raises(StoreUnavailable, match="Connection reset"):
        put(remote, item, tmp_path, files=[("a.bin", b"abc")])
    assert (tmp_path / "scratch" / item.key / "a.bin").read_bytes() == b"abc"


def test_a_store_that_cannot_be_read_is_no_reason_to_throw_an_item_away(store, tmp_path, monkeypatch):
    item = WorkItem("md", 1, {})
    put(store, item, tmp_path)
    with monkeypatch.context() as away:
        break_network(store, away, "_read")
        with pytest.raises(StoreUnavailable, match="Connection reset"):
            store.path(item)
    assert store.has(item) and not (tmp_path / "store" / "damaged").exists()
