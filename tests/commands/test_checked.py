"""What `search check` prints of very many columns."""

from search.display.checked import LISTED, _columns


def test_of_thousands_of_columns_the_first_and_those_left_out_are_printed() -> None:
    columns = {f"g{k}": "as it is" for k in range(5_000)} | {"name": "left out (free text)"}
    lines = _columns(columns)
    assert lines[:LISTED] == [f"  g{k}: as it is" for k in range(LISTED)]
    assert lines[LISTED:] == [
        "  name: left out (free text)",
        "  and 4,800 more; `search check FILE --json` lists all",
    ]
    assert _columns({"a": "as it is"}) == ["  a: as it is"]
