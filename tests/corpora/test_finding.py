"""Folders as owners, archives, repositories and collections of data sets name them."""

import pytest

from humpcat.corpora import CORPORA
from humpcat.errors import CorpusError

NAMES = {
    "aesdd": ["AESDD", "Acted Emotional Speech Dynamic Database", "aesdd-greek-emotional-speech"],
    "cafe": ["CaFE_48k", "CaFE", "canadian-french-emotional-cafe-speech"],
    "casia": ["CASIA database", "casia-emotional-corpus"],
    "cremad": ["Crema", "CREMA-D", "cremad", "CREMA-D-master", "crema-d-emotional-multimodal-dataset"],
    "emodb": ["EmoDB", "berlin-database-of-emotional-speech-emodb", "EMO-DB 2.0", "emodb2", "emodb_16k"],
    "emovo": ["EMOVO", "emovo-italian-ser-dataset"],
    "enterface": ["enterface database", "eNTERFACE05", "enterface05-emotion-database"],
    "esd_zh": ["ESD", "Emotional Speech Dataset (ESD)", "emotional-speech-dataset-esd"],
    "esd_en": ["ESD", "Emotion Speech Dataset"],
    "iemocap": ["IEMOCAP_full_release", "IEMOCAP_full_release_withoutVideos", "iemocapfullrelease"],
    "jl": ["jl-corpus", "JL(wav+txt)", "jl-corpus-emotional-speech"],
    "meld": ["MELD.Raw", "meld-dataset", "MELD-RAW"],
    "mesd": ["mexican-emotional-speech-database-mesd", "MESD"],
    "msp_podcast": ["MSP-PODCAST-Publish-2.0", "MSP-Podcast-Publish-1.11", "MSP_Podcast", "msppodcast"],
    "nemo": ["nEMO", "nEMO-main", "amu-cai-nEMO"],
    "ravdess": ["ravdess-emotional-speech-audio", "Ravdess", "RAVDESS_16k", "Audio_Speech_Actors_01-24"],
    "savee": ["SAVEE Database", "surrey-audiovisual-expressed-emotion-savee", "Savee"],
    "shemo": ["shemo-persian-speech-emotion-detection-database", "sharif-emotional-speech-database", "ShEMO"],
    "subesco": ["SUBESCO", "sust-bangla-emotional-speech-corpus", "subesco-bangla"],
    "tess": ["TESS Toronto emotional speech set data", "toronto-emotional-speech-set-tess", "Tess"],
    "urdu": ["URDU-Dataset", "urdu-language-speech-dataset"],
}


@pytest.mark.parametrize(("corpus", "name"), [(corpus, name) for corpus, names in NAMES.items() for name in names])
def test_names(tmp_path, corpus, name):
    (tmp_path / "music").mkdir()
    (tmp_path / name).mkdir()
    assert CORPORA[corpus].find(tmp_path) == tmp_path / name
    assert CORPORA[corpus].find(tmp_path / name) == tmp_path / name


def test_every_corpus_has_names():
    assert sorted(NAMES) == sorted(corpus.name for corpus in CORPORA)


def test_no_name_is_that_of_two_corpora(tmp_path):
    for corpus, names in NAMES.items():
        for name in names:
            (tmp_path / corpus / name).mkdir(parents=True)
    for corpus in NAMES:
        for other in CORPORA:
            if corpus != other.name and {corpus, other.name} != {"esd_zh", "esd_en"}:
                with pytest.raises(CorpusError):
                    other.find(tmp_path / corpus)


@pytest.mark.parametrize("place", ["uwrf/ravdess-emotional-speech-audio", "ravdess-emotional-speech-audio/versions/1"])
def test_folders_within_folders(tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    assert CORPORA["ravdess"].find(tmp_path / place) == tmp_path / place
    top = tmp_path / place.split("/")[0]
    assert CORPORA["ravdess"].find(top) == (tmp_path / place if top.name == "uwrf" else top)
    if top.name == "uwrf":
        assert CORPORA["ravdess"].find(tmp_path) == tmp_path / place


def test_an_exact_name_goes_before_others_and_results_are_no_corpus(tmp_path):
    for name in ("emodb-results", "emodb_features", "emodb"):
        (tmp_path / name).mkdir()
    assert CORPORA["emodb"].find(tmp_path) == tmp_path / "emodb"
    (tmp_path / "emodb").rmdir()
    with pytest.raises(CorpusError, match="holds no folder 'emodb'"):
        CORPORA["emodb"].find(tmp_path)


def test_of_several_the_one_with_clips_is_taken_and_two_are_refused(write_clips, tmp_path):
    (tmp_path / "emodb-old").mkdir()
    root = write_clips("emodb-new", ["wav/03a01Fa.wav"])
    assert CORPORA["emodb"].find(tmp_path) == root
    write_clips("emodb-old", ["wav/03a01Fa.wav"])
    with pytest.raises(CorpusError, match=r"holds 2 folders that may be it \(emodb-new, emodb-old\): name one by"):
        CORPORA["emodb"].find(tmp_path)


def test_a_corpus_of_two_languages_is_offered_by_both(tmp_path):
    with pytest.raises(CorpusError, match="Did you mean 'esd_zh' or 'esd_en'\\?"):
        CORPORA["ESD"]


def test_where_audb_puts_a_version(write_clips, tmp_path):
    root = write_clips("emodb", ["2.0.0/d3b62a9b/wav/03a01Fa.wav"])
    for given in (tmp_path, root, root / "2.0.0", root / "2.0.0/d3b62a9b"):
        found = CORPORA["emodb"].scan(CORPORA["emodb"].find(given))
        assert found.rows["id"] == ["emodb/03a01Fa"]


def test_a_near_miss_is_suggested(tmp_path):
    (tmp_path / "ravdes").mkdir()
    with pytest.raises(CorpusError, match="is it 'ravdes'\\? Then rename that to 'ravdess'"):
        CORPORA["ravdess"].find(tmp_path)
    with pytest.raises(CorpusError, match="Did you mean 'ravdess'\\?"):
        CORPORA["ravdes"]
