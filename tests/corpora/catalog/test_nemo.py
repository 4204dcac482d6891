from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

NEMO = CORPORA["nemo"]


def test_reads_the_owners_layout_at_24_khz(write_clips):
    rows = NEMO.scan(
        write_clips("nEMO", ["samples/KD0_neutral_2.wav", "samples/WR0_surprised_64.wav"], rate=24_000)
    ).rows
    assert rows["id"] == ["nemo/KD0_neutral_2", "nemo/WR0_surprised_64"]
    assert rows["emotion"] == ["neutral", "surprise"]
    assert rows["gender"] == ["female", "male"]
    assert rows["sentence"] == ["2", "64"]
    assert set(rows["language"]) == {"pl"}


def test_unknown_speaker_is_foreign_and_unknown_label_is_said(write_clips):
    root = write_clips("nemo", ["KD0_neutral_2.wav", "XX0_neutral_2.wav", "KD0_joy_2.wav"])
    kinds = {problem.path: problem.kind for problem in NEMO.scan(root).problems}
    assert kinds == {str(root / "KD0_joy_2.wav"): Kind.UNLABELLED, str(root / "XX0_neutral_2.wav"): Kind.FOREIGN}
