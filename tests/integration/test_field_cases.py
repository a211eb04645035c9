"""The cases from the field (``../shared/cases``): each tells a fault that others met, and shows in its exit code whether it is here too."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.process import ROOT, free_port

CASES = ROOT.parent / "shared" / "cases"
CLAIMED = (
    "01_kana_is_dropped",
    "02_vessel_prefix",
    "03_true_mass_delisting_is_a_dead_end",
    "05_turkish_abbreviations",
    "06_hidden_or_other_sheet_is_read",
    "07_person_names",
    "08_repeated_editions_are_told_as_additions",
    "10_ofac_alias_with_apostrophe",
    "11_cells_of_a_workbook_without_their_format",
    "12_legal_forms_of_more_markets",
    "13_listing_that_has_ended_still_stops_shipments",
    "14_comtrade_site_download_in_latin1",
    "15_html_entities_and_mojibake",
    "16_merged_cells_lose_owner_and_country",
    "17_half_a_character_ends_in_a_traceback",
    "18_comtrade_code_without_leading_zero",
    "19_uk_owner_cell_holds_several_companies",
    "20_comm_is_communication_too",
    "21_countries_and_titles_as_people_write_them",
    "22_csv_that_names_its_separator",
    "23_so_called",
    "24_workbook_whose_last_cell_is_blank",
    "25_postgres_failover_read_only",
    "26_same_list_duplicate",
    "29_sdn_flag_spelling",
    "30_screen_normal",
    "31_screen_handle",
    "32_screen_scripts",
    "33_announcement_count",
)
"""What we claim to pass; whoever mends another one adds it, with its own script in ``OWN`` where the case comes without."""
SLOW = ("25_postgres_failover_read_only",)
"""A minute and a half of waiting by the clock for what ``test_failover.py`` shows by counting."""
OWN = Path(__file__).with_name("field_cases")

pytestmark = pytest.mark.integration


def script_of(case: str) -> Path:
    own = OWN / f"{case}.sh"
    return own if own.is_file() else CASES / case / "run.sh"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter."""
    # Run by root, a script starts PostgreSQL as the user postgres, whom pytest's own folders (0700) keep out.
    folder = Path(tempfile.mkdtemp(prefix="case-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("case", [pytest.param(case, marks=[pytest.mark.long] * (case in SLOW)) for case in CLAIMED])
def test_a_case_from_the_field_is_mended(case: str, open_folder: Path) -> None:
    if not CASES.is_dir():
        told = f"the cases from the field are not on this machine ({CASES.name} beside the repository, in shared)"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    # A copy, for some scripts write beside themselves and the original is for reading alone.
    folder = open_folder / case
    folder.mkdir()
    for found in [*(CASES / case).iterdir(), script_of(case)]:
        (folder / found.name).write_bytes(found.read_bytes())
    env = os.environ | {"SW": str(Path(sys.executable).with_name("supplywatch")), "TMPDIR": str(open_folder), "PORT": str(free_port())}
    ran = subprocess.run(["/bin/sh", str(folder / script_of(case).name)], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert ran.returncode == 0, f"{case}:\n{ran.stdout}{ran.stderr}"
