"""Prints the reference values of the two mixtures of priors, with mpmath: python mixture_oracle.py (some minutes).

Other variables and formulas than the package's: NSB on an even grid in log b of fixed ends, 40 digits; Pitman-Yor
over (h, g) themselves by double-exponential rules, with the digamma function inverted.
"""

import mpmath as mp
from mixture_references import NSB, PITMAN_YOR

mp.mp.dps = 40


def dirichlet_moments(parameters):
    """Mean and second moment of the entropy, Wolpert & Wolf 1995, as printed; parameters: [(a, times)]."""
    total = sum(a * times for a, times in parameters)
    mean = mp.psi(0, total + 1) - sum(times * a * mp.psi(0, a + 1) for a, times in parameters) / total
    base, slope = mp.psi(0, total + 2), mp.psi(1, total + 2)
    first = sum(times * a * (mp.psi(0, a + 1) - base) for a, times in parameters)
    own = sum(times * a * a * ((mp.psi(0, a + 1) - base) ** 2 - slope) for a, times in parameters)
    pairs = first**2 - total**2 * slope - own
    same = sum(
        times * a * (a + 1) * ((mp.psi(0, a + 2) - base) ** 2 + mp.psi(1, a + 2) - slope) for a, times in parameters
    )
    return mean, (pairs + same) / (total * (total + 1))


def nsb(counts, outcomes, step):
    """Posterior mean and standard deviation."""
    counts = [mp.mpf(c) for c in counts if c]
    n, unseen = sum(counts), outcomes - len(counts)
    sums = [mp.mpf(0)] * 3
    u = -mp.log(outcomes) - 60
    while u < 2 * mp.log(n + 1) + 60:
        b = mp.exp(u)
        log = mp.loggamma(outcomes * b) - mp.loggamma(outcomes * b + n) + n * mp.log(outcomes)
        log += sum(mp.loggamma(c + b) - mp.loggamma(b) for c in counts)
        weight = mp.exp(log) * b * (outcomes * mp.psi(1, outcomes * b + 1) - mp.psi(1, b + 1))
        mean, square = dirichlet_moments([(c + b, 1) for c in counts] + [(b, unseen)])
        sums = [old + weight * x for old, x in zip(sums, (1, mean, square), strict=True)]
        u += step
    mean = sums[1] / sums[0]
    return mean, mp.sqrt(sums[2] / sums[0] - mean**2)


def digamma_inverse(y):
    """x > 0 with psi(x) = y."""
    x = mp.exp(y) + mp.mpf(1) / 2 if y > -2.2 else -1 / (y - mp.psi(0, 1))
    for _ in range(60):
        step = (mp.psi(0, x) - y) / mp.psi(1, x)
        x -= step if step < x else x / 2
        if abs(step) < mp.mpf(10) ** (5 - mp.mp.dps) * x:
            break
    return x


def pitman_yor_at(counts, h, g):
    """Weight of (h, g), and mean and second moment of the entropy there, as printed by Archer, Park & Pillow 2014."""
    n, seen = sum(counts), len(counts)
    rest = digamma_inverse(mp.psi(0, 1) - h * g)
    d, a = 1 - rest, digamma_inverse(h * (1 - g) + mp.psi(0, 1)) - 1
    log = sum(mp.log(a + k * d) for k in range(1, seen)) - sum(mp.log(a + k) for k in range(1, int(n))) - 10 / (1 - g)
    log += sum(mp.loggamma(c - d) - mp.loggamma(rest) for c in counts)
    inner = a + seen * d
    known, square = dirichlet_moments([(c - d, 1) for c in counts] + [(inner, 1)])
    more, _ = dirichlet_moments([(c - d, 1) for c in counts] + [(inner + 1, 1)])
    share = inner / (a + n)
    share_square = share * (inner + 1) / (a + n + 1)
    own = mp.psi(0, inner + 1) - mp.psi(0, rest)
    own_variance = (
        (inner + d) / ((inner + 1) ** 2 * rest) + rest / (inner + 1) * mp.psi(1, 2 - d) - mp.psi(1, inner + 2)
    )
    mean = known + share * own
    return mp.exp(log), mean, square + 2 * own * share * more + share_square * (own_variance + own**2)


def pitman_yor(counts, step):
    """Posterior mean and standard deviation; h = exp(t - exp(-t)), g = (1 + tanh(sinh s)) / 2."""
    counts = [mp.mpf(c) for c in counts]
    sums = [mp.mpf(0)] * 3
    ends = mp.mpf(7) / 2
    for i in range(int(-ends / step), int(mp.mpf(17) / 4 / step) + 1):
        t = i * step
        h = mp.exp(t - mp.exp(-t))
        slope = h * (1 + mp.exp(-t))
        for j in range(int(-ends / step), int(ends / step) + 1):
            s = j * step
            g = 1 / (1 + mp.exp(-2 * mp.sinh(s)))
            if 1 - g < 0.05:
                continue
            weight, mean, square = pitman_yor_at(counts, h, g)
            weight *= slope * 2 * mp.cosh(s) * g * (1 - g)
            sums = [old + weight * x for old, x in zip(sums, (1, mean, square), strict=True)]
    mean = sums[1] / sums[0]
    return mean, mp.sqrt(sums[2] / sums[0] - mean**2)


def main():
    for counts, outcomes, *_ in NSB:
        print("nsb", counts, outcomes, *[mp.nstr(x, 18) for x in nsb(counts, outcomes, mp.mpf(1) / 8)])  # noqa: T201
    mp.mp.dps = 22
    for counts, *_ in PITMAN_YOR:
        print("pitman_yor", counts, *[mp.nstr(x, 15) for x in pitman_yor(counts, mp.mpf(1) / 12)], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
