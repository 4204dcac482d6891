"""What is done to the bytes of a valid file, whatever it holds."""

import re
from collections.abc import Callable
from random import Random

SIZES = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)
"""Values at which code that counts goes wrong."""

# Names of chunks, boxes, pages and blocks, and magic words; sizes and counts stand about them.
_TAGS = re.compile(
    rb"RIFF|RF64|ds64|WAVE|fmt |data|fact|riff|FORM|COMM|SSND|fLaC|OggS|OpusHead|vorbis|caff|desc|chan|pakt|kuki|free"
    rb"|\.snd|ftyp|moov|mvhd|trak|tkhd|mdhd|stsd|stts|stsc|stsz|stco|elst|esds|mdat|ID3|Xing|Info|wvpk|#!AMR|TTA1"
    rb"|PAR1|\x1aE\xdf\xa3|\x16T\xaek|\x1fC\xb6u|\x15I\xa9f"
)


def truncate(content: bytes, other: bytes, random: Random) -> bytes:
    """Cut off the end."""
    return content[: random.randrange(len(content) + 1)]


def flip_bits(content: bytes, other: bytes, random: Random) -> bytes:
    """Flip a few bits, more often near the beginning, where headers are."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 4, 32))):
        reach = random.choice((64, 512, len(changed)))
        changed[random.randrange(min(reach, len(changed)))] ^= 1 << random.randrange(8)
    return bytes(changed)


def swap_chunks(content: bytes, other: bytes, random: Random) -> bytes:
    """Exchange two pieces of one length."""
    size = random.randrange(1, max(len(content) // 4, 2))
    first, second = sorted(random.randrange(max(len(content) - size, 1)) for _ in range(2))
    if second < first + size:
        return content[::-1] if random.random() < 0.1 else content[size:] + content[:size]
    return b"".join(
        (
            content[:first],
            content[second : second + size],
            content[first + size : second],
            content[first : first + size],
            content[second + size :],
        )
    )


def grow_sizes(content: bytes, other: bytes, random: Random) -> bytes:
    """Put telling numbers where sizes and counts are."""
    changed = bytearray(content)
    places = [match.start() for match in _TAGS.finditer(content)] or [0]
    for _ in range(random.choice((1, 1, 2, 4))):
        width = random.choice((1, 2, 4, 4, 8))
        place = random.choice(places) + random.choice(
            (-8, -4, 4, 4, 8, 8, 12, 16, 20, 24, 28, 32, random.randrange(48))
        )
        value = random.choice((*SIZES, random.randrange(1 << 32))) << (
            32 if width == 8 and random.random() < 0.5 else 0
        )
        if 0 <= place <= len(changed) - width:
            order = random.choice(("little", "big"))
            changed[place : place + width] = (value % (1 << (8 * width))).to_bytes(width, order)
    return bytes(changed)


def zero_block(content: bytes, other: bytes, random: Random) -> bytes:
    """Overwrite a piece by one byte, as a disk that failed does."""
    start = random.choice((random.randrange(len(content)), random.randrange(min(len(content), 256))))
    size = random.choice((1, 8, 64, 512, 4096))
    fill = random.choice((b"\0", b"\0", b"\xff"))
    return content[:start] + fill * min(size, len(content) - start) + content[start + size :]


def splice(content: bytes, other: bytes, random: Random) -> bytes:
    """Go on with another file."""
    return content[: random.randrange(len(content) + 1)] + other[random.randrange(len(other) + 1) :]


def repeat(content: bytes, other: bytes, random: Random) -> bytes:
    """Say a piece several times."""
    start = random.randrange(len(content))
    piece = content[start : start + random.choice((1, 4, 16, 256, 4096))]
    return content[:start] + piece * random.choice((2, 3, 40)) + content[start:]


def insert(content: bytes, other: bytes, random: Random) -> bytes:
    """Put noise between."""
    place = random.randrange(len(content) + 1)
    return content[:place] + random.randbytes(random.choice((1, 3, 100))) + content[place:]


Damage = Callable[[bytes, bytes, Random], bytes]
"""Takes a valid file, another one, and what everything is drawn from."""

DAMAGES: tuple[Damage, ...] = (
    truncate,
    flip_bits,
    flip_bits,
    swap_chunks,
    grow_sizes,
    grow_sizes,
    grow_sizes,
    zero_block,
    splice,
    repeat,
    insert,
)


def damaged(content: bytes, other: bytes, random: Random) -> tuple[str, bytes]:
    """Return how a file was damaged, once or twice, and what is left of it.

    Args:
        content: the valid file.
        other: another valid one.
        random: what everything is drawn from.
    """
    done = []
    for _ in range(random.choice((1, 1, 2))):
        damage = random.choice(DAMAGES)
        content = damage(content, other, random) if content else content
        done.append(damage.__name__)
    return "+".join(done), content
