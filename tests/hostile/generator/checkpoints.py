"""Hostile checkpoints: a model folder, its encoder and a speaker's profile, of which one file is damaged."""

import json
import shutil
import struct
from random import Random
from typing import Any

from humpcat.features.encoder import SpeechEncoder
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification

from .case import Case, Cases
from .damage import damaged
from .values import VALUES, changed, written

CONFIG, PREPROCESSOR, WEIGHTS = "config.json", "preprocessor_config.json", "model.safetensors"

# What transformers itself reads of a configuration, and acts on.
_THEIRS: tuple[tuple[str, Any], ...] = (
    *(
        ("architectures", 3),
        ("model_type", None),
        ("model_type", "hubert"),
        ("id2label", []),
        ("id2label", {"0": None}),
    ),
    *(("num_labels", -1), ("torch_dtype", 5), ("dtype", "float99"), ("dtype", "int8"), ("quantization_config", {})),
    *(("quantization_config", {"quant_method": "gptq"}), ("problem_type", "x"), ("return_dict", False)),
    *(("attn_implementation", "flash_attention_2"), ("_attn_implementation", "x"), ("tie_word_embeddings", None)),
    *(
        ("output_hidden_states", True),
        ("use_return_dict", False),
        ("transformers_version", []),
        ("is_encoder_decoder", 1),
    ),
    *(("chunk_size_feed_forward", -1), ("pruned_heads", {"0": [0]}), ("base_model_tp_plan", 1), ("sampling_rate", 1)),
    *(("layerdrop", 5), ("apply_spec_augment", True), ("num_hidden_layers", 100_000), ("intermediate_size", 10**7)),
    *(("hidden_act", "x"), ("conv_dim", [1] * 1000), ("conv_stride", [0] * 7), ("conv_kernel", [10**6] * 7)),
    *(("num_conv_pos_embeddings", 10**6), ("layer_norm_eps", -1.0), ("feature_extractor_type", "x"), ("streams", 1)),
    *(("do_normalize", "no"), ("return_attention_mask", []), ("processor_class", "x"), ("padding_side", "up")),
    *(("layer_norm_eps", 1e38), ("layer_norm_eps", 0), ("hidden_act", None), ("auto_map", {}), ("dtype", None)),
)
_DTYPES = ("F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "F8_E4M3", "X", "", None, 5)


class CheckpointCases(Cases):
    """A model folder with its encoder within, one file of which is damaged."""

    kind = "checkpoints"

    def prepare(self) -> None:
        self.good = self.folder / "good"
        if (self.good / CONFIG).is_file():
            return
        encoder = make_toy_encoder(self.folder / "toy")
        loaded = SpeechEncoder.from_pretrained(encoder)
        config = HumpCatConfig(
            encoder=str(encoder),
            encoder_hash=loaded.weights_hash(),
            encoder_normalize=loaded.normalize,
            encoder_layers=[1, 2],
            encoder_width=loaded.width,
            hidden_size=16,
            heads=2,
            layers=1,
            feed_forward=16,
            label2id={"anger": 0, "sadness": 1, "neutral": 2},
        )
        HumpCatForAudioClassification(config).save_pretrained(self.good, with_encoder=True)
        HumpCatFeatureExtractor().save_pretrained(self.good)

    def make(self, number: int, random: Random) -> Case:
        folder = self.folder / f"model{number}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.good, folder)
        part = random.choice((folder, folder, folder / "encoder"))
        file = part / random.choice((CONFIG, CONFIG, PREPROCESSOR, WEIGHTS, WEIGHTS))
        if file.name == WEIGHTS:
            how, content = changed_weights(file.read_bytes(), random)
        else:
            how, content = _changed_description(file.read_bytes(), random)
        file.write_bytes(content)
        return Case(f"{number} {how} {file.relative_to(folder)}", folder, self.kind)


def _changed_description(content: bytes, random: Random) -> tuple[str, bytes]:
    if random.random() < 0.15:
        return damaged(content, content, random)
    document = json.loads(content)
    if random.random() < 0.4:
        name, value = random.choice(_THEIRS)
        return f"{name} {value!r}"[:60], written(document | {name: value}, random).encode("utf-8", "surrogatepass")
    how, found = changed(document, random)
    return how, written(found, random).encode("utf-8", "surrogatepass")


def changed_weights(content: bytes, random: Random) -> tuple[str, bytes]:
    """Return how a file of safetensors was damaged, and what is left of it.

    Args:
        content: the valid file.
        random: what everything is drawn from.
    """
    size = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8 : 8 + size]), content[8 + size :]
    chosen = random.randrange(6)
    if chosen == 0:
        return damaged(content, content[::-1], random)
    if chosen == 1:
        length = random.choice((0, 1, size - 1, size + 1, len(content), 10**8, 2**40, 2**63, 2**64 - 1))
        return f"header of {length} bytes", struct.pack("<Q", length) + content[8:]
    if chosen == 2:
        changed_data = bytearray(data)
        pattern = random.choice(
            (b"\xff\xff\xff\x7f", b"\0\0\x80\x7f", b"\0\0\xc0\xff", b"\xff\xff\x7f\x7f", b"\0\0\0\0")
        )
        place = 4 * random.randrange(max(len(data) // 4, 1))
        count = random.choice((1, 1, 64))
        changed_data[place : place + 4 * count] = pattern * count
        return f"numbers {pattern.hex()}", content[: 8 + size] + bytes(changed_data[: len(data)])
    name = random.choice([key for key in header if key != "__metadata__"])
    how = _change_tensor(header, name, random) if chosen < 5 else ""
    if not how:
        how, header = changed(header, random)
    text = written(header, random).encode("utf-8", "surrogatepass")
    return f"{how} of {name}", struct.pack("<Q", len(text)) + text + data


def _change_tensor(header: dict[str, Any], name: str, random: Random) -> str:
    entry = header[name]
    start, end = entry["data_offsets"]
    change = random.randrange(6)
    if change == 0:
        entry["dtype"] = random.choice(_DTYPES)
    elif change == 1:
        entry["shape"] = random.choice(
            ([-1], [0], [], [2**62, 4], entry["shape"][::-1], [*entry["shape"], 1], None, "a")
        )
    elif change == 2:
        offsets = ([0, end - start], [end, start], [start, end + 4], [-1, 3], [0, 2**63], [start, 2**64], [], [0.5, 1])
        entry["data_offsets"] = random.choice(offsets)
    elif change == 3:
        other = random.choice([key for key in header if key not in ("__metadata__", name)] or [name])
        header[name], header[other] = header[other], header[name]
    elif change == 4:
        header[random.choice(("\ud800", "a\nb", "", "__metadata__", "x" * 3000, "extra"))] = header.pop(name)
    else:
        metadata = random.choice(
            (None, {}, {"format": "tf"}, {"format": 1}, {"format": "\x1b[31m"}, random.choice(VALUES))
        )
        header["__metadata__"] = metadata
    return f"tensor change {change}"
