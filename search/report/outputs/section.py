"""A section for each output of a "custom" task's model."""

from dataclasses import replace

import numpy as np

from search.data.series_rows import blocks_of
from search.report.material import Material
from search.report.outputs.places import of_places
from search.report.outputs.quantiles import of_quantiles
from search.report.outputs.rows import of_rows
from search.report.outputs.values import of_values
from search.report.section import Section
from search.report.winner.worst_rows import RowNames
from search.study.answer import Answer
from search.study.output_forms import PLACES, QUANTILES, ROWS, OutputForm


def output_sections(made: Material, answer: Answer) -> list[Section]:
    """Of those outputs of which it is known what they say."""
    arrays = made.run.arrays("outputs") if answer.outputs else {}
    found, blocks = [], blocks_of(made.run.arrays("held_out"))
    places = made.run.arrays("places") if answer.outputs else {}
    names = RowNames.of(places or {"row": np.arange(answer.headline.rows)})
    for place, form in enumerate(answer.outputs):
        start = f"{place} "
        own = {k.removeprefix(start): array for k, array in arrays.items() if k.startswith(start)}
        if form.form == ROWS:
            section = of_rows(made, form, own, made.run.arrays(f"worst-{place}"), blocks)
        elif form.form == QUANTILES:
            section = of_quantiles(form, own, blocks)
        elif form.form == PLACES:
            section = of_places(form, own, blocks, names)
        else:
            section = of_values(form, own, blocks, names)
        found.append(_named(section, form, place))
    return found


def _named(section: Section, form: OutputForm, place: int) -> Section:
    """With the output's name in all titles, where there are several, and figures of their own."""
    name = f"output-{place}"
    said = f"Output “{form.name}”: " if form.name else ""
    title = f"Output “{form.name}”" if form.name else section.title

    def named(text: str) -> str:
        return (
            f"{said}{text[:1].lower() if said and not text[:2].isupper() else text[:1]}{text[1:]}"
        )

    return replace(
        section,
        name=name,
        title=title,
        overview=[replace(t, caption=named(t.caption)) for t in section.overview],
        figures=[replace(f, name=f"{name}-{f.name}", says=named(f.says)) for f in section.figures],
        matrices=[replace(m, caption=named(m.caption)) for m in section.matrices],
        tables=[replace(t, caption=named(t.caption)) for t in section.tables],
    )
