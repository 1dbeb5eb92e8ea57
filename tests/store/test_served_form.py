"""Exported forms beside a run: which the page of the run may tell of."""

import os
from pathlib import Path

from search.store.served_form import NAME, ServedForm, folder_of, forms_of


def test_forms_of_this_very_model_are_told_and_no_others(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    assert forms_of(run, b"model") == []
    for form, model in (("serving", b"model"), ("onnx", b"an earlier one")):
        folder = tmp_path / folder_of("mine", form)
        folder.mkdir(parents=True)
        ServedForm.of(form, model, 1234, 0.002, 0.003).save(folder)
    (found,) = forms_of(run, b"model")
    assert (found.form, found.size, found.seconds, found.by_keras) == (
        "serving",
        1234,
        0.002,
        0.003,
    )
    assert forms_of(tmp_path / "runs" / "other", b"model") == []


def test_what_others_put_there_is_neither_read_nor_followed(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    folders = {form: tmp_path / folder_of("mine", form) for form in ("serving", "onnx", "litert")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    ServedForm.of("serving", b"model", 1, 1.0, 1.0).save(tmp_path)
    os.mkfifo(folders["onnx"] / NAME)
    (folders["serving"] / NAME).symlink_to(tmp_path / NAME)
    (folders["litert"] / NAME).write_text('{"form": "litert", "size": "<b>"}' + " " * 9_000)
    assert forms_of(run, b"model") == []
