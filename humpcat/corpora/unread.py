"""What lies below a folder of audio and is not read: counted by ending, with what to do about it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from humpcat import audio
from humpcat.corpora.files import files_below
from humpcat.corpora.scan import Kind, Problem, listed, shortened

_SOUND = listed(
    ".3g2 .3gp .aac .ac3 .adts .amr .ape .avi .awb .bwf .caf .dsf .dss .dts .eac3 .flv .gsm .m2ts .m4a .m4b .m4v .mka "
    ".mkv .mov .mp2 .mp4 .mpeg .mpg .mpga .mts .nist .oma .pcm .qcp .ra .raw .rm .silk .snd .sph .spx .tta .ts .voc "
    ".vob .vox .wave .weba .webm .wma .wmv .wv"
)
_ARCHIVES = listed(".zip .tar .gz .tgz .bz2 .xz .7z .rar .zst .iso")
_UNFINISHED = listed(".part .crdownload .download .tmp .partial .aria2 .incomplete")
_TABLES = listed(".csv .tsv .jsonl .ndjson .parquet .xlsx .xls .ods .json .arrow")

# What a file that holds sound begins with; at the given byte.
_MAGIC = (
    (0, b"RIFF"),
    (0, b"RF64"),
    (0, b"FORM"),
    (0, b"fLaC"),
    (0, b"OggS"),
    (0, b"ID3"),
    (0, b".snd"),
    (0, b"\xff\xfb"),
    (0, b"\xff\xf1"),
    (0, b"NIST_1A"),
    (0, b"caff"),
    (0, b"#!AMR"),
    (0, b"\x1aE\xdf\xa3"),
    (4, b"ftyp"),
)
# These begin alike and are no sound.
_PICTURES = listed(".webp .ani .heic .avif")
_HEAD = 16


@dataclass(frozen=True)
class _Category:
    kind: Kind
    what: str
    mend: str


_AS_SOUND = _Category(
    Kind.UNREAD, "what may be sound", "write it as .wav or .flac, such as by ffmpeg -i clip{ending} clip.wav"
)
_MISNAMED = _Category(Kind.UNREAD, "audio without an ending of audio", "rename it to end in what it is, such as .wav")
_PACKED = _Category(Kind.UNREAD, "archives", "unpack them, or take them away")
_BROKEN_OFF = _Category(Kind.UNREAD, "unfinished downloads", "download them again, or take them away")
_TABLE = _Category(Kind.APART, "tables", "name the table itself if it describes the clips")
_REST = _Category(Kind.APART, "what is no audio", "nothing is to be done")


def unread(root: Path, *, videos: bool = False) -> list[Path]:
    """Return the files below a folder that a scan for audio passes over, hidden files left out.

    Args:
        root: the folder.
        videos: whether the scan reads videos, see :func:`humpcat.corpora.base.audio_files`.
    """
    read = audio.SUFFIXES if videos else audio.SUFFIXES - audio.VIDEO_SUFFIXES
    return [path for path in files_below(root) if path.suffix.lower() not in read]


def unread_problems(root: Path, files: Sequence[Path], read: Iterable[Path]) -> list[Problem]:
    """Say what is not read, one sentence for each thing to do about it.

    Args:
        root: the folder.
        files: as :func:`unread` gives them.
        read: the files that are read, so that folders of which nothing is are named.
    """
    heard = {folder for path in read for folder in path.parents}
    groups: dict[_Category, list[Path]] = {}
    for path in files:
        groups.setdefault(_category(path), []).append(path)
    return [_problem(root, category, own, heard) for category, own in groups.items()]


def _problem(root: Path, category: _Category, files: Sequence[Path], heard: set[Path]) -> Problem:
    endings = Counter(path.suffix.lower() or "no ending" for path in files)
    counts = ", ".join(f"{ending} {count}" for ending, count in endings.most_common())
    silent = sorted({path.parent for path in files} - heard)
    within = ""
    if category.kind == Kind.UNREAD and silent:
        within = f", nothing at all being read of {shortened(str(folder.relative_to(root)) for folder in silent)}"
    mend = category.mend.format(ending=endings.most_common(1)[0][0])
    reason = f"not read: {category.what} ({counts}){within}: {mend}."
    return Problem(str(root), reason, category.kind)


def _category(path: Path) -> _Category:
    ending = path.suffix.lower()
    if ending in _SOUND:
        return _AS_SOUND
    if ending in _UNFINISHED:
        return _BROKEN_OFF
    if ending in _ARCHIVES:
        return _PACKED
    if ending not in _PICTURES and _sounds(path):
        return _MISNAMED
    return _TABLE if ending in _TABLES else _REST


def _sounds(path: Path) -> bool:
    try:
        if not path.is_file():
            # A pipe would be waited for.
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return any(head.startswith(magic, place) for place, magic in _MAGIC)
