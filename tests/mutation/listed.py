"""The mutants: a list of broken rules."""

from mutants import Mutant

COMMITMENT, RESERVATION = "sim/rules/commitment.py", "sim/rules/reservation.py"
RATIFICATION, ASPIRATION = "sim/rules/ratification.py", "sim/rules/aspiration.py"
RESPONDING, PACKAGES = "sim/rules/responding.py", "sim/rules/packages.py"
PREFERENCES, BACKLASH = "sim/rules/preferences.py", "sim/rules/backlash.py"
BELIEFS, PROTOCOL = "sim/rules/beliefs.py", "sim/rules/protocol.py"
WALK_OUT, SECURITY = "sim/rules/walk_out.py", "sim/rules/security.py"
SPECIAL_FUNCTIONS = "sim/rules/special_functions.py"

# the three that at least three rows of theory must see
NAMED = (
    Mutant(
        "the audience cost has the wrong sign", COMMITMENT,
        "return audience_cost / (1.0 + precedent_weight + audience_cost)",
        "return -audience_cost / (1.0 + precedent_weight - audience_cost)",
        ("E5.threshold", "E5.a=.03"),
    ),
    Mutant(
        "the ministry over-offers by 1%", RESERVATION,
        "return -(cost - backlash_cost + threat_willingness)",
        "return -1.01 * (cost - backlash_cost + threat_willingness)",
        ("F2", "A2", "D2", "D4"),
    ),
    Mutant(
        "no quorum is needed", RATIFICATION,
        "return 2.0 * present > members and 2.0 * yes > present", "return 2.0 * yes > present",
        ("D6",),
    ),
)  # fmt: skip

