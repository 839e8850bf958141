"""The most packets a second of which less than 1 % is lost, by trying rates for a second each."""

LOSS = 0.01
NEAR = 1.06  #: rates that lie closer than this are not told apart


def search(attempt, probes):
    """`attempt(rate)` -> (sent, arrived) a second, rate 0 being as fast as the sender can. -> (best, [(rate, sent, arrived)])

    `best` is 0 when no try held. Halves the gap between what held and what did not, `probes` times at most.
    """
    sent, arrived = attempt(0)
    tries = [(0, sent, arrived)]
    if holds(sent, sent, arrived):
        return arrived, tries
    best, low, high = 0.0, 0.0, sent
    rate = arrived if arrived > 0 else sent / 4
    for _ in range(probes):
        sent, arrived = attempt(rate)
        tries.append((rate, sent, arrived))
        if holds(rate, sent, arrived):
            best, low = max(best, arrived), rate
            rate = min((low + high) / 2, low * 1.5)
        else:
            high = rate
            rate = (low + high) / 2 if low else rate * 0.6
        if low and high < low * NEAR:
            break
    return best, tries


def holds(rate, sent, arrived):
    """A sender that did not reach the rate says nothing about it."""
    return sent > 0.9 * rate and sent > 0 and arrived > (1 - LOSS) * sent
