"""A keyword that nobody knows is a TypeError that names the nearest, wherever keywords are taken."""

import inspect
from importlib import import_module

import pytest
import transformers

import humpcat
from humpcat.errors import HumpcatError, KeywordError
from humpcat.inference.pipeline import HumpCatPipeline, pipeline
from humpcat.keywords import keywords_of, named_keywords, nearest
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.protocols import PROTOCOLS

from .test_api import ROOMS
from .training.making import World, make_world, vowel


@pytest.fixture(name="world", scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


@pytest.fixture(scope="module")
def classifier(world: World) -> HumpCatPipeline:
    return pipeline(world.target / "draw-0", device="cpu")


CLIP = {"array": vowel("anger", speaker=1, take=1), "sampling_rate": 16_000}


def refusal(call, *args, **kwargs) -> str:
    with pytest.raises(TypeError) as caught:
        call(*args, **kwargs)
    assert isinstance(caught.value, HumpcatError)
    return str(caught.value)


@pytest.mark.parametrize("keyword", ["return_all_scores", "chunk_length_s", "nonsense", "num_workers"])
def test_the_pipeline_passes_over_nothing(classifier, keyword, world) -> None:
    known = (
        "Known are batch_size, channel, function_to_apply, min_confidence, on_error, return_embeddings, "
        "return_timestamps and top_k."
    )
    for call in (classifier, lambda clip, **more: classifier([clip], **more)):
        sentence = refusal(call, CLIP, **{keyword: 5})
        assert sentence.startswith(f"pipeline: keyword '{keyword}' is unknown: did you mean '")
        assert sentence.endswith(known)
    assert f"keyword '{keyword}' is unknown" in refusal(classifier.listener(), CLIP, **{keyword: 5})
    assert f"keyword '{keyword}' is unknown" in refusal(humpcat.pipeline, world.source, **{keyword: 5})
    theirs = {"model": str(world.source), "device": "cpu", keyword: 5}
    if keyword != "num_workers":
        assert f"keyword '{keyword}' is unknown" in refusal(transformers.pipeline, "audio-classification", **theirs)


def test_what_is_told_with_a_call_is_refused_where_the_pipeline_is_made(world: World) -> None:
    for keyword, value in (("channel", "left"), ("return_timestamps", True), ("on_error", "report")):
        with pytest.raises(HumpcatError, match=f"{keyword}: is told with each call"):
            transformers.pipeline("audio-classification", model=str(world.source), device="cpu", **{keyword: value})


@pytest.mark.parametrize(("wrong", "right"), [("topk", "top_k"), ("batchsize", "batch_size"), ("channels", "channel")])
def test_the_nearest_is_named(classifier, wrong, right) -> None:
    assert f"did you mean '{right}'?" in refusal(classifier, CLIP, **{wrong: 1})
    assert f"did you mean '{right}'?" in refusal(classifier.listener(), CLIP, **{wrong: 1})


@pytest.mark.parametrize(("keyword", "value"), [("top_k", -1), ("top_k", 0), ("top_k", "2"), ("batch_size", -3)])
def test_a_value_out_of_range(classifier, keyword, value) -> None:
    for call in (classifier, classifier.listener()):
        with pytest.raises(HumpcatError, match=f"{keyword} {value!r}: expected a number from 1"):
            call(CLIP, **{keyword: value})


def test_what_the_pipeline_was_made_with_holds_until_a_call_says_otherwise(world: World) -> None:
    made = transformers.pipeline("audio-classification", model=str(world.source), device="cpu", top_k=2)
    assert len(made(CLIP)) == 2
    assert len(made(CLIP, top_k=3)) == 3


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: humpcat.pipeline(encodr="x"), "pipeline: keyword 'encodr' is unknown: did you mean 'encoder'?"),
        (lambda: humpcat.adapt("x", out="y", labelspace="z"), "adapt: keyword 'labelspace' is unknown: did you mean"),
        (lambda: humpcat.train(corpse=["x"]), "train: keyword 'corpse' is unknown: did you mean 'corpus'?"),
        (lambda: humpcat.feature_set("is10", encodr=1), "feature_set: keyword 'encodr' is unknown: did you mean"),
        (
            lambda: humpcat.load_corpus("x", colums={}),
            "load_corpus: keyword 'colums' is unknown: did you mean 'columns'",
        ),
        (lambda: humpcat.METHODS["coral"](sed=1), "keyword 'sed' is unknown"),
        (
            lambda: HumpCatConfig(hiden_size=12),
            "HumpCatConfig: keyword 'hiden_size' is unknown: did you mean 'hidden_",
        ),
        (
            lambda: HumpCatConfig.paper(drop_out=0.1),
            "HumpCatConfig: keyword 'drop_out' is unknown: did you mean 'drop",
        ),
        (
            lambda: VacnnConfig(poling="mean"),
            "VacnnConfig: keyword 'poling' is unknown: did you mean 'pooling'",
        ),
        (lambda: PROTOCOLS["speaker-folds"].splits([], {}, kk=5), "protocol 'speaker-folds': keyword 'kk' is unknown"),
    ],
)
def test_a_misspelt_keyword(call, sentence) -> None:
    assert sentence in refusal(call)


