"""Which of ffmpeg's demuxers reads a file, told by its first bytes.

The demuxer is named and not guessed by ffmpeg, which would also take a text for a play list and open what it names.
"""

import re

_STARTS = (
    (b"\x1aE\xdf\xa3", "matroska"),
    (b"0&\xb2u\x8ef\xcf\x11", "asf"),
    (b"#!AMR", "amr"),
    (b"caff", "caf"),
    (b"FLV", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x0bw", "ac3"),
    (b"wvpk", "wv"),
    (b"MAC ", "ape"),
    (b"TTA1", "tta"),
    (b"OggS", "ogg"),
    (b".snd", "au"),
)

# What the first box of a QuickTime file or of its descendants (mp4, m4a, 3gp) may be called.
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

_CHUNKS = {b"AVI ": "avi", b"WAVE": "wav", b"AIFC": "aiff", b"AIFF": "aiff"}

# Twelve bits of synchronisation and the two of the layer, which are zero in AAC and never in MP3.
_ADTS = re.compile(rb"\xff[\xf0\xf1\xf8\xf9]")

# The object of an ASF file that says how large it is, 40 bytes after it begins.
_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")

TIMED = frozenset({"mov", "asf", "caf", "avi", "wav", "aiff", "matroska"})
"""Demuxers whose files say how long they are; of the others ffmpeg guesses by the bit rate."""


def demuxer(head: bytes) -> str | None:
    """Return the name of the demuxer, None for what is no container that is read here.

    Args:
        head: the first bytes of a file, 512 or more.

    Example:
        >>> demuxer(b"\\0\\0\\0\\x1cftypM4A "), demuxer(b"#!AMR\\n"), demuxer(b"#EXTM3U")
        ('mov', 'amr', None)
    """
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[4:8] in _BOXES:
        return "mov"
    if head[:4] in (b"RIFF", b"FORM"):
        return _CHUNKS.get(head[8:12])
    if _ADTS.match(head) or (head.startswith(b"ID3") and _ADTS.match(head[10 + _tag_bytes(head) :])):
        return "aac"
    # Packets of a transport stream have 188 bytes, each of which begins alike.
    if head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G":
        return "mpegts"
    return None


def promised_bytes(content: bytes) -> int:
    """Return how many bytes a file says that it has; 0 where it does not say so.

    ffmpeg looks at this in ASF and passes over what is missing.

    Args:
        content: the bytes of the file.
    """
    place = content.find(_FILE_PROPERTIES, 0, 1 << 16)
    if place < 0 or not content.startswith(_STARTS[1][0]):
        return 0
    return int.from_bytes(content[place + 40 : place + 48], "little")


def _tag_bytes(head: bytes) -> int:
    """Return the length of an ID3 tag without its own header: four bytes of which seven bits count each."""
    return sum(byte << (7 * place) for place, byte in enumerate(reversed(head[6:10])))
