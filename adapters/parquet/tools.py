"""What pandas and pyarrow make of a Parquet file, and files of theirs. Usage: tools.py read PATH | write DIRECTORY | layout PATH NAME"""

import json
import struct
import sys

import pandas
import pyarrow
import pyarrow.parquet


def read(path):
    frame = pandas.read_parquet(path)
    table = pyarrow.parquet.read_table(path)
    rows = [
        {
            "id": row.id,
            "namespace": row.namespace,
            "vector": None if row.vector is None else [struct.pack("<f", x).hex() for x in row.vector],
            "payload": json.loads(row.payload),
        }
        for row in frame.itertuples()
    ]
    kind = str(table.schema.field("vector").type)
    cheap = sorted(frame[frame["price"] < 2]["id"]) if "price" in frame else None
    print(json.dumps({"rows": rows, "vector": kind, "cheap": cheap}))


def write(directory):
    vectors = [[0.1, -2.5, 3.0], [4.0, 5.0, 6.25], [1e-10, 7.0, 8.0]]
    columns = {
        "id": pyarrow.array([10, 2**60, 30], pyarrow.int64()),
        "title": ["a", "\ufeffb", None],
        "at": pyarrow.array([1, 1_700_000_000_123_456, None], pyarrow.timestamp("us", tz="UTC")),
        "tags": [["x", "y"], [], None],
        "nested": [{"a": 1}, {"a": None}, None],
        "price": [1.5, float("nan"), None],
        "big": pyarrow.array([2**53 + 1, 5, None], pyarrow.int64()),
    }
    kinds = {
        "list": pyarrow.list_(pyarrow.float32()),
        "fixed": pyarrow.list_(pyarrow.float32(), 3),
        "double": pyarrow.list_(pyarrow.float64()),
    }
    for name, kind in kinds.items():
        for codec in ["snappy", "zstd", "gzip", "none"]:
            table = pyarrow.table({**columns, "embedding": pyarrow.array(vectors, kind)})
            pyarrow.parquet.write_table(table, f"{directory}/{name}-{codec}.parquet", compression=codec, row_group_size=2)
    frame = pandas.DataFrame({"uuid": ["p", "q"], "vector": [vectors[0], vectors[1]], "metadata": ['{"k": [1]}', "{}"]})
    frame.to_parquet(f"{directory}/pandas-frame.parquet")


def layout(path, name):
    """A small file with every kind of column: `1.0-snappy` is the version of its pages and their codec, `delta` those that lean on each other."""
    count = 60
    columns = {
        "id": [f"r{i}" for i in range(count)],
        "embedding": pyarrow.array([None if i % 9 == 0 else [i, 0.5, -i, 2] for i in range(count)], pyarrow.list_(pyarrow.float32())),
        "title": [None if i % 5 == 0 else f"title number {i % 7}" for i in range(count)],
        "n": pyarrow.array([i * 3 for i in range(count)], pyarrow.int64()),
        "m": pyarrow.array([None if i % 4 else i for i in range(count)], pyarrow.int32()),
        "ok": [i % 3 == 0 for i in range(count)],
        "nested": [{"a": i, "b": ["x", "y"]} if i % 6 else None for i in range(count)],
    }
    table = pyarrow.table(columns)
    if name == "delta":
        encodings = {
            "id": "DELTA_BYTE_ARRAY",
            "title": "DELTA_LENGTH_BYTE_ARRAY",
            "n": "DELTA_BINARY_PACKED",
            "m": "DELTA_BINARY_PACKED",
            "embedding.list.element": "BYTE_STREAM_SPLIT",
        }
        table = table.drop(["nested"])
        pyarrow.parquet.write_table(table, path, use_dictionary=False, column_encoding=encodings, row_group_size=25)
        return
    version, codec = name.split("-")
    pyarrow.parquet.write_table(table, path, compression=codec, data_page_version=version, row_group_size=25)


if __name__ == "__main__":
    {"read": read, "write": write, "layout": layout}[sys.argv[1]](*sys.argv[2:])
