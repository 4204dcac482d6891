"""How many samples the tables of a QuickTime file or of its descendants (mp4, m4a, 3gp) count.

ffmpeg makes room for each sample that a table counts before it looks at any: a file of 10 KB that counts 80 million
would take 3 GB.
"""

import struct
from typing import BinaryIO

_HOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf"})

# Where the count stands within a box, after size and name: behind version, flags and the size of all samples.
_COUNTS = {b"stsz": 8, b"stz2": 8, b"trun": 4}

_MOST_BOXES = 1_000_000
"""Boxes that are looked at; a recording of 18 hours in fragments has a fifth of them."""


def counted_samples(file: BinaryIO) -> int:
    """Return the largest number of samples that one table counts, 0 where there is none.

    Args:
        file: the file, whose place does not change.
    """
    before, most = file.tell(), 0
    spans = [(0, file.seek(0, 2))]
    for _ in range(_MOST_BOXES):
        if not spans:
            break
        start, end = spans.pop()
        file.seek(start)
        head = file.read(24)
        if len(head) < 8:
            continue
        size, name = struct.unpack(">I4s", head[:8])
        inner = 8
        if size == 1 and len(head) >= 16:
            size, inner = struct.unpack(">Q", head[8:16])[0], 16
        stop = min(start + size, end) if size else end
        if stop < start + inner:
            continue
        if stop < end:
            spans.append((stop, end))
        if name in _HOLDERS:
            spans.append((start + inner, stop))
        elif name in _COUNTS:
            file.seek(start + inner + _COUNTS[name])
            most = max(most, int.from_bytes(file.read(4), "big"))
    file.seek(before)
    return most
