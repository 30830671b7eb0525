"""What a run leaves on disk: blocks of counts and negotiations as Parquet, a manifest, tables.

The files of a run and their columns are described in results/README.md.
"""

from experiments.results.blocks import (
    SCHEMA_VERSION,
    as_parquet,
    find_blocks,
    keep_block,
    read_block,
    write_block,
)
from experiments.results.doctor import Report, examine, mend
from experiments.results.errors import BusyError, DamagedBlock, ResultsError
from experiments.results.folder import RunFolder, read_manifest, run_key
from experiments.results.merging import merge
from experiments.results.reading import Results, read_results
from experiments.results.store import LocalStore, Store, inside, open_store
from experiments.results.writing import write_json, write_table, write_text, written_whole

__all__ = [
    "SCHEMA_VERSION",
    "BusyError",
    "DamagedBlock",
    "LocalStore",
    "Report",
    "Results",
    "ResultsError",
    "RunFolder",
    "Store",
    "as_parquet",
    "examine",
    "find_blocks",
    "inside",
    "keep_block",
    "mend",
    "merge",
    "open_store",
    "read_block",
    "read_manifest",
    "read_results",
    "run_key",
    "write_block",
    "write_json",
    "write_table",
    "write_text",
    "written_whole",
]
