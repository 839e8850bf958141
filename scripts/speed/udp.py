"""The most packets a second of which less than 1 % is lost, by trying rates for a second each."""
import math

LOSS = 0.01
NEAR = 1.03  #: rates that lie closer than this are not told apart
STEP = 1.4  #: at most from one rate to a higher one: an overloaded way carries half at times, so what holds is not far


def search(attempt, probes):
    """`attempt(rate)` -> (sent, arrived) a second, rate 0 being as fast as the sender can. -> (best, [(rate, sent, arrived)])

    `best` is 0 when no try held. Halves the gap between what held and what did not, in ratio, until it is NEAR or `probes`
    tries were made beside the first. A rate does not hold when it failed twice in a row: one hiccup of the machine would
    otherwise cut off all that lies above it.
    """
    sent, arrived = attempt(0)
    tries = [(0, sent, arrived)]
    if holds(sent, sent, arrived):
        return arrived, tries
    best, low, high = 0.0, 0.0, sent
    rate, has_failed = arrived if arrived > 0 else sent / 4, False
    while len(tries) <= probes and not (low and high <= low * NEAR):
        sent, arrived = attempt(rate)
        tries.append((rate, sent, arrived))
        if holds(rate, sent, arrived):
            best, low, has_failed = max(best, arrived), rate, False
        elif not has_failed:
            has_failed = True
            continue
        else:
            high, has_failed = rate, False
        rate = min(math.sqrt(low * high), low * STEP) if low else rate / STEP
    return best, tries


def holds(rate, sent, arrived):
    """A sender that did not reach the rate says nothing about it."""
    return sent > 0.9 * rate and sent > 0 and arrived > (1 - LOSS) * sent
