"""Tables in HTML, as notebooks show them."""

from collections.abc import Iterable, Sequence
from html import escape


def table(title: str, columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A table with a title; numbers are flush right, as everywhere in the package.

    Parameters
    ----------
    title : str
    columns : sequence of str
        Headings; none are shown where it is empty.
    rows : iterable of iterables
        Entries, shown as text.
    """
    head = "".join(f'<th style="text-align:left">{escape(name)}</th>' for name in columns)
    lines = [f"<caption style='caption-side:top;text-align:left;font-weight:bold'>{escape(title)}</caption>"]
    lines += [f"<thead><tr>{head}</tr></thead>"] if head else []
    lines += ["<tbody>", *(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows), "</tbody>"]
    return "<table>\n" + "\n".join(lines) + "\n</table>"


def _cell(entry: object) -> str:
    text = str(entry)
    align = "right" if text.lstrip("-−")[:1].isdigit() else "left"
    return f'<td style="text-align:{align};white-space:pre-wrap">{escape(text)}</td>'
