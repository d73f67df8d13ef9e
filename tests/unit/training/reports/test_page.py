from pathlib import Path

import pytest
from jinja2 import UndefinedError

from training.reports import page

TEMPLATE = """# {{ name }}

{% filter paragraph %}
Every word of this block is a word of one paragraph that is filled to
{% if share %}
{{ share | percent }} % of the width.
{% endif %}
{% endfilter %}
{% for count in counts %}
| {{ count | form(",") }} |{% for other in counts %} {{ double(other) }} |{% endfor +%}
{% endfor %}
{% filter item %}
{% for count in range(30) %}
word
{% endfor %}
{% endfilter %}
"""


def double(count: int) -> int:
    return 2 * count


@pytest.fixture
def module(tmp_path: Path) -> str:
    (tmp_path / "report.md").write_text(TEMPLATE)
    return str(tmp_path / "report.py")


def test_a_page_has_values_rows_paragraphs_and_items(module: str) -> None:
    assert page.render(module, [double], name="<Title>", share=0.5, counts=[1000, 2]).splitlines() == [
        "# <Title>",
        "",
        "Every word of this block is a word of one paragraph that is filled to 50.00 % of the width.",
        "| 1,000 | 2000 | 4 |",
        "| 2 | 2000 | 4 |",
        "- " + " ".join(["word"] * 23),
        "  " + " ".join(["word"] * 7),
    ]


def test_a_value_that_is_missing_is_no_empty_text(module: str) -> None:
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        page.render(module, [double], share=0.5, counts=[])