def test_loading_and_extracting(world: World) -> None:
    load = HumpCatForAudioClassification.from_pretrained
    assert "from_pretrained: keyword 'nonsense' is unknown: did you mean '" in refusal(load, world.source, nonsense=5)
    assert "did you mean 'revision'?" in refusal(load, world.source, revison="main")
    extract = HumpCatFeatureExtractor()
    for extractor in (extract, VacnnFeatureExtractor()):
        sentence = refusal(extractor, CLIP["array"], sampling_rte=16_000)
        assert sentence.startswith(
            f"{type(extractor).__name__}: keyword 'sampling_rte' is unknown: did you mean 'samp"
        )
    assert "input_values" in extract(CLIP["array"], sampling_rate=16_000, padding=True)


def test_a_configuration_still_keeps_what_others_add() -> None:
    read = HumpCatConfig.from_dict({"problem_type": "single_label_classification", "my_remark": "x"})
    assert (read.problem_type, read.my_remark) == ("single_label_classification", "x")


@pytest.mark.parametrize("room", ROOMS)
def test_every_exported_callable_refuses_what_it_does_not_know(room) -> None:
    module = import_module(room)
    for name in module.__all__:
        found = getattr(module, name)
        if not inspect.isfunction(found) and not inspect.isclass(found):
            continue
        if inspect.isclass(found) and (inspect.isabstract(found) or issubclass(found, BaseException)):
            continue
        if name.startswith(("HumpCat", "Vacnn")):
            continue
        needed = [each for each in inspect.signature(found).parameters.values() if each.default is each.empty]
        given = {each.name: None for each in needed if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)}
        with pytest.raises(TypeError, match=r"keyword 'no_such_keyword' is unknown"):
            found(**given, no_such_keyword=1)


def test_methods_of_a_class_and_what_takes_anything() -> None:
    @named_keywords
    class Thing:
        def __init__(self, size: int = 1) -> None:
            self.size = size

        def grow(self, by: int = 1) -> int:
            return self.size + by

        @classmethod
        def make(cls, size: int = 1) -> "Thing":
            return cls(size=size)

        @staticmethod
        def name(long: bool = False) -> str:
            return "thing" if long else "t"

        def anything(self, **more: int) -> dict[str, int]:
            return more

    assert (Thing.make(size=2).grow(by=3), Thing.name(long=True), Thing().anything(x=1)) == (5, "thing", {"x": 1})
    for call, what in ((Thing, "Thing"), (Thing().grow, "Thing.grow"), (Thing.make, "Thing.make")):
        assert refusal(call, sise=1).startswith(f"{what}: keyword 'sise' is unknown: did you mean '")
    assert keywords_of(Thing) == ["size"]


def test_the_nearest_name() -> None:
    assert nearest("lable", ["label", "level", "path"]) == "label"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: humpcat.adapt(clips="x", out="y"), "adapt: keyword 'clips' is unknown"),
        (lambda: humpcat.adapt("x", out="y", speakr_level=1), "did you mean 'speaker_level'"),
        (lambda: humpcat.evaluate(dat="x"), "did you mean 'data'"),
        (lambda: humpcat.load_corpus(nam="emodb"), "did you mean 'name'"),
    ],
)
def test_an_unknown_keyword_is_named_before_one_that_lacks(call, message) -> None:
    with pytest.raises(KeywordError, match=message):
        call()
