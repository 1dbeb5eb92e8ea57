"""Tables to measure on: real ones from packages, and made ones whose noise is known.

They were chosen before anything was measured on them, and no default was tuned on them. Of a larger
one 1,500 rows are drawn, always the same.
"""

import gzip
import importlib.util
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.jobs import ROOT

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 1_500
TARGET = "target"


@dataclass(frozen=True)
class Source:
    """A table.

    Attributes:
        read: Gives its frame, with the target in the column `TARGET`.
        task: Of the target; None where it shows.
        package: That brings it, as pip calls it; empty for what the project installs anyway.
    """

    read: "Callable[[], pd.DataFrame]"
    task: str | None = None
    package: str = ""

    @property
    def here(self) -> bool:
        """Whether its package is installed."""
        return not self.package or importlib.util.find_spec(self.package) is not None

    def frame(self) -> "pd.DataFrame":
        """The table, or as many rows of it as are measured on."""
        whole = self.read()
        return whole.sample(min(MOST_ROWS, len(whole)), random_state=0).reset_index(drop=True)


def _of_sklearn(name: str) -> "Callable[[], pd.DataFrame]":
    def read() -> "pd.DataFrame":
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        frame: pd.DataFrame = bunch.frame
        if hasattr(bunch, "target_names"):
            frame[TARGET] = [str(bunch.target_names[code]) for code in frame[TARGET]]
        return frame

    return read


def _made(maker: str, *, classes: bool = False, **settings: Any) -> "Callable[[], pd.DataFrame]":
    def read() -> "pd.DataFrame":
        import pandas as pd
        from sklearn import datasets

        x, y = getattr(datasets, f"make_{maker}")(random_state=0, **settings)
        frame = pd.DataFrame(x, columns=[f"x{i + 1}" for i in range(x.shape[1])])
        frame[TARGET] = ["yes" if code > 0 else "no" for code in y] if classes else y
        return frame

    return read


def _inside(package: str) -> Path:
    """The folder of a package, which is not imported: only its data are wanted."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: pip install --no-deps {package}")
    return Path(spec.origin).parent


def _csv(
    package: str, inner: str, target: str, names: str = "", drop: tuple[str, ...] = ()
) -> "Callable[[], pd.DataFrame]":
    """A CSV of a package, packed or not; `names` where it has no header."""

    def read() -> "pd.DataFrame":
        import pandas as pd

        stored = (_inside(package) / inner).read_bytes()
        if inner.endswith(".gz"):
            stored = gzip.decompress(stored)
        elif inner.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(stored)) as archive:
                stored = archive.read(archive.namelist()[0])
        header: dict[str, Any] = {"header": None, "names": names.split()} if names else {}
        frame = pd.read_csv(io.BytesIO(stored), **header)
        return frame.drop(columns=list(drop)).rename(columns={target: TARGET})

    return read


def _of_r(*inner: str, target: str) -> "Callable[[], pd.DataFrame]":
    """Tables of R's packages, one below the other, from the archive in pydataset."""

    def read() -> "pd.DataFrame":
        import pandas as pd

        with tarfile.open(_inside("pydataset") / "resources.tar.gz") as archive:
            found = [archive.extractfile(f"resources/rdata/csv/{name}.csv") for name in inner]
            frames = [pd.read_csv(file, index_col=0) for file in found if file is not None]
        return pd.concat(frames, ignore_index=True).rename(columns={target: TARGET})

    return read


def _penguins() -> "pd.DataFrame":
    import pandas as pd

    frame = pd.read_csv(ROOT / "spaces" / "penguins.csv")
    frame = frame.dropna(subset=["Sex"]).drop(columns=["Individual ID", "Comments"])
    return frame.rename(columns={"Sex": TARGET})


_AUTO = "cylinders displacement power weight acceleration year origin name mpg"
_BOSTON = "crim zn indus chas nox rm age dis rad tax ptratio b lstat price"

TABLES: Mapping[str, Source] = {
    "wine": Source(_of_sklearn("wine")),
    "breast_cancer": Source(_of_sklearn("breast_cancer")),
    "penguins": Source(_penguins),
    "phishing": Source(_csv("river", "datasets/phishing.csv.gz", "is_phishing"), package="river"),
    "segment": Source(_csv("river", "datasets/segment.csv.zip", "category"), package="river"),
    "titanic": Source(_of_r("COUNT/titanic", target="survived"), package="pydataset"),
    "pima": Source(_of_r("MASS/Pima.tr", "MASS/Pima.te", target="type"), package="pydataset"),
    "hastie": Source(_made("hastie_10_2", classes=True, n_samples=MOST_ROWS)),
    "made, noisy": Source(
        _made(
            "classification",
            classes=True,
            n_samples=1_000,
            n_features=20,
            n_informative=5,
            flip_y=0.1,
        )
    ),
    "diabetes": Source(_of_sklearn("diabetes"), "regression"),
    "auto_mpg": Source(
        _csv("mlxtend", "data/data/autompg.csv.gz", "mpg", _AUTO, ("name",)),
        "regression",
        "mlxtend",
    ),
    "boston": Source(
        _csv("mlxtend", "data/data/boston_housing.csv", "price", _BOSTON), "regression", "mlxtend"
    ),
    "housing": Source(_of_r("Ecdat/Housing", target="price"), "regression", "pydataset"),
    "diamonds": Source(_of_r("ggplot2/diamonds", target="price"), "regression", "pydataset"),
    "friedman1": Source(_made("friedman1", n_samples=1_000, noise=1.0), "regression"),
    "friedman2": Source(_made("friedman2", n_samples=1_000, noise=100.0), "regression"),
}
"""Name → table."""
