"""What each toy corpus holds and under which names: which speaker says which text in which emotion."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ToyClip:
    """One utterance to be synthesised.

    Attributes:
        path: file name below the corpus folder.
        text: what is said.
        emotion: canonical emotion to express.
        speaker: identity within the corpus.
    """

    path: str
    text: str
    emotion: str
    speaker: str


@dataclass(frozen=True)
class Layout:
    """One toy corpus.

    Attributes:
        name: registered name of the corpus whose layout it has.
        language: language of Praat's speech synthesiser.
        speakers: identity to kind of voice, "female", "male" or "child".
        clips: the utterances, as a function of the layout.
        texts: the owner's sentence code to what is said.
        labels: the owner's label to canonical emotion.
        acting: how strongly emotions are expressed; 1 is what the synthesiser's table says.
        gain: level of the recording in dB against the other corpora.
        noise: level of the room's noise in dBFS.
        pattern: file name, for the corpora whose names follow one.
        write_labels: writes what the owner keeps beside the audio.
    """

    name: str
    language: str
    speakers: Mapping[str, str]
    clips: "Callable[[Layout], Iterator[ToyClip]]"
    texts: Mapping[str, str]
    labels: Mapping[str, str]
    acting: float
    gain: float
    noise: float
    pattern: str = ""
    write_labels: "Callable[[Layout, Path], None] | None" = None


def _every_combination(layout: Layout) -> Iterator[ToyClip]:
    for speaker in layout.speakers:
        for label, emotion in layout.labels.items():
            for sentence, text in layout.texts.items():
                path = layout.pattern.format(speaker=speaker, label=label, sentence=sentence)
                yield ToyClip(path, text, emotion, speaker)


# Happiness and excitement share the six texts, so that the merged class is as frequent as the others.
_IEMOCAP_TEXTS = {"hap": slice(0, 3), "exc": slice(3, 6)}


def _iemocap_turns(layout: Layout) -> Iterator[tuple[str, str, str, ToyClip]]:
    """Yield session number, dialog, label and clip; the first three texts are improvised, the others scripted."""
    for speaker in layout.speakers:
        session = speaker[4]
        numbers = {"impro01": 0, "script01_1": 0}
        for label, emotion in layout.labels.items():
            texts = list(enumerate(layout.texts.values()))[_IEMOCAP_TEXTS.get(label, slice(None))]
            for position, text in texts:
                scene = "impro01" if position < 3 else "script01_1"
                dialog = f"{speaker[:5]}F_{scene}"
                name = f"{dialog}_{speaker[5]}{numbers[scene]:03d}"
                numbers[scene] += 1
                path = f"Session{session}/sentences/wav/{dialog}/{name}.wav"
                yield session, dialog, label, ToyClip(path, text, emotion, speaker)


def _iemocap_clips(layout: Layout) -> Iterator[ToyClip]:
    for *_, clip in _iemocap_turns(layout):
        yield clip


def _write_iemocap_labels(layout: Layout, folder: Path) -> None:
    """Write the raters' summaries; the times are invented, for there is no recording of the whole dialog."""
    files: dict[Path, list[str]] = {}
    for session, dialog, label, clip in _iemocap_turns(layout):
        file = folder / f"Session{session}" / "dialog" / "EmoEvaluation" / f"{dialog}.txt"
        lines = files.setdefault(file, ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n"])
        start = 3.0 * len(lines)
        name = Path(clip.path).stem
        lines.append(f"[{start:.4f} - {start + 2:.4f}]\t{name}\t{label}\t[2.5000, 2.5000, 2.5000]\n")
    for file, lines in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines), encoding="utf-8")


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout(
            name="iemocap",
            language="English (America)",
            speakers={f"Ses0{n}{sex}": kind for n in range(1, 6) for sex, kind in (("F", "female"), ("M", "male"))},
            clips=_iemocap_clips,
            texts={
                "1": "Where are you going now",
                "2": "I told you about it yesterday",
                "3": "What is this supposed to be",
                "4": "She said that you would come",
                "5": "There is nothing left to do",
                "6": "Did you hear what he said",
            },
            labels={"ang": "anger", "hap": "happiness", "exc": "excitement", "neu": "neutral", "sad": "sadness"},
            acting=0.9,
            gain=0.0,
            noise=-56.0,
            write_labels=_write_iemocap_labels,
        ),
        Layout(
            name="emodb",
            language="German",
            speakers={
                **dict.fromkeys(("03", "10", "11", "12", "15"), "male"),
                **dict.fromkeys(("08", "09", "13", "14", "16"), "female"),
            },
            clips=_every_combination,
            texts={"a01": "Der Lappen liegt auf dem Eisschrank", "a02": "Das will sie am Mittwoch abgeben"},
            labels={"W": "anger", "F": "happiness", "N": "neutral", "T": "sadness"},
            acting=1.1,
            gain=2.0,
            noise=-64.0,
            pattern="wav/{speaker}{sentence}{label}a.wav",
        ),
        Layout(
            name="emovo",
            language="Italian",
            speakers={f"{sex}{n}": kind for sex, kind in (("f", "female"), ("m", "male")) for n in (1, 2, 3)},
            clips=_every_combination,
            texts={
                "b1": "Gli operai si alzano presto",
                "b2": "I vigili sono muniti di pistola",
                "b3": "La cascata fa molto rumore",
            },
            labels={"rab": "anger", "gio": "happiness", "neu": "neutral", "tri": "sadness"},
            acting=1.0,
            gain=-3.0,
            noise=-58.0,
            pattern="{speaker}/{label}-{speaker}-{sentence}.wav",
        ),
        Layout(
            name="mesd",
            language="Spanish (Latin America)",
            speakers={"F": "female", "M": "male", "C": "child"},
            clips=_every_combination,
            texts={
                "adelante": "adelante",
                "basta_ya": "basta ya",
                "derecha": "derecha",
                "izquierda": "izquierda",
                "por_favor": "por favor",
            },
            labels={"Anger": "anger", "Happiness": "happiness", "Neutral": "neutral", "Sadness": "sadness"},
            acting=1.0,
            gain=1.0,
            noise=-62.0,
            pattern="{label}_{speaker}_A_{sentence}.wav",
        ),
        Layout(
            name="casia",
            language="Chinese (Mandarin)",
            speakers={"liuchanhg": "female", "wangzhe": "male", "zhaoquanyin": "female", "ZhaoZuoxiang": "male"},
            clips=_every_combination,
            texts={
                "201": "今天天气很好",
                "202": "他明天要去上海",
                "203": "我们一起去吃饭",
                "204": "这本书在桌子上",
                "205": "他们都已经来了",
            },
            labels={"angry": "anger", "happy": "happiness", "neutral": "neutral", "sad": "sadness"},
            acting=1.0,
            gain=-1.0,
            noise=-60.0,
            pattern="{speaker}/{label}/{sentence}.wav",
        ),
    )
}
"""The toy corpora by name."""
