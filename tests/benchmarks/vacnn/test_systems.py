import pytest

from humpcat.benchmarks.vacnn.paper import ACCURACY, BY_CLASS, CONFUSION, PRETRAINING
from humpcat.benchmarks.vacnn.systems import FULL, SYSTEMS, systems_named
from humpcat.corpora import CORPORA, LabelSpace, label_space
from humpcat.errors import SettingsError
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings

SPACE = LabelSpace("two", ("anger", "sadness"), {})


def test_every_system_of_the_paper_has_its_configuration():
    found = {}
    for system in SYSTEMS:
        words = 128 if system.bovw else 0
        config = system.config(PictureSettings(spec_augment=2, warp=0.1), SPACE, words, tuned=system.pretrained)
        assert (config.spec_augment, config.warp) == ((0, 0) if system.pretrained else (2, 0.1))
        found[system.name] = (config.backbone, config.attention, config.words, config.frozen_blocks)
    assert found == {
        "VACNN + BOVW": ("vacnn", "va", 128, 1),
        "VACNN + BOVW, pure": ("vacnn", "va", 128, 0),
        "VACNN (CBAM) + BOVW": ("vacnn", "cbam", 128, 1),
        "VACNN": ("vacnn", "va", 0, 1),
        "ResNet": ("resnet50", "va", 0, 0),
        "MobileNet": ("mobilenetv1_100", "va", 0, 0),
        "Inception v3": ("inception_v3", "va", 0, 0),
    }


def test_what_shares_a_trunk_shares_its_pretraining():
    names = {system.name: system.pretraining(PictureSettings(resnet="resnet18")) for system in SYSTEMS}
    assert names["VACNN"] == names[FULL] == "vacnn-va"
    assert names["VACNN (CBAM) + BOVW"] == "vacnn-cbam"
    assert names["ResNet"] == "resnet18"


@pytest.mark.parametrize("corpus", list(CONFUSION))
def test_the_papers_figures_are_of_the_classes_that_are_told_apart(corpus):
    classes = label_space(f"shared:{corpus}").classes
    assert tuple(BY_CLASS[corpus]) == tuple(CONFUSION[corpus]) == classes
    for place, (name, row) in enumerate(CONFUSION[corpus].items()):
        # Printed with two decimals each; the diagonal is the recall.
        assert sum(row) == pytest.approx(1, abs=0.031)
        assert row[place] == BY_CLASS[corpus][name][1]
    assert all(corpus in ACCURACY[system.name] for system in SYSTEMS)
    # The printed recalls, weighed by the published numbers of clips, give about the printed accuracy.
    labels, counts = CORPORA[corpus].labels, CORPORA[corpus].expected
    right = sum(count * BY_CLASS[corpus][labels[label]][1] for label, count in counts.items())
    assert 100 * right / sum(counts.values()) == pytest.approx(ACCURACY[FULL][corpus], abs=2.5)


def test_unknown_systems_and_settings_out_of_range_are_refused():
    with pytest.raises(SettingsError, match="--systems 'VGG' is unknown: choose among VACNN"):
        systems_named(["VGG"])
    with pytest.raises(SettingsError) as caught:
        PictureSettings(words=[1])
    assert str(caught.value) == "--words 1: expected a whole number from 2 to 1000000."
    with pytest.raises(SettingsError, match=r"--mask 0\.2: hides parts of HuMP-CAT's streams"):
        PictureOptimization(mask=0.2)
    with pytest.raises(SettingsError, match="--decay-every 0: expected a whole number from 1"):
        PictureOptimization(decay_every=0)


def test_the_papers_pretraining_has_the_seven_classes():
    assert tuple(BY_CLASS[PRETRAINING]) == label_space("seven").classes


def test_a_system_is_one_file_outside_of_humpcats_folder(tmp_path, monkeypatch):
    (tmp_path / "picture_systems").mkdir()
    (tmp_path / "picture_systems/plain.py").write_text(
        "from humpcat.training.vacnn.systems import PictureSystem\n"
        "EXPORT = (PictureSystem('VACNN, from scratch', pretrained=False),)\n"
    )
    monkeypatch.setenv("HUMPCAT_PLUGINS", str(tmp_path))
    # As a process finds it that starts with the variable.
    monkeypatch.setattr(SYSTEMS, "_by_name", type(SYSTEMS)._by_name.func(SYSTEMS))
    (found,) = systems_named(["VACNN, from scratch"])
    assert found.config(PictureSettings(), SPACE).backbone == "vacnn"
    assert SYSTEMS.names()[-1] == "VACNN, from scratch"
