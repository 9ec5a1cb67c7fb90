"""Reads a protected image with h5py alone and checks it against docs/image_format.md.

usage: read_image.py IMAGE [CROSSBAR:PAIR:VECTOR:COUNT]...

Each further argument names a logical bit line - the row pair PAIR of crossbar CROSSBAR under the GSL vector VECTOR, an
unsigned number whose bit j belongs to segment j - and the number of ones that it must hold.
"""
import json
import sys

import h5py
import numpy as np


def check(holds, text):
    if not holds:
        sys.exit(f"{sys.argv[1]}: {text}")


def unpack(data, bits):
    """Bits of the last axis, least significant first, without the padding."""
    return np.unpackbits(data, axis=-1, bitorder="little")[..., :bits]


def line_ones(cells, segment, pair, vector):
    """Ones on a logical bit line: bit j of the vector set connects the segment of row 2p, clear that of row 2p+1."""
    columns = np.arange(cells.shape[-1])
    even = np.array([vector >> int(j) & 1 for j in columns // segment], dtype=bool)
    return int(np.where(even, cells[2 * pair], cells[2 * pair + 1]).sum())


def check_sealed(group, program):
    segments = program["array"]["cols"] // program["array"]["segment"]
    for index, layer in enumerate(program["layers"]):
        vectors = len(layer["crossbars"]) * program["n"] * ((segments + 7) // 8)
        secrets = 20 + vectors + 256 + 16 + 4 * len(layer["bias"])
        blob = group[f"layer_{index:03d}"]
        check(blob.dtype == np.uint8 and blob.shape == (12 + secrets + 16,), f"layer {index}: sealed blob of {blob.shape}")


def main():
    with h5py.File(sys.argv[1], "r") as image:
        check(image.attrs["format"] == 1, "unknown format")
        check(image.attrs["creator"].decode().startswith("VeilRAM "), "unknown creator")
        rows, cols, n = (int(image.attrs[name]) for name in ("rows", "cols", "n"))
        program = json.loads(bytes(image["memory/program"][:]).decode("utf-8"))
        crossbars = sum(len(layer["crossbars"]) for layer in program["layers"])
        check(program["array"]["rows"] == rows and program["array"]["cols"] == cols and program["n"] == n, "sizes differ")
        check(image["nvm/cells"].shape == (crossbars, rows, (cols + 7) // 8), "cells have another size")
        check(image["nvm/signs"].shape == (crossbars, n, (max(rows, cols) + 7) // 8), "signs have another size")
        check(len(image["memory/sealed"]) == len(program["layers"]), "not one blob a layer")
        check_sealed(image["memory/sealed"], program)
        cells = unpack(image["nvm/cells"][:], cols)
    for line in sys.argv[2:]:
        crossbar, pair, vector, count = map(int, line.split(":"))
        ones = line_ones(cells[crossbar], program["array"]["segment"], pair, vector)
        check(ones == count, f"crossbar {crossbar}, row pair {pair}: {ones} ones, expected {count}")


if __name__ == "__main__":
    main()
