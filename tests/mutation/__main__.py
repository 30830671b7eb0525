"""`python -m tests.mutation [WORD]`: put every mutant (whose name has the word) to the rows."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from listed import MUTANTS
from mutants import fates, put_to_death


def main(word: str = "") -> int:
    """Print the fate of each mutant; 1 where one survives or the tree is not healthy."""
    started = time.monotonic()
    healthy = put_to_death(None)
    if healthy.rows:
        print(f"These rows fail without a mutant: {', '.join(healthy.rows)}")
        return 1
    chosen = [mutant for mutant in MUTANTS if word in mutant.name]
    survived = 0
    for fate in fates(chosen, os.cpu_count() or 1):
        print(fate.told(), flush=True)
        survived += not fate.killed
    spent = time.monotonic() - started
    killed = len(chosen) - survived
    print(f"{len(chosen)} mutants: {killed} killed, {survived} survived; {spent:.0f} s")
    return 1 if survived or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
