import json

import pytest

from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig

# Neither the alphabet's order nor that of the mapping.
LABELS = {"sadness": 1, "anger": 2, "neutral": 0, "happiness": 3}
ORDER = ["neutral", "sadness", "anger", "happiness"]


def refusal(**settings):
    with pytest.raises(SettingsError) as caught:
        HumpCatConfig(**settings)
    return str(caught.value)


def test_label2id_alone_fixes_classes_and_their_order():
    config = HumpCatConfig(label2id=LABELS)
    assert config.num_labels == 4
    assert config.id2label == dict(enumerate(ORDER))
    assert list(config.label2id.items()) == [(label, index) for index, label in enumerate(ORDER)]


def test_everything_survives_json(tmp_path, tiny_config):
    config = tiny_config(
        label2id=LABELS,
        encoder="somebody/encoder",
        encoder_revision="main",
        encoder_hash="00ff",
        encoder_normalize=False,
        encoder_config={"model_type": "hubert"},
        tuned_layers=1,
        stem="conv",
        statistics=False,
        classifier="cosine",
        pre_norm=False,
    )
    config.save_pretrained(tmp_path)
    loaded = HumpCatConfig.from_pretrained(tmp_path)
    assert loaded.to_dict() == config.to_dict()
    assert list(loaded.label2id) == list(loaded.id2label.values()) == ORDER
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "humpcat"


def test_paper_is_the_inferred_original_and_takes_settings():
    config = HumpCatConfig.paper(label2id=LABELS, dropout=0.0)
    found = (config.stem, config.encoder_layers, config.statistics, config.encoder_group, config.dropout)
    assert found == ("conv", [12], False, 1, 0.0)
    assert config.num_labels == 4
    assert HumpCatConfig.paper(encoder_layers=[6]).encoder_layers == [6]
    assert HumpCatConfig().encoder_group == 4


@pytest.mark.parametrize(("width", "heads"), [(250, 6), (25, 5)])
def test_a_width_that_does_not_divide_is_refused(width, heads):
    assert refusal(hidden_size=width, heads=heads) == (
        f"hidden_size {width} with {heads} heads: expected an even multiple of the heads, such as 252 with 6."
    )


def test_unknown_choices_are_refused():
    assert refusal(stem="kernel") == "stem 'kernel' is unknown: choose one of conv, linear, layers."
    assert refusal(classifier="svm") == "classifier 'svm' is unknown: choose one of linear, cosine."


def test_no_more_layers_are_tuned_than_are_read():
    message = "tuned_layers 12: expected 0 to 11, the number of the highest hidden state that is read."
    assert refusal(tuned_layers=12) == message


def test_a_tuned_encoder_needs_its_configuration():
    message = "tuned_layers 2: a tuned encoder is stored whole and needs encoder_config."
    assert refusal(tuned_layers=2) == message


@pytest.mark.parametrize("labels", [{"anger": 0, "joy": 2}, {"anger": 0, "joy": 0}, {"anger": 1, "joy": 2}])
def test_label_indices_with_gaps_or_doubles_are_refused(labels):
    assert refusal(label2id=labels) == f"label2id {labels}: expected the indices 0 to 1, each of them once."
