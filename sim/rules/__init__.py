"""The rules of the talks, in the order of play. Each is pure: scalars in, one scalar out.

    security      threat, cost of having no agreement                  M9, M7
    reservation   private reservation values, mandate, ministry's limit   M6, M8
    commitment    what a public demand does to the least that is signed   M5
    aspiration    targets, concession, positions                          M2, oracle policies
    packages      a position turned into amount and category              M1
    preferences   what a package is worth to each side                    M1
    backlash      opinion in Seoul                                        M5
    walk_out      leaving the room                                        M4
    responding    accepting, the option of waiting                        M2, M7
    beliefs       learning the counterpart's reservation                  M3
    ratification  president's signature, members' votes, consent          M6
    protocol      clock, resumption, sealed offers                        M4, M6

    special_functions   exp, normal quantile, Lambert's W, for all of them

Money is counted in units of Seoul's payment in the base year. Utilities are in the same unit:
the US side's is V, the value of a package; Seoul's is -K, minus its cost; so that one rule serves
both sides. A rule that chooses takes its draw, a number in (0, 1), as its last argument.

The dialect: + - * /, comparisons, if, for, math.exp, log, log1p, sqrt, pow, erf; sums are loops
in index order; parameters arrive as data and never stand as literals. The special functions add
ratios of polynomials and powers of two, from `sim.compiling`. Within it a rule gives the same bits
called plainly, called compiled and inlined in the kernel.
"""
