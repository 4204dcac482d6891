"""The packages that humpcat is built on: how pip names each, how Python does, and what needs it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Package:
    """A package of the Python index.

    Attributes:
        name: as pip names it.
        imported_as: its module, where that has another name.
        extra: the extra of humpcat that it belongs to; empty for a package that humpcat always needs.
        remark: what a user must know before installing it.
    """

    name: str
    imported_as: str = ""
    extra: str = ""
    remark: str = ""

    @property
    def module(self) -> str:
        """The name that Python imports it by."""
        return self.imported_as or self.name


PACKAGES = (
    Package("torch"),
    Package("torchaudio"),
    Package("transformers"),
    Package("accelerate"),
    Package("av"),
    Package("datasets"),
    Package("evaluate"),
    Package("huggingface-hub", "huggingface_hub"),
    Package("jinja2"),
    Package("joblib"),
    Package("librosa"),
    Package("matplotlib"),
    Package("numpy"),
    Package("praat-parselmouth", "parselmouth"),
    Package("pyarrow"),
    Package("pyyaml", "yaml"),
    Package("rich"),
    Package("safetensors"),
    Package("scikit-learn", "sklearn"),
    Package("scipy"),
    Package("silero-vad", "silero_vad"),
    Package("soundfile"),
    Package("soxr"),
    Package("tqdm"),
    Package("typer"),
    Package("wrapt"),
    Package("xxhash"),
    Package("opensmile", extra="opensmile", remark="its licence forbids commercial use"),
    Package("playwright", extra="browser"),
    Package("opencv-python-headless", "cv2", "vacnn", "below version 5, which has no KAZE"),
    Package("skada", extra="adaptation"),
    Package("sounddevice", extra="microphone", remark="on Linux it needs the system's libportaudio2 too"),
    Package("tensorboard", extra="tensorboard"),
    Package("timm", extra="baselines"),
    Package("torchvision", extra="baselines"),
)
"""What ``pyproject.toml`` asks for, tests left out, and huggingface-hub, which transformers brings."""
