"""What a run leaves on disk: blocks of counts and negotiations as Parquet, a manifest, tables.

The files of a run and their columns are described in results/README.md.
"""

from experiments.results.blocks import (
    SCHEMA_VERSION,
    find_blocks,
    keep_block,
    read_block,
    write_block,
)
from experiments.results.errors import BusyError, DamagedBlock, ResultsError
from experiments.results.folder import RunFolder, read_manifest, run_key
from experiments.results.store import LocalStore, Store, open_store
from experiments.results.writing import write_json, write_table, write_text, written_whole

__all__ = [
    "SCHEMA_VERSION",
    "BusyError",
    "DamagedBlock",
    "LocalStore",
    "ResultsError",
    "RunFolder",
    "Store",
    "find_blocks",
    "keep_block",
    "open_store",
    "read_block",
    "read_manifest",
    "run_key",
    "write_block",
    "write_json",
    "write_table",
    "write_text",
    "written_whole",
]
