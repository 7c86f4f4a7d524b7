"""The page of all keys of a case file is complete and current."""

import subprocess
import sys
from pathlib import Path

from boltzsim.case.case import Case

ROOT = Path(__file__).parents[2]


def test_the_page_of_keys_is_current():
    command = [sys.executable, str(ROOT / "scripts" / "case_reference"), "--check"]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_every_key_has_a_description():
    schema = Case.model_json_schema()
    tables = {"": schema} | schema["$defs"]
    bare = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, entry in table.get("properties", {}).items()
        if not entry.get("description")
    ]
    assert not bare


def test_every_key_is_on_the_page():
    page = (ROOT / "cases" / "KEYS.md").read_text(encoding="utf-8")
    schema = Case.model_json_schema()
    keys = {key for table in [schema, *schema["$defs"].values()] for key in table.get("properties", {})}
    assert len(keys) > 80
    assert [key for key in keys - {"series"} if f"| `{key}` |" not in page] == []
