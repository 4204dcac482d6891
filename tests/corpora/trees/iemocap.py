"""IEMOCAP, reduced: one dialog a session, every label once for each of its two speakers."""

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

from . import Tree, file_name

LABELS = list(CORPORA["iemocap"].labels)
DIALOGS = {session: f"Ses0{session}F_impro01" for session in range(1, 6)}
CLIPS = [
    f"Session{session}/sentences/wav/{dialog}/{dialog}_{sex}{turn:03}.wav"
    for session, dialog in DIALOGS.items()
    for sex in "FM"
    for turn in range(len(LABELS))
]


def summary(dialog: str) -> str:
    """Return the label file of a dialog, with a rater's line below each label as the owner has it."""
    return "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n" + "".join(
        f"[{turn}.0000 - {turn}.9000]\t{dialog}_{sex}{turn:03}\t{label}\t[2.5000, 2.5000, 2.5000]\n"
        "C-E2:\tNeutral;\t()\n\n"
        for sex in "FM"
        for turn, label in enumerate(LABELS)
    )


TREE = Tree(
    corpus="iemocap",
    clips=CLIPS,
    missing_folder="Session3/sentences",
    missing_says="Ses03F_impro01_F000",
    texts={f"Session{s}/dialog/EmoEvaluation/{dialog}.txt": summary(dialog) for s, dialog in DIALOGS.items()},
    expected=dict.fromkeys(LABELS, 10),
    # Recordings of whole dialogs lie beside the utterances and are passed over without a word.
    silent=tuple(f"Session{s}/dialog/wav/{dialog}.wav" for s, dialog in DIALOGS.items()),
    foreign=file_name(CLIPS[0]).replace("F000", "F099"),
    foreign_kind=Kind.UNLABELLED,
)