OTHERS = (
    Mutant("a tie passes", RATIFICATION, "2.0 * yes > present", "2.0 * yes >= present"),
    Mutant("half the members are a quorum", RATIFICATION, "2.0 * present > members", "2.0 * present >= members"),
    Mutant("the common shock hardens members", RATIFICATION, "cost + backlash_cost - shock", "cost + backlash_cost + shock"),
    Mutant("backlash softens members", RATIFICATION, "return cost + backlash_cost", "return cost - backlash_cost"),
    Mutant("members like costs", RATIFICATION, "acceptance_probability(threshold - felt, precision)", "acceptance_probability(felt - threshold, precision)"),
    Mutant("the president may veto his own demand", RATIFICATION, "    if value >= demand:\n        return True\n", ""),
    Mutant("the president may veto exactly his demand", RATIFICATION, "if value >= demand:", "if value > demand:"),
    Mutant("a draw on a step counts nobody more", RATIFICATION, "cumulative > level", "cumulative >= level"),
    Mutant("the president's threshold is his demand", RATIFICATION, "quantal_response(value - threshold, precision, draw)", "quantal_response(value - demand, precision, draw)"),
    Mutant("the binomial count has one trial more", RATIFICATION, "(trials - step) / (step + 1.0)", "(trials + 1.0 - step) / (step + 1.0)"),
    Mutant("the binomial tail starts at half its mass", RATIFICATION, "cumulative = term\n", "cumulative = 0.5 * term\n"),
    Mutant("commitment forgets the precedent", COMMITMENT, "(1.0 + precedent_weight + audience_cost)", "(1.0 + audience_cost)"),
    Mutant("commitment comes on top of the reservation value", COMMITMENT, "(1.0 - weight) * base + weight * demand", "base + weight * demand"),
    Mutant("a reservation value above the demand counts in full", COMMITMENT, "    if demand < base:\n        base = demand\n", ""),
    Mutant("Seoul's public offer binds the wrong way", COMMITMENT, "reservation_cost - weight * excess", "reservation_cost + weight * excess"),
    Mutant("concession runs backwards", ASPIRATION, "(opening - target) * (1.0 - concession)", "(opening - target) * concession"),
    Mutant("noise is taken off what is tabled", ASPIRATION, "(1.0 - concession) + noise", "(1.0 - concession) - noise"),
    Mutant("a narrow belief counts as sure", ASPIRATION, "_NO_DOUBT = 1e100", "_NO_DOUBT = 1e3"),
    Mutant("the clock ends a round late", ASPIRATION, "span = rounds - 1.0 - start", "span = rounds - start"),
    Mutant("the concession exponent is inverted", ASPIRATION, "math.pow(time, exponent)", "math.pow(time, 1.0 / exponent)"),
    Mutant("a final demand forgets the scale", ASPIRATION, "logistic_scale(belief_sd) * (1.0 + w)", "logistic_scale(belief_sd) * (0.0 + w)"),
    Mutant("a guess is taken to solve w + ln w = y", SPECIAL_FUNCTIONS, "return w * (1.0 + z / ahead * (q - z) / (q - 2.0 * z))", "return w"),
    Mutant("a final demand aims below the middle", ASPIRATION, "0.5 * (believed + half_width + reservation)", "0.5 * (believed + reservation)"),
    Mutant("a final demand may exceed the public one", ASPIRATION, "tabled = best_demand\n    if tabled > opening:\n        tabled = opening\n", "tabled = best_demand\n"),
    Mutant("the pie is the sum of the reservation values", ASPIRATION, "joint_gain - own_reservation - other_reservation", "joint_gain + own_reservation + other_reservation"),
    Mutant("the wrong side is patient", ASPIRATION, "(before_last - step) % 2 == 1", "(before_last - step) % 2 == 0"),
    Mutant("the seller asks too little", ASPIRATION, "share / (2.0 - split) + 0.5 * (1.0 - split)", "share / (2.0 - split) + 0.25 * (1.0 - split)"),
    Mutant("the buyer does not shade his bid", ASPIRATION, "share / (1.0 + split)", "share"),
    Mutant("ambition counts twice", ASPIRATION, "reservation + ambition * (best_demand - reservation)", "reservation + 2.0 * ambition * (best_demand - reservation)"),
    Mutant("a belief moves away from the news", BELIEFS, "mean + gain * (offer", "mean - gain * (offer"),
    Mutant("a belief sharpens too fast", BELIEFS, "sd * math.sqrt(noise / information)", "sd * noise / information"),
    Mutant("sides are patient in answering", RESPONDING, "patience * own_next_gain - waiting_cost", "own_next_gain - waiting_cost"),
    Mutant("waiting pays", RESPONDING, "own_next_gain - waiting_cost", "own_next_gain + waiting_cost"),
    Mutant("a turnover is worth the whole surplus", RESPONDING, "0.5 * expected_probability", "1.0 * expected_probability"),
    Mutant("precision is halved", RESPONDING, "logistic(precision * advantage)", "logistic(0.5 * precision * advantage)"),
    Mutant("indifference is refusal", RESPONDING, "advantage >= -INDIFFERENCE", "advantage > INDIFFERENCE"),
    Mutant("sides sign below their reservation", RESPONDING, "    if not keeps_reservation(gain):\n        return False\n", ""),
    Mutant("the precedent is not averaged", RESERVATION, "(reservation + weight * others_payment) / (1.0 + weight)", "reservation + weight * others_payment"),
    Mutant("the team thinks the president harder", RESERVATION, "signing_threshold - bias", "signing_threshold + bias"),
    Mutant("a mandate may exceed the demand", RESERVATION, "    if mandate > demand:\n        return demand\n", ""),
    Mutant("the ministry reads its Assembly upside down", RESERVATION, "limit + signal_weight * shock", "limit - signal_weight * shock"),
    Mutant("the ministry ignores its Assembly", RESERVATION, "    if limit < cost:\n        cost = limit\n", ""),
    Mutant("backlash frees the ministry", RESERVATION, "-(cost - backlash_cost", "-(cost + backlash_cost"),
    Mutant("uniform reservation values spread half as far", RESERVATION, "(2.0 * draw - 1.0)", "(draw - 0.5)"),
    Mutant("the logistic scale is its deviation", RESERVATION, "return sd * _LOGISTIC_SCALE", "return sd"),
    Mutant("demands provoke what they should calm", BACKLASH, "return 1.0 - exponential(-(amount - 1.0) / scale)", "return exponential(-(amount - 1.0) / scale)"),
    Mutant("backlash overshoots", BACKLASH, "speed * (reaction - backlash)", "speed * (reaction + backlash)"),
    Mutant("a gap keeps sides in the room", WALK_OUT, "base + per_gap * gap", "base - per_gap * gap"),
    Mutant("sides leave when they should stay", WALK_OUT, "return is_below_logistic(", "return not is_below_logistic("),
    Mutant("talks resume when they should not", PROTOCOL, "return draw < probability", "return draw > probability"),
    Mutant("the last counter-offer is forgotten", PROTOCOL, "- (1.0 - final_counteroffer)", "- final_counteroffer"),
    Mutant("sealed offers trade when they do not cross", PROTOCOL, "tabled_by_other >= own_offer - INDIFFERENCE", "tabled_by_other <= own_offer - INDIFFERENCE"),
    Mutant("the price weight serves the other side", PROTOCOL, "weight * buyers_amount + (1.0 - weight) * sellers_amount", "(1.0 - weight) * buyers_amount + weight * sellers_amount"),
    Mutant("inefficient issues are traded", PACKAGES, "if us_worth > seoul_cost", "if us_worth < seoul_cost"),
    Mutant("the framework holds what it cannot", PACKAGES, "        forced = 1.0 - cap / amount\n        if forced > free_category:\n            return forced\n", "        pass\n"),
    Mutant("an amount beyond the cap is misreckoned", PACKAGES, "half * half + per_category * cap", "half * half - per_category * cap"),
    Mutant("the usual terms are worth nothing", PREFERENCES, "per_escalator * (escalator - usual_escalator)", "per_escalator * escalator"),
    Mutant("a missed category is a prize", PREFERENCES, "per_category * category - audience_cost * missed", "per_category * category + audience_cost * missed"),
    Mutant("the lapse costs a round too late", SECURITY, "round_index + 1.0 >= expiry_round", "round_index >= expiry_round"),
    Mutant("the threat is felt before it rises", SECURITY, "round_index >= deadline_round", "round_index < deadline_round"),
)  # fmt: skip

MUTANTS = (*NAMED, *OTHERS)
