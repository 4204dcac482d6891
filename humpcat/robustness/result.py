"""The result of a check: figures of every distortion, as a table, as files and as numbers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from humpcat.errors import SettingsError
from humpcat.files import replacing, write_json
from humpcat.models.robustness_section import DRAWING, REPORT, checked_on, table_of
from humpcat.robustness.answer_table import write_answers
from humpcat.robustness.row import MOST_SENTENCES, Row

TABLE, ANSWERS = "robustness.md", "robustness.parquet"

FILES = (REPORT, TABLE, ANSWERS, DRAWING, "robustness.png")
"""What a check writes into its folder."""


@dataclass(frozen=True)
class RobustnessReport:
    """What becomes of a model's answers when a recording is distorted.

    Attributes:
        model: the model, as it was named.
        model_hash: hash of its weights.
        data: the clips, as they were named.
        guarantee: what holds between the clips and what the model was trained on.
        seed: of the sample and of what the distortions draw.
        rows: the clips as they are first, then each distortion in the order asked for.
        left_out: sentences that say which clips were not answered at all, and why.
        answers: the table of answers, see :mod:`humpcat.robustness.answer_table`.
    """

    model: str
    model_hash: str
    data: str
    guarantee: str
    seed: int
    rows: tuple[Row, ...]
    left_out: tuple[str, ...]
    answers: pa.Table

    def row(self, name: str) -> Row:
        """Return the figures of one distortion.

        Args:
            name: the distortion, or ``CLEAN`` ("as it is").

        Raises:
            SettingsError: it was not tried.
        """
        for row in self.rows:
            if row.name == name:
                return row
        tried = ", ".join(row.name for row in self.rows)
        raise SettingsError(f"distortion '{name}' was not tried: choose one of {tried}.")

    @property
    def labelled(self) -> bool:
        """Whether the clips have labels."""
        return self.rows[0].accuracy is not None

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the answers as plain values, as ``robustness.json`` has them."""
        return {
            "model": self.model,
            "model_hash": self.model_hash,
            "clips": {
                "data": self.data,
                "count": self.rows[0].answered,
                "speakers": len({speaker for speaker in self.answers["speaker"].to_pylist() if speaker is not None}),
                "labelled": self.labelled,
            },
            "guarantee": self.guarantee,
            "seed": self.seed,
            "rows": [_plain(asdict(row)) for row in self.rows],
            "left_out": list(self.left_out),
        }

    def markdown(self, *, padded: bool = True) -> str:
        """Return the table as Markdown, with what it is of above it.

        Args:
            padded: whether columns are filled up to one width, for a terminal.
        """
        found = self.to_dict()
        lines = [checked_on(found), "", *table_of(found, padded=padded)]
        lines += [f"\nLeft out: {sentence}" for sentence in self.left_out[:MOST_SENTENCES]]
        for row in self.rows:
            lines += [f"\nFailed, {row.title}: {row.failures[0]}"] if row.failures else []
        return "\n".join(lines)

    def save(self, folder: str | Path) -> list[Path]:
        """Write answers, table, numbers and drawing into a folder.

        Args:
            folder: where to; made if it is missing.

        Returns:
            The files written.
        """
        from humpcat.robustness.drawing import draw

        folder = Path(folder)
        write_answers(self.answers, folder / ANSWERS)
        title = f"{Path(self.model).name or self.model} on {self.rows[0].answered} clips of {Path(self.data).name}"
        drawn = draw(self.rows, title, folder)
        with replacing(folder / TABLE) as draft:
            text = f"# What a recording may do to the answers of {self.model}\n\n{self.markdown()}\n"
            draft.write_text(text, encoding="utf-8")
        # Last, for it is what a card looks for.
        write_json(folder / REPORT, self.to_dict())
        return [folder / ANSWERS, *drawn, folder / TABLE, folder / REPORT]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
