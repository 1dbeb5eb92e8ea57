"""Checks of the rows alone: they run before a search, and cost a second at most."""

from search.data.dataset import Dataset
from search.data.leaks import leaks
from search.data.row_checks.apart import parts_apart
from search.data.row_checks.derived import derived
from search.data.row_checks.groups import groups_in_both
from search.data.row_checks.near_copies import near_copies
from search.data.row_checks.rare import rare_classes
from search.data.row_checks.some_rows import SomeRows
from search.data.row_checks.time_order import time_order
from search.data.row_checks.unused import unused
from search.data.split import Parts, Split
from search.study.checks import Found, by_gravity


def found_in_rows(
    data: Dataset, parts: Parts, split: Split, *, refit: bool = False
) -> tuple[Found, ...]:
    """What the checks of rows have found, the gravest first.

    Args:
        data: All rows.
        parts: The same, cut; of those that are held out, no target is looked at but to count them.
        split: By which they were cut.
        refit: Whether the model that is judged trains on the validation rows as well.
    """
    found = [*leaks(data, parts, refit=refit), *rare_classes(data, parts), *unused(data, parts)]
    some = SomeRows.of(data, parts)
    if some is not None:
        drawn = not split.fixed_order(data) and data.given.part is None
        found += [
            *derived(data, some),
            *(() if any(one.code == "S002" for one in found) else near_copies(some)),
            *(() if drawn and data.given.groups is None else parts_apart(data, some)),
            *(groups_in_both(data, some) if drawn else ()),
            *(time_order(data, parts) if drawn else ()),
        ]
    return tuple(by_gravity(found))
