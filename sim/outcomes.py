"""What a negotiation leaves behind: one record, the same for both engines."""

import numpy as np

OUTCOME = np.dtype(
    [
        ("ending", "i1"),  # sim.terms.Ending
        ("round", "i2"),  # round in which the talks ended, counted from 1
        ("amount", "f8"),  # payments; NaN without a ratified deal, as the next three
        ("category", "f8"),  # share paid under the new category
        ("us_value", "f8"),  # payments
        ("seoul_cost", "f8"),  # payments
        ("gap", "f8"),  # payments between the last two tabled positions, in US value
        ("backlash", "f8"),  # share of full backlash at the end
        ("yes", "i2"),  # members, in the last vote; 0 where none was held, as the next three
        ("no", "i2"),
        ("abstain", "i2"),
        ("absent", "i2"),
        ("votes", "i2"),  # votes held
        ("us_walk_outs", "i2"),  # rounds that the US team left
        ("seoul_walk_outs", "i2"),  # rounds that Seoul's team left
        ("first_walk_out", "i2"),  # first round broken off, counted from 1; 0 for none
        ("vetoes", "i2"),  # deals that the president refused
        ("refusals", "i2"),  # deals that the Assembly refused
        ("lapsed", "?"),  # the talks went on after the old agreement had expired
        ("executive_changed", "?"),
        ("threat", "?"),  # the threat at Pyongyang's deadline was open
    ]
)
