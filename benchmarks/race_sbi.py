"""Neural posterior estimation for the race, run by a Python that has sbi: asked.npz, answer.npz.

    python race_sbi.py ASKED ANSWER

asked: z (n, k) draws from a standard normal prior, x (n, m) their reports, at (sets, m) observed.
answer: z (sets, 2000, k) draws of each posterior, seconds of processor time.
"""

import sys
import time
import warnings

import numpy as np
import torch
from sbi.inference import NPE

DRAWS = 2000


def main(asked: str, answer: str) -> None:
    """Train once, draw for every set."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    start = time.process_time()
    with np.load(asked) as file:
        z, x, at = (torch.as_tensor(file[name], dtype=torch.float32) for name in ("z", "x", "at"))
    centre, spread = x.mean(0), x.std(0).clamp_min(1e-6)
    x, at = (x - centre) / spread, (at - centre) / spread
    prior = torch.distributions.MultivariateNormal(torch.zeros(z.shape[1]), torch.eye(z.shape[1]))
    trainer = NPE(prior, density_estimator="maf", show_progress_bars=False)
    trainer.append_simulations(z, x).train(training_batch_size=500, stop_after_epochs=10)
    posterior = trainer.build_posterior()
    draws = [posterior.sample((DRAWS,), x=one, show_progress_bars=False).numpy() for one in at]
    np.savez(answer, z=np.stack(draws).astype("f8"), seconds=time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:3])
