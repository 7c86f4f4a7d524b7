"""Tables: of a case before it runs, of results, of series and what an experimenter would extract from them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from rich.table import Table

from boltzsim.analysis.reciprocity import reciprocities
from boltzsim.api.files import case_of, open
from boltzsim.case.case import Case
from boltzsim.device import preflight
from boltzsim.fitting.evaluation import evaluated
from boltzsim.fitting.fit import FitResult
from boltzsim.reports import case as case_report
from boltzsim.reports import compare as compare_report
from boltzsim.reports import fit as fit_report
from boltzsim.reports import series as series_report
from boltzsim.reports import tables
from boltzsim.result import Result
from boltzsim.runs.compare import Comparison
from boltzsim.store.series import SeriesResult
from boltzsim.text import html


class Report:
    """Tables: `print` shows them, a notebook too.

    Attributes
    ----------
    tables : tuple of rich.table.Table
    data : dict or list
        The same as nested dicts and lists of numbers.
    """

    def __init__(self, found: Iterable[Table], data: Any = None) -> None:
        self.tables = tuple(found)
        self.data = [tables.data_of(table) for table in self.tables] if data is None else data

    def __str__(self) -> str:
        return tables.text_of(*self.tables)

    def __repr__(self) -> str:
        return f"<Report: {', '.join(str(table.title) for table in self.tables)}; print it>"

    def _repr_html_(self) -> str:
        shown = map(tables.data_of, self.tables)
        return "\n".join(
            html.table(one["title"], list(one["rows"][0]), (row.values() for row in one["rows"]))
            for one in shown
            if one["rows"]
        )


def report(found: Result | SeriesResult | Comparison | FitResult | str | os.PathLike[str]) -> Report:
    """The numbers of a run, of both models side by side, of a series, or of a fit.

    Parameters
    ----------
    found : Result, Comparison, SeriesResult, FitResult or path-like
        What a run, a series or a fit gave, or the file of a run or a series. Of a series it tells what an experimenter
        would extract, beside the constants of the bulk metal.

    Returns
    -------
    Report

    Raises
    ------
    CaseError
        If a series has no measure to report.
    StoreError
        If a file cannot be read.
    """
    if isinstance(found, str | os.PathLike):
        found = open(found)
    if isinstance(found, Result):
        return Report(tables.result_tables(found), tables.result_data(found))
    if isinstance(found, Comparison):
        return Report(compare_report.tables(found), compare_report.data(found))
    if isinstance(found, FitResult):
        return Report(fit_report.tables(found), fit_report.data(found))
    (curves, devices), both_ways = evaluated(found), reciprocities(found)
    return Report(series_report.tables(curves, both_ways, devices), series_report.data(curves, both_ways, devices))


def check(case: Case | str | os.PathLike[str]) -> Report:
    """Whether a case can run, and how large it is: grid, contacts, metals, memory, time.

    Returns
    -------
    Report
        Its first table lists the warnings, where there are any.

    Raises
    ------
    CaseError
        If the case cannot run.
    """
    case = case_of(case)
    warnings = preflight.require(case)
    first = [tables.table_of("Warnings", "warning", rows=[[warning] for warning in warnings])] if warnings else []
    return Report([*first, *case_report.check_tables(case)])


def info(case: Case | str | os.PathLike[str]) -> Report:
    """Lengths, rates and coefficients of a case's metals, against its grid.

    Raises
    ------
    CaseError
        If the file describes no possible run.
    """
    return Report(case_report.info_tables(case_of(case)))
