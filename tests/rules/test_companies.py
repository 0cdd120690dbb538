"""Company numbers on paper."""

import pytest

from services.rules.companies import registration


@pytest.mark.parametrize(
    ("country", "number", "said"),
    [
        ("DK", "41526374", "CVR 41 52 63 74"),
        ("DK", "41 52 63 74", "CVR 41 52 63 74"),
        ("DK", "DK41526374", "CVR 41 52 63 74"),
        ("DK", "4152637", "4152637"),
        ("DK", "CVR 41 52 63 74", "CVR 41 52 63 74"),
        ("DK", "", ""),
        ("DE", "HRB 12345", "HRB 12345"),
        ("DE", "41526374", "41526374"),
    ],
)
def test_a_number_is_written_as_its_country_writes_it(country: str, number: str, said: str) -> None:
    assert registration(country, number) == said
