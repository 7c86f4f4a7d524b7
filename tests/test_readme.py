"""The READMEs: links and paths exist, commands and Python can be typed, and the picture of the code is true."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import boltzsim
from boltzsim.cli import app

ROOT = Path(boltzsim.__file__).parents[1]
READMES = sorted(
    path for folder in (".", "boltzsim", "boltzsim/*", "cases", "scripts") for path in ROOT.glob(f"{folder}/README.md")
)
PAGES = [*READMES, ROOT / "CHANGELOG.md"]
UsageError = typer.BadParameter.__base__
CASES = sorted(path.stem for path in (ROOT / "cases").glob("*.toml"))


def named(path):
    return str(path.relative_to(ROOT))


def blocks(path, language):
    """Code blocks of a language, "" for those without, in the order of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)


def commands(text):
    """Commands of boltzsim in code: lines of blocks, and words between backticks, which may be broken over lines."""
    lines = re.findall(r"^(?: {4}|\.venv/bin/)(boltzsim [^\n#]*)", text, re.MULTILINE)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`(boltzsim\s[^`]*)`", prose)
    return [shlex.split(command) for command in [*lines, *inline]]


def parse(words):
    """Parse a command line without running it; a command that is only named must exist."""
    group = typer.main.get_command(app)
    context = group.make_context("boltzsim", [], resilient_parsing=True)
    name, *arguments = words
    if name.startswith("--"):
        assert name in {option for parameter in group.get_params(context) for option in parameter.opts}
        return
    command = group.get_command(context, name)
    assert command is not None, f"no such command: {name}"
    if arguments:
        command.make_context(name, list(arguments), parent=context)


def test_there_is_a_readme_beside_what_it_describes():
    assert {named(path) for path in READMES} >= {
        "README.md",
        "boltzsim/README.md",
        "boltzsim/limits/README.md",
        "boltzsim/validate/README.md",
        "cases/README.md",
        "scripts/README.md",
    }


def test_the_first_page_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 130


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)\s#]+)", page.read_text())
    missing = [link for link in links if not link.startswith("http") and not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", READMES, ids=named)
def test_paths_exist(page):
    paths = re.findall(r"(?<![\w/.-])(?:boltzsim|cases|scripts|tests)/[\w./-]*\w", page.read_text())
    assert not [path for path in paths if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", READMES, ids=named)
def test_commands_can_be_typed(page):
    found = commands(page.read_text())
    assert found or page.parent == ROOT / "scripts"
    for _, *words in found:
        try:
            parse(words)
        except UsageError as error:
            pytest.fail(f"boltzsim {shlex.join(words)}: {error.format_message()}")


def test_a_wrong_command_is_found():
    with pytest.raises(AssertionError):
        parse(["solve", "CASE"])
    with pytest.raises(UsageError):
        parse(["run", "CASE", "--colour"])
    text = "Type `boltzsim\nrun CASE`.\n```\n.venv/bin/boltzsim plot OUT.h5  # draw it\n```\n    boltzsim audit\n"
    assert commands(text) == [
        ["boltzsim", "plot", "OUT.h5"],
        ["boltzsim", "audit"],
        ["boltzsim", "run", "CASE"],
    ]


def coarse(text):
    """Six cells in place of any other number."""
    return re.sub(r'(cells"?\s*[=:]\s*)\d+', r"\g<1>6", text)


def test_the_first_case_passes_check(tmp_path):
    first, *_ = blocks(ROOT / "README.md", "toml")
    (tmp_path / "film.toml").write_text(first)
    outcome = CliRunner().invoke(app, ["check", str(tmp_path / "film.toml")])
    assert outcome.exit_code == 0, outcome.output
    assert "warning" not in outcome.output
    assert len(first.splitlines()) <= 10


def test_the_python_of_the_first_page_runs(tmp_path, monkeypatch, capsys):
    """A film twice as thick has more resistance; what was saved is what was computed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.toml").write_text(coarse(blocks(ROOT / "README.md", "toml")[0]))
    code = blocks(ROOT / "README.md", "python")[0]
    names = {}
    exec(compile(coarse(code), "README.md", "exec"), names)
    current = names["result"].terminals.current
    assert current[0] == pytest.approx(-current[1], rel=1e-9)
    assert 0 < names["thicker"].terminals.current[0] < current[0]
    assert (boltzsim.open("film.h5").terminals.current == current).all()
    assert "bottom" in capsys.readouterr().out
    assert len(code.splitlines()) <= 10


def picture():
    """Rooms and modules of the layer picture, from the top to the bottom."""
    _, section = (ROOT / "boltzsim" / "README.md").read_text().split("## One way through the code\n")
    drawing = re.search(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]
    return [re.split(r" {2,}", line)[0] for line in drawing.splitlines()]


def test_the_layer_picture_names_every_room():
    shown = {name for line in picture() for name in line.split()}
    package = ROOT / "boltzsim"
    folders = {f"{path.parent.relative_to(package)}/" for path in package.rglob("*/__init__.py")}
    assert shown == folders | {path.name for path in package.glob("*.py")}


def test_imports_go_up_the_layer_picture():
    rank = {name.rstrip("/").removesuffix(".py"): i for i, line in enumerate(picture()) for name in line.split()}
    for path in (ROOT / "boltzsim").glob("*/**/*.py"):
        here = path.relative_to(ROOT / "boltzsim").parts[0]
        for there in re.findall(r"^\s*from boltzsim\.(\w+)", path.read_text(), re.MULTILINE):
            assert rank[there] <= rank[here], f"{named(path)} imports from {there}, which is drawn below"


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_in_the_gallery(name):
    gallery = (ROOT / "cases" / "README.md").read_text()
    assert f"]({name}.toml)" in gallery and f"](figures/{name}.png)" in gallery
    assert (ROOT / "cases" / "figures" / f"{name}.png").stat().st_size < 120_000


def test_the_version_is_the_same_everywhere():
    version = boltzsim.__version__
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == version
