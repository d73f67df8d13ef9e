"""The list of attacks."""

from resilience.attacks import catalogue


def test_names_are_unique() -> None:
    names = [attack.name for attack in (*catalogue.attacks(), *catalogue.warm_up())]
    assert len(set(names)) == len(names)


def test_attacks_are_found_by_name() -> None:
    assert catalogue.find("gif").sends == "64 connections with a GIF of 4096x4096 pixels"
    assert catalogue.find("warm-raw").keys == 8
