"""What a user reads if the library of the operators is missing, or is for another PyTorch."""
import pytest

from segtrain import operators


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGTRAIN_OPERATORS", str(tmp_path / "none.so"))
    with pytest.raises(ImportError, match="there is no .*none.so; install the wheel, or set SEGTRAIN_OPERATORS"):
        operators.load()


def test_another_pytorch_is_refused_before_the_library_is_loaded(tmp_path, monkeypatch):
    (tmp_path / "operators.so").write_text("no library")
    (tmp_path / "torch_version").write_text("1.0\n")
    monkeypatch.setenv("SEGTRAIN_OPERATORS", str(tmp_path / "operators.so"))
    with pytest.raises(ImportError, match=r"compiled for PyTorch 1.0, but PyTorch .* is installed; run: pip install 'torch==1.0.\*'"):
        operators.load()
