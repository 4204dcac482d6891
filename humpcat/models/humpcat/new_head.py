"""A model for other classes than its source's: a new head on the same backbone, which keeps what both share."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from humpcat.errors import CheckpointError
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.labels import ordered_labels
from humpcat.self_training import SourceMemory


def with_classes(model: HumpCatForAudioClassification, classes: Sequence[str]) -> HumpCatForAudioClassification:
    """Return a model for other classes, with the weights of this one where they mean the same.

    What both classifiers and the memory of the source say of a class that is in both sets is kept. Of any other class
    the memory says nothing, and the classifiers answer with the mean of the classes that they know: its logit neither
    speaks for it nor against it until the summary is fitted.

    Args:
        model: the model, which does not change.
        classes: the other classes, in the order of the outputs.
    """
    before = list(model.config.label2id)
    config = copy.deepcopy(model.config)
    labels = ordered_labels({name: index for index, name in enumerate(classes)})
    config.label2id, config.id2label = labels["label2id"], labels["id2label"]
    other = HumpCatForAudioClassification(config)
    heads = ("classifier.", "summary.", "memory_")
    kept = {name: weight for name, weight in model.state_dict().items() if not name.startswith(heads)}
    other.load_state_dict(kept, strict=False)
    other.encoder = model.encoder
    with torch.no_grad():
        for head, old in ((other.classifier, model.classifier), (other.summary, model.summary)):
            _copy_rows(head, old, before, classes)
    if model.memory_factor is not None:
        memory = remembered(model).of_classes(before, classes)
        other.remember(torch.from_numpy(memory.factor), torch.from_numpy(memory.solution))
    return other.eval()


def remembered(model: HumpCatForAudioClassification) -> SourceMemory:
    """Return what a model remembers of its source.

    Args:
        model: the model.

    Raises:
        CheckpointError: it has no memory of its source.
    """
    if model.memory_factor is None or model.memory_solution is None:
        raise CheckpointError(
            "the model has no memory of its source, expected one that recipes/train_source.py wrote, with the summary "
            "branch and not adapted since: name such a model, or train it again."
        )
    return SourceMemory(model.memory_factor.double().numpy(), model.memory_solution.double().numpy())


def shared_note(before: Sequence[str], classes: Sequence[str]) -> str:
    """Say what a new head keeps of its source.

    Args:
        before: the source's classes.
        classes: the other ones.

    Example:
        >>> print(shared_note(["anger", "sadness"], ["anger", "fear"]))
        the head is new; kept from the source: anger; learnt from the target's labelled clips alone: fear.
    """
    known = [name for name in classes if name in before]
    new = [name for name in classes if name not in before]
    if not known:
        return (
            f"the head is new and shares no class with the source, which knows {', '.join(before)}: it is learnt from "
            "the target's labelled clips alone."
        )
    learnt = f"; learnt from the target's labelled clips alone: {', '.join(new)}" if new else ""
    return f"the head is new; kept from the source: {', '.join(known)}{learnt}."


def _copy_rows(head: nn.Module | None, old: nn.Module | None, before: Sequence[str], classes: Sequence[str]) -> None:
    if head is None or old is None:
        return
    own = dict(old.named_parameters())
    for name, weight in head.named_parameters():
        weight.copy_(_rows(own[name], before, classes))


def _rows(old: Tensor, before: Sequence[str], classes: Sequence[str]) -> Tensor:
    shared = [before.index(name) for name in classes if name in before]
    neutral = old[shared].mean(dim=0) if shared else torch.zeros_like(old[0])
    return torch.stack([old[before.index(name)] if name in before else neutral for name in classes])
