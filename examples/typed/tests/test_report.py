import pytest

from weather.report import Station, mean, parse


def test_a_reading_is_parsed():
    assert parse("-3.5 C") == -3.5


def test_a_mean():
    assert mean([1.0, 2.0]) == 1.5


def test_a_station_prints_what_it_reads(capsys):
    Station("Brocken", 1141.0).add("2 C")
    assert capsys.readouterr().out == "Brocken: 2.0\n"


def test_no_reading_at_all():
    with pytest.raises((AttributeError, AssertionError, ValueError, TypeError)):
        parse("fog")
