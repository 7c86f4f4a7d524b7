from boltzsim.accuracy.study import converge as converge
from boltzsim.api.figures import draw as draw
from boltzsim.api.figures import plot as plot
from boltzsim.api.files import export as export
from boltzsim.api.files import open as open
from boltzsim.api.files import save as save
from boltzsim.api.reports import check as check
from boltzsim.api.reports import info as info
from boltzsim.api.reports import report as report
from boltzsim.api.studies import compare as compare
from boltzsim.api.studies import series as series
from boltzsim.case.case import Case as Case
from boltzsim.case.case import Impurity as Impurity
from boltzsim.case.case import Material as Material
from boltzsim.case.case import load_case as load_case
from boltzsim.errors import CaseError as CaseError
from boltzsim.errors import ConvergenceError as ConvergenceError
from boltzsim.errors import Stopped as Stopped
from boltzsim.errors import StoreError as StoreError
from boltzsim.fitting.fit import fit as fit
from boltzsim.limits.summary import coefficients as coefficients
from boltzsim.runs.start import resume as resume
from boltzsim.runs.start import run as run

__version__: str
