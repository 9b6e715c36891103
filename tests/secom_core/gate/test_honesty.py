"""How often the gate is fooled when there is nothing to find."""

import numpy as np

from secom_core.contract import Contract
from secom_core.gate import Contender, Holdout, Trial, judge

N_WORLDS, N_SEEDS = 100, 8


def test_eight_seeds_do_not_find_signal_where_there_is_none():
    """Where risks are noise, at most 6 % of lines get a champion though eight seeds are tried."""
    fooled = sum(_gets_a_champion(np.random.default_rng(world)) for world in range(N_WORLDS))

    assert 0 < fooled <= 0.06 * N_WORLDS


def _gets_a_champion(generator):
    """Try seed after seed on one line, keeping the ledger, until one is promoted or all are not."""
    is_fail = generator.permutation(np.arange(60) < 20)
    holdout = Holdout(
        digest="holdout",
        is_fail=is_fail[40:],
        measured_at=np.datetime64("2008-09-01T00:00:00") + np.arange(20),
    )
    ledger = []
    for seed in range(N_SEEDS):
        risk = generator.random(60)
        verdict = judge(
            Contender(
                digest=f"seed {seed}",
                contract=Contract(),
                is_synthetic=False,
                seen_until=holdout.measured_at[0],
                risk=risk[40:],
            ),
            None,
            trial=Trial(
                development_is_fail=is_fail[:40],
                development_risk=risk[:40],
                is_flagged=risk[40:] >= 0.8,
                max_inspection_rate=0.2,
            ),
            holdout=holdout,
            ledger=ledger,
            seed=0,
        )
        if verdict.decision == "promote":
            return True
        ledger.append(verdict)
    return False
