import pytest

from resilience.mutation import areas
from serving.paths import ROOT


@pytest.mark.parametrize("area", areas.AREAS)
def test_an_area_has_modules_and_each_has_tests(area: str) -> None:
    modules = areas.modules(ROOT, area)
    assert len(modules) > 5
    for module in modules:
        assert all((ROOT / path).exists() for path in areas.tests(ROOT, module)), module


def test_the_nearest_tests_come_first() -> None:
    tests = areas.tests(ROOT, "serving/gateway/gateway.py")
    assert tests[0] == "tests/unit/serving/gateway/test_gateway.py"
    assert tests[-1] == "tests/unit/serving/gateway"


def test_a_module_without_a_folder_of_tests_has_those_of_the_next_above() -> None:
    assert areas.folder(ROOT, "serving/gateway/none/at/all.py") == "tests/unit/serving/gateway"
