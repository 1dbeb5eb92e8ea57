"""What any forecast should beat: the last value, one of a season ago, and a ridge regression."""

from collections.abc import Mapping

import numpy as np

from search.data.dataset import Array
from search.data.rows_in_file import flat, taken
from search.data.series_rows import SeriesRows
from search.data.split import Parts

MOST_NUMBERS = 1 << 26
"""Of windows that the ridge regression is fitted on: 0.25 GiB."""
PEAKS, HIGH = 3, 0.3
"""Of the autocorrelation: how many lags are tried as seasons, and how high they are at least."""


CLEARLY = 0.98
"""Part of a shorter season's error that a longer one has at most: 48 hours are no season where 24
are."""


def forecast_predictions(parts: Parts) -> dict[str, Array]:
    """What reference models say of the held-out rows, by name, numbers in their own units.

    Args:
        parts: Of windows; those that train are what they are fitted on.
    """
    series = parts.source.series
    if series is None:
        raise ValueError("these rows are no windows")
    rows = parts.numbers[-1]
    found = {"last value": last_value(series, rows)}
    season = season_of(series, parts.numbers[0])
    if season and (found_so := seasonal(series, rows, season)) is not None:
        found[f"value a season of {season} steps ago"] = found_so
    found[f"ridge regression on {series.form.window} lags"] = _linear(parts)
    return found


def forecast_arrays(parts: Parts, plain: Mapping[str, Array]) -> dict[str, Array]:
    """What a page draws of held-out windows, beside the predictions for them.

    Args:
        parts: Of windows.
        plain: What reference models say of them, as by `forecast_predictions`.

    Returns:
        As `StoredRun.arrays` says of "forecasts".
    """
    series = parts.source.series
    if series is None:
        raise ValueError("these rows are no windows")
    rows, form = parts.numbers[-1], series.form
    ends, truth = series.ends[rows], series.y[rows].astype(float)
    steps = np.unique(ends[:, None] + np.arange(form.horizon))
    errors = [np.abs(said - truth).mean(axis=0) for said in plain.values()]
    names, of = (series.names if form.group is not None else ("",)), series.groups[ends]
    by_group = [
        np.abs(said[of == code] - truth[of == code]).reshape(-1, len(form.targets)).mean(axis=0)
        for said in plain.values()
        for code in np.unique(of)
    ]
    return {
        "horizon": np.asarray(form.horizon),
        "targets": np.asarray(form.targets),
        "time": np.asarray(form.time or ""),
        "times": series.times[steps],
        "truth": series.targets[steps],
        "runs": series.begins[steps] + np.cumsum(np.diff(steps, prepend=steps[0]) > 1),
        "groups": series.groups[steps],
        "group_names": np.asarray(names),
        "first": np.searchsorted(steps, ends),
        "models": np.asarray(list(plain)),
        "errors": np.reshape(errors, (len(plain), form.horizon, -1)),
        "group_errors": np.reshape(by_group, (len(plain), -1, len(form.targets))),
    }


def last_value(series: SeriesRows, rows: Array) -> Array:
    """Each target's last value, at all steps to come, shape (rows, horizon × targets)."""
    found: Array = np.tile(series.targets[series.ends[rows] - 1], series.form.horizon)
    return found.astype(float)


def seasonal(series: SeriesRows, rows: Array, season: int) -> Array | None:
    """The values of a season before; None where they lie before some row's series or a gap."""
    ends, steps = series.ends[rows], np.arange(series.form.horizon)
    places = ends[:, None] + steps - season * (steps // season + 1)
    if (places[:, 0] < series.begins[ends - 1]).any():
        return None
    found: Array = series.targets[places].reshape(len(rows), -1).astype(float)
    return found


def season_of(series: SeriesRows, train: Array) -> int | None:
    """Steps of a season: as was said, else the one that forecasts training rows best.

    Tried are those of the calendar and the highest peaks of the autocorrelation.

    Args:
        series: The steps.
        train: Numbers of the rows that train.

    Returns:
        None where none of them forecasts them better than the last value.
    """
    if series.season is not None:
        return series.season
    best, least = None, _error(last_value(series, train), series.y[train])
    for season in sorted({*series.form.step.seasons, *_peaks(series, train)}):
        reach = series.ends[train] - series.begins[series.ends[train] - 1]
        within = train[reach >= season]
        found = seasonal(series, within, season) if 2 * len(within) >= len(train) else None
        if found is None:
            continue
        error = _error(found, series.y[within])
        if error < CLEARLY * least:
            best, least = season, error
    return best


def _error(said: Array, y: Array) -> float:
    """Mean absolute error in deviations of each target, so that none counts more for its unit."""
    deviation = y.std(axis=0)
    return float((np.abs(said - y) / np.where(deviation > 0, deviation, 1)).mean())


def _peaks(series: SeriesRows, train: Array) -> list[int]:
    """Lags at which the first target's autocorrelation is high, in its longest run that trains."""
    from scipy.signal import detrend, find_peaks

    there = np.flatnonzero(series.steps_of(train))
    runs, counts = np.unique(series.begins[there], return_counts=True)
    x = series.targets[there[series.begins[there] == runs[counts.argmax()]], 0].astype(float)
    if len(x) < 8 or not x.std():
        return []
    x = detrend(x)
    power = np.abs(np.fft.rfft(x, 2 * len(x))) ** 2
    lags = np.fft.irfft(power)[: len(x) // 2]
    lags = lags / max(lags[0], 1e-300)
    peaks = find_peaks(lags, height=HIGH)[0]
    return [int(lag) for lag in peaks[np.argsort(-lags[peaks])][:PEAKS] if lag > 1]


def _linear(parts: Parts) -> Array:
    """Ridge regression of all numbers of a window."""
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits

    own, held_out = parts.train, parts.held_out.x
    most = max(1, MOST_NUMBERS // max(1, int(np.prod(own.x.shape[1:]))))
    some = np.arange(0, len(own), -(-len(own) // most))
    with threadpool_limits(1):
        model = Ridge().fit(flat(taken(own.x, some)), parts.back(own.y[some]))
    said = [
        model.predict(flat(taken(held_out, np.arange(at, min(at + most, len(held_out))))))
        for at in range(0, len(held_out), most)
    ]
    return np.concatenate(said).reshape(len(held_out), -1)
