"""MSP-Podcast, a sample of ten podcasts with ten turns each; names do not follow from a scheme."""

from humpcat.corpora.scan import Kind

from . import Tree

HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set"
NAMES = [f"MSP-PODCAST_{podcast:04}_{turn:04}.wav" for podcast in range(1, 11) for turn in range(10)]


def row(name: str) -> str:
    podcast, turn = int(name[12:16]), int(name[17:21])
    who = ("Unknown,Unknown", f"{podcast},Male", f"{podcast + 100},Female")[turn % 3]
    return f"{name},{'ASHUFDCNOX'[turn]},3.5,4.0,4.2,{who},{'Test1' if podcast > 5 else 'Train'}"


TREE = Tree(
    corpus="msp_podcast",
    clips=[f"Audios/{name}" for name in NAMES],
    texts={"Labels/labels_consensus.csv": "\n".join([HEADER, *map(row, NAMES), ""])},
    expected=dict.fromkeys("ASHUFDCNOX", 10),
    expected_speakers=20,
    missing_folder="Audios/MSP-PODCAST_0002_*",
    missing_says="MSP-PODCAST_0002_0000",
    foreign="Audios/MSP-PODCAST_0001_9999.wav",
    foreign_kind=Kind.UNLABELLED,
)
