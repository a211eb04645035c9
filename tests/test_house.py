"""The counter of the house counts what it says, and the code keeps its bounds."""

from pathlib import Path

import pytest

from tests import house


def test_the_code_keeps_the_bounds() -> None:
    assert list(house.problems(house.files())) == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ('"""Says."""\n' + "x = 1\n" * 360, "361 lines, more than 350"),
        ('"""Says."""\n\n\ndef _f() -> None:\n' + "    x = 1\n" * 45, "_f has 46 lines, more than 40"),
        ("x = 1\n", "says nothing of itself; begin it"),
        ('"""Says."""\n\n\nclass Known:\n    """Says."""\n\n    def seen(self) -> None: ...\n', "Known.seen is public"),
        ('"""Says."""\ntry:\n    x = 1\nexcept (OSError, Exception):\n    pass\n', "catches everything outside an outer loop"),
        ('"""Says."""\ntry:\n    x = 1\nexcept:\n    pass\n', "catches everything outside an outer loop"),
        ('"""Says."""\n' + "x = 1  # type: ignore[misc]\n" * 5, "5 '# type: ignore' and '# noqa' in the product"),
        ('"""Says."""\nx = "# none"  # noqa: E501\n', "0.00 comments to 100 lines"),
    ],
)
def test_what_passes_a_bound_is_told(tmp_path: Path, source: str, told: str) -> None:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "toy.py").write_text(source, encoding="utf-8")
    assert any(told in sentence for sentence in house.problems(house.files(tmp_path)))
