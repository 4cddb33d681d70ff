"""Every way to the raw memory of an array of symbols is UNDECIDED with that reason, whatever C code makes of it."""

import array
import binascii
import bz2
import ctypes
import hashlib
import hmac
import io
import lzma
import marshal
import mmap
import os
import pickle
import socket
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from effort import some

import gradproof as verify
from verify.model.reasons import Reason
from verify.model.result import Verdict


def send(x, way):
    left, right = socket.socketpair()
    with left, right:
        return getattr(left, way)(x)


def write(x, way):
    with Path(os.devnull).open("wb") as file:
        return getattr(file, way)(x)


def system_call(x):
    number = os.open(os.devnull, os.O_WRONLY)
    try:
        return os.write(number, x)
    finally:
        os.close(number)


def into_map(x):
    with mmap.mmap(-1, 4096) as memory:
        return memory.write(x)


WAYS = {
    "array": lambda x: array.array("d", x.tobytes()),
    "array.frombytes": lambda x: array.array("d").frombytes(x.view(np.uint8)),
    "array.frombytes of a view": lambda x: array.array("d").frombytes(memoryview(x).cast("B")),
    "struct": lambda x: struct.unpack_from("d", x),
    "struct.iter_unpack": lambda x: [*struct.iter_unpack("d", x)],
    "struct.pack_into": lambda x: struct.pack_into("d", x, 0, 1.0),
    "ctypes": lambda x: (ctypes.c_double * 3).from_buffer(x),
    "ctypes, copied": lambda x: (ctypes.c_double * 3).from_buffer_copy(x),
    "hashlib": lambda x: hashlib.sha256(x),
    "hashlib.update": lambda x: hashlib.blake2b().update(x),
    "hmac": lambda x: hmac.new(b"key", x, "sha256"),
    "crc32": zlib.crc32,
    "adler32": zlib.adler32,
    "zlib": zlib.compress,
    "bz2": bz2.compress,
    "lzma": lzma.compress,
    "hexlify": binascii.hexlify,
    "BytesIO": io.BytesIO,
    "BytesIO.write": lambda x: io.BytesIO().write(x),
    "BytesIO.readinto": lambda x: io.BytesIO(bytes(24)).readinto(x),
    "BufferedWriter": lambda x: io.BufferedWriter(io.BytesIO()).write(x),
    "file": lambda x: write(x, "write"),
    "file, lines": lambda x: write([x], "writelines"),
    "tofile": lambda x: x.tofile(os.devnull),
    "os.write": system_call,
    "mmap": into_map,
    "socket": lambda x: send(x, "send"),
    "socket, all": lambda x: send(x, "sendall"),
    "pickle.PickleBuffer": pickle.PickleBuffer,
    "marshal": marshal.dumps,
    "frombuffer": np.frombuffer,
    "ndarray": lambda x: np.ndarray(shape=x.shape, buffer=x),
    "ndarray of data": lambda x: np.ndarray(shape=x.shape, buffer=x.data),
    "memoryview": memoryview,
    "bytes": bytes,
    "bytearray": bytearray,
    "bytearray.extend": lambda x: bytearray().extend(x.view(np.uint8)),
    "join": lambda x: b"".join([x]),
    "text": lambda x: str(x, "latin1"),
    "int.from_bytes": lambda x: int.from_bytes(x, "big"),
    "view": lambda x: x.view(np.int64),
    "from_dlpack": np.from_dlpack,
    "interface": lambda x: x.__array_interface__,
    "dumps": lambda x: x.dumps(),
}


def case(way):
    def forward(x):
        way(x)
        return 2 * x

    return verify.pair(forward, lambda dout, x: 2 * dout, x="3")


@pytest.mark.parametrize("name", some(WAYS))
def test_a_way_to_raw_memory_is_undecided(name):
    """C code that asks for a buffer raises what it likes: the report says that raw memory was read."""
    (row,) = verify.check(case(WAYS[name]), quick=True).comparisons
    assert row.verdict is Verdict.UNDECIDED
    assert row.evidence.reason is Reason.RAW_MEMORY
    assert "the code reads the raw memory of an array of symbols" in row.evidence.detail
    assert row.evidence.place


def test_what_raises_on_floats_too_is_an_error():
    """The twin: code that no array of floats would pass is at fault itself, whatever it asks for."""
    (row,) = verify.check(case(lambda x: array.array("d").frombytes(x)), quick=True).comparisons
    assert row.verdict is Verdict.ERROR
    assert row.evidence.reason is Reason.CODE_RAISED


def test_a_copy_by_pickle_is_followed():
    """The twin: what `pickle.loads` makes of a pickle nobody reads are the same symbols."""

    def forward(x):
        return 2 * pickle.loads(pickle.dumps(x))

    (row,) = verify.check(verify.pair(forward, lambda dout, x: 2 * dout, x="3"), quick=True).comparisons
    assert row.verdict is Verdict.PROVED
