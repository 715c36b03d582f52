/* Fused kernels of the measures: each input is read block by block, and nothing of its size is allocated.

   They follow the formulas of the Python files beside this one, which say why; here are the same formulas in the form
   that compilers turn into vector instructions: no branch in a loop, selections only, and logarithms and exponentials
   as polynomials. Sums are compensated, so that their error does not grow with the number of outcomes.

   A distribution stands for p / sum(p), exactly. Everything is in nats, in double precision.
*/

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <float.h>
#include <stdlib.h>

#include "arithmetic.h"
#include "families.h"
#include "pairs.h"

enum { SUMS = 5, WIDTH = 2 * SUMS + 4 };

enum Op { ENTROPY, POWER, CROSS_ENTROPY, KL, JS, TOTAL_VARIATION, SQUARED_HELLINGER, CHI_SQUARED, JEFFREYS, ALPHA, OPS };
enum { FINE = 0, BAD = 1, AGAIN = 2 };

/* A row of numbers: float or double, any stride. */
typedef struct {
    const char *at;
    Py_ssize_t stride;
    int is_float;
} Row;

/* What a second reading needs from the first. */
typedef struct {
    double order;     /* the weight of P, or the order alpha */
    double tolerance; /* of the sums; infinite where they are to be normalised */
    int stage;
    double scale_p, scale_q, excess, largest;
    double sum_p, sum_q, rest_p, rest_q;
} Plan;

/* What is gathered from a part of a row; WIDTH doubles. */
typedef struct {
    double hi[SUMS], lo[SUMS];
    double large_p, large_q, largest;
    double bad;
} Gathered;

/* ---------------------------------------------------------------------------------------------- reading */

/* A block of a row as doubles: where it lies, or copied into `space`; n numbers, then `fill` up to m. */
INLINE const double *block(const Row *row, Py_ssize_t start, int n, int m, double fill, double *space) {
    const char *at = row->at + start * row->stride;
    if (!row->is_float && row->stride == (Py_ssize_t)sizeof(double)) {
        if (n == m) return (const double *)at;
        memcpy(space, at, (size_t)n * sizeof(double));
    } else if (row->is_float && row->stride == (Py_ssize_t)sizeof(float)) {
        const float *f = (const float *)at;
        for (int i = 0; i < n; i++) space[i] = f[i];
    } else if (row->is_float) {
        for (int i = 0; i < n; i++) space[i] = *(const float *)(at + i * row->stride);
    } else {
        for (int i = 0; i < n; i++) space[i] = *(const double *)(at + i * row->stride);
    }
    for (int i = n; i < m; i++) space[i] = fill;
    return space;
}

/* ---------------------------------------------------------------------------------------------- terms of a block */

/* Above this a probability's logarithm is taken from the sum of the others; at most one outcome can be there. */
#define LARGE 0.6

/* The sum of what is large in a block, and of its partner. */
INLINE double sum_of_large(const double *by, const double *x, int m) {
    double sum = 0.0;
    for (int i = 0; i < m; i++) sum += by[i] > LARGE ? x[i] : 0.0;
    return sum;
}

/* -p log p of all but the large outcome */
INLINE void entropy_terms(const double *p, int m, double *t, double *others, double *large) {
    int64_t any = 0;
    for (int i = 0; i < m; i++) {
        int is_large = p[i] > LARGE;
        double y = -p[i] * log_of(p[i]);
        t[i] = is_large ? 0.0 : y;
        others[i] = is_large ? 0.0 : p[i];
        any |= is_large;
    }
    if (any) *large += sum_of_large(p, p, m);
}

/* -p log q of all but the outcome with large q */
INLINE void cross_entropy_terms(const double *p, const double *q, int m, double *t, double *others, double *large_p,
                                double *large_q) {
    int64_t any = 0;
    for (int i = 0; i < m; i++) {
        int is_large = q[i] > LARGE;
        double y = -p[i] * log_of(q[i]);
        y = q[i] > 0.0 ? y : INFINITY;
        y = is_large ? 0.0 : y;
        t[i] = p[i] > 0.0 ? y : 0.0;
        others[i] = is_large ? 0.0 : q[i];
        any |= is_large;
    }
    if (any) {
        *large_p += sum_of_large(q, p, m);
        *large_q += sum_of_large(q, q, m);
    }
}

/* log(1 + x) - x */
static double log1pmx(double x) {
    if (fabs(x) > 0.25) return log1p(x) - x;
    double s = x / (2.0 + x), z = s * s;
    return s * z * twice_atanh_tail(z) - x * s;
}

/* What follows, where q or p is 0, subnormal or negative; returns whether one is negative. */
static int odd_terms(const double *p, const double *q, const double *difference, int m, double *ratio, double *t) {
    int negative = 0;
    for (int i = 0; i < m; i++) {
        if (p[i] >= SMALLEST_NORMAL && q[i] >= SMALLEST_NORMAL) continue;
        negative |= p[i] < 0.0 || q[i] < 0.0;
        if (p[i] == 0.0) {
            t[i] = q[i];
            continue;
        }
        double change = difference[i] / p[i];
        int near = fabs(change) < 0.25;
        double logarithm = near ? log1p(change) : log(q[i]) - log(p[i]);
        t[i] = near ? -p[i] * log1pmx(change) : q[i] > 0.0 ? difference[i] - p[i] * logarithm : INFINITY;
        if (ratio) ratio[i] = logarithm;
    }
    return negative;
}

/* p log(p/q) - p + q >= 0, whose sum is KL, and log(q/p) where p > 0. Returns whether one is negative.

   q/p = 2^k n/p with n near p, so that n - p is exact and log(n/p) = 2 atanh((n - p) / (n + p)). If the difference is not
   q - p itself but known better, it is taken instead where it is small. */
INLINE int ratio_terms(const double *p, const double *q, const double *difference, int plain, int m, double *ratio, double *t) {
    int64_t odd = 0;
    for (int i = 0; i < m; i++) {
        double x = p[i], d = difference[i], k, minus = minus_aligned(x, q[i], &k), top = minus + x, bottom = minus - x;
        int near = plain ? k == 0.0 : fabs(d) < 0.17 * (x + q[i]);
        if (!plain) {
            top = near ? d : top;
            bottom = near ? x + q[i] : bottom;
            k = near ? 0.0 : k;
        }
        double s = top / bottom, z = s * s, tail = s * z * twice_atanh_tail(z);
        double log_ratio = k * LN2 + (2.0 * s + tail);
        double close = d * s - x * tail, far = d - x * log_ratio;
        if (ratio) ratio[i] = log_ratio;
        t[i] = near ? close : far;
        odd |= (q[i] < x ? q[i] : x) < SMALLEST_NORMAL;
    }
    return odd ? odd_terms(p, q, difference, m, ratio, t) : 0;
}

/* the same of both sides against M = w P + (1 - w) Q, weighed */
INLINE int js_terms(const double *p, const double *q, const double *difference, int m, double w, double *t) {
    double middle[BLOCK], step[BLOCK], other[BLOCK];
    for (int i = 0; i < m; i++) middle[i] = w * p[i] + (1.0 - w) * q[i];
    for (int i = 0; i < m; i++) step[i] = (1.0 - w) * difference[i];
    int negative = ratio_terms(p, middle, step, 0, m, NULL, t);
    for (int i = 0; i < m; i++) step[i] = -w * difference[i];
    negative |= ratio_terms(q, middle, step, 0, m, NULL, other);
    /* a side without weight may cost anything */
    for (int i = 0; i < m; i++) t[i] = (w > 0.0 ? w * t[i] : 0.0) + (w < 1.0 ? (1.0 - w) * other[i] : 0.0);
    return negative;
}

INLINE void hellinger_terms(const double *p, const double *q, const double *difference, int m, double *t, double *common) {
    for (int i = 0; i < m; i++) {
        double a = sqrt(p[i]), b = sqrt(q[i]), c = a + b > 0.0 ? difference[i] / (a + b) : 0.0;
        t[i] = 0.5 * c * c;
        common[i] = a * b;
    }
}

INLINE void chi_squared_terms(const double *p, const double *q, const double *difference, int m, double *t) {
    for (int i = 0; i < m; i++) {
        double x = q[i] > 0.0 ? q[i] : 1.0;
        double y = difference[i] * (difference[i] / x);
        t[i] = q[i] > 0.0 ? y : p[i] > 0.0 ? INFINITY : 0.0;
    }
}

INLINE int jeffreys_terms(const double *p, const double *q, const double *difference, int m, double *t) {
    double ratio[BLOCK];
    int negative = ratio_terms(p, q, difference, 0, m, ratio, t);
    for (int i = 0; i < m; i++) {
        double y = difference[i] * ratio[i];
        t[i] = p[i] > 0.0 && q[i] > 0.0 ? y : p[i] + q[i] > 0.0 ? INFINITY : 0.0;
    }
    return negative;
}

/* p (e^(b x) - 1 - b (e^x - 1)) / (b (b - 1)) >= 0 for b <= 1/2, where x = log(q / p) and difference = q - p = p (e^x - 1) */
static double curvature(double p, double difference, double x, double b, double alpha) {
    double size = fabs(b) > 1.0 ? fabs(b) : 1.0;
    if (size * fabs(x) < 0.5) {
        double term = 0.5 * x * x, geometric = 1.0, sum = 0.0, power = 1.0;
        for (int k = 2; k < 20; k++) {
            sum += term * geometric;
            power *= b;
            geometric += power;
            term *= x / (k + 1);
        }
        return p * sum;
    }
    double first = fabs(b * x) < 1.0 ? p * (expm1(b * x) / b) : (exp(log(p) + b * x) - p) / b;
    return (difference - first) / alpha;
}

/* One outcome of the alpha divergence; swapping P and Q turns alpha into 1 - alpha, and the form is taken that divides by
   the larger of the two. */
static double alpha_outcome(double p, double q, double difference, double x, double alpha) {
    double b = 1.0 - alpha;
    if (p > 0.0 && q > 0.0)
        return b > 0.5 ? curvature(q, -difference, -x, alpha, b) : curvature(p, difference, x, b, alpha);
    if (p > 0.0) return alpha < 1.0 ? p / (1.0 - alpha) : INFINITY;
    return q > 0.0 ? (alpha > 0.0 ? q / alpha : INFINITY) : 0.0;
}

enum { TERMS = 18 };

/* (1 + b + ... + b^(k-2)) / k! for k = 2, 3, ...: the series of the terms near equality, divided by x^2 */
static void series_of(double b, double *c) {
    double geometric = 1.0, power = 1.0, factorial = 2.0;
    for (int k = 0; k < TERMS; k++) {
        c[k] = geometric / factorial;
        power *= b;
        geometric += power;
        factorial *= k + 3;
    }
}

/* The same for a block, and p^a q^(1-a), whose sum is Renyi's. */
INLINE void alpha_terms(const double *p, const double *q, const double *difference, const double *ratio, int m, double alpha,
                        const double *c, double *t, double *powers) {
    double b = 1.0 - alpha, sign = b > 0.5 ? -1.0 : 1.0;
    const double *base = b > 0.5 ? q : p;
    double order = b > 0.5 ? alpha : b, other = 1.0 - order, size = fabs(order) > 1.0 ? fabs(order) : 1.0;
    int64_t odd = 0, steepest = 0;
    for (int i = 0; i < m; i++) {
        double x = sign * ratio[i], y = order * x, e = exp_of(y);
        int near = size * fabs(x) < 0.5, flat = fabs(y) < 0.35;
        double gentle = y + expm1_tail(y), steep = e - 1.0, rise = flat ? gentle : steep, series = c[TERMS - 1];
#pragma GCC unroll 18
        for (int k = TERMS - 2; k >= 0; k--) series = series * x + c[k];
        double far = (sign * difference[i] - base[i] * (rise / order)) / other;
        double close = base[i] * (series * x * x);
        t[i] = near ? close : far;
        powers[i] = base[i] * e;
        odd |= (p[i] < q[i] ? p[i] : q[i]) < SMALLEST_NORMAL;
        steepest |= fabs(y) >= 700.0;
    }
    if (!odd && !steepest) return;
    for (int i = 0; i < m; i++) {
        int both = p[i] > 0.0 && q[i] > 0.0;
        if (p[i] >= SMALLEST_NORMAL && q[i] >= SMALLEST_NORMAL && fabs(order * ratio[i]) < 700.0) continue;
        t[i] = alpha_outcome(p[i], q[i], difference[i], ratio[i], alpha);
        powers[i] = both ? exp(log(p[i]) + (1.0 - alpha) * ratio[i]) : 0.0;
    }
}

/* (p^(a-1) - 1) / (1 - a) from log p */
static double power_rise(double logarithm, double a) {
    double y = (a - 1.0) * logarithm;
    return -logarithm * (fabs(y) > 1e-30 ? expm1(y) / y : 1.0);
}

/* p times that; a power that would overflow is taken with p */
static double power_term(double p, double logarithm, double a) {
    return fabs((a - 1.0) * logarithm) < 1.0 ? p * power_rise(logarithm, a) : (exp(a * logarithm) - p) / (1.0 - a);
}

/* p (p^(a-1) - 1) / (1 - a) of all but the large outcome, whose sum is Tsallis', and (p / largest)^a */
INLINE void power_terms(const double *p, int m, const Plan *plan, double *t, double *powers, double *others, double *large) {
    double a = plan->order, top = log(plan->largest);
    int64_t any = 0, odd = 0, steepest = 0;
    for (int i = 0; i < m; i++) {
        double logarithm = log_of(p[i]), y = (a - 1.0) * logarithm;
        int flat = fabs(y) < 0.35, is_large = p[i] > LARGE;
        double gentle = y + expm1_tail(y), steep = exp_of(y) - 1.0, rise = flat ? gentle : steep;
        double term = p[i] * (rise / (1.0 - a)), power = exp_of(a * (logarithm - top));
        t[i] = is_large ? 0.0 : term;
        powers[i] = power;
        others[i] = is_large ? 0.0 : p[i];
        any |= is_large;
        odd |= p[i] < SMALLEST_NORMAL;
        steepest |= y >= 700.0;
    }
    if (any) *large += sum_of_large(p, p, m);
    if (!odd && !steepest) return;
    for (int i = 0; i < m; i++) {
        double logarithm = p[i] > 0.0 ? log(p[i]) : 0.0;
        t[i] = p[i] > LARGE || p[i] == 0.0 ? 0.0 : power_term(p[i], logarithm, a);
        powers[i] = p[i] > 0.0 ? exp(a * (logarithm - top)) : 0.0;
    }
}

/* ---------------------------------------------------------------------------------------------- a part of a row */

/* q / Q - p / P. Sums that differ by rounding only: q - p is exact, and p (Q - P) / P small. Others: q P - p Q exactly. */
INLINE void differences(const double *p, const double *q, int m, const Plan *plan, double *d) {
    double excess = plan->excess, scale = plan->scale_q;
    if (fabs(excess) < 1e-14) {
        for (int j = 0; j < m; j++) d[j] = ((q[j] - p[j]) - p[j] * excess) * scale;
        return;
    }
    for (int j = 0; j < m; j++) {
        double a = q[j] * plan->sum_p, b = p[j] * plan->sum_q;
        double rest = (fma(q[j], plan->sum_p, -a) + q[j] * plan->rest_p) - (fma(p[j], plan->sum_q, -b) + p[j] * plan->rest_q);
        d[j] = ((a - b) + rest) * plan->scale_p * scale;
    }
}

/* whether one number is below 0; NaN shows in the sums */
INLINE int negative(const double *p, int m) {
    double low[LANES];
    for (int j = 0; j < LANES; j++) low[j] = p[j];
    for (int i = LANES; i < m; i += LANES)
        for (int j = 0; j < LANES; j++) low[j] = p[i + j] < low[j] ? p[i + j] : low[j];
    int64_t below = 0;
    for (int j = 0; j < LANES; j++) below |= low[j] < 0.0;
    return below != 0;
}

/* p times a scale, and whether something was lost by it */
INLINE int rescale(const double *p, double scale, int m, double *out) {
    int64_t lost = 0;
    for (int j = 0; j < m; j++) {
        double x = p[j] * scale;
        lost |= (p[j] > 0.0 ? x : 1.0) == 0.0;
        out[j] = x;
    }
    return lost != 0;
}

/* sums: 0 the measure, 1 sum p (or of all but the large), 2 sum (q - p) (or q but the large), 3 a second measure,
   4 sum q where it may be far from sum p */
CLONES static void gather(int op, const Plan *plan, const Row *row_p, const Row *row_q, Py_ssize_t start, Py_ssize_t stop,
                          Gathered *out) {
    Lanes sums[SUMS];
    double space_p[BLOCK], space_q[BLOCK], d[BLOCK], t[BLOCK], u[BLOCK], v[BLOCK];
    double large_p = 0.0, large_q = 0.0, largest = 0.0;
    double sp = plan->scale_p, sq = plan->scale_q;
    double series[TERMS];
    int two = op >= CROSS_ENTROPY, bad = 0;
    if (op == ALPHA) series_of(1.0 - plan->order > 0.5 ? plan->order : 1.0 - plan->order, series);
    memset(sums, 0, sizeof sums);
    for (Py_ssize_t i = start; i < stop; i += BLOCK) {
        int n = stop - i < BLOCK ? (int)(stop - i) : BLOCK;
        int m = (n + LANES - 1) / LANES * LANES;
        const double *p = block(row_p, i, n, m, 0.0, space_p);
        const double *q = two ? block(row_q, i, n, m, 0.0, space_q) : p;
        if (two && op != CROSS_ENTROPY) differences(p, q, m, plan, d);
        if (plan->stage) {
            bad |= rescale(p, sp, m, space_p);
            if (two) bad |= rescale(q, sq, m, space_q);
            p = space_p;
            q = space_q;
        }
        if (op == ENTROPY) {
            bad |= negative(p, m);
            entropy_terms(p, m, t, u, &large_p);
            add_block(&sums[0], t, m);
            add_block(&sums[1], u, m);
            continue;
        }
        if (op == POWER) {
            bad |= negative(p, m);
            if (plan->stage == 0) {
                for (int j = 0; j < m; j++) largest = p[j] > largest ? p[j] : largest;
                add_block(&sums[1], p, m);
                continue;
            }
            power_terms(p, m, plan, t, u, v, &large_p);
            add_block(&sums[0], t, m);
            add_block(&sums[1], v, m);
            add_block(&sums[3], u, m);
            continue;
        }
        if (op == CROSS_ENTROPY) {
            bad |= negative(p, m) | negative(q, m);
            cross_entropy_terms(p, q, m, t, u, &large_p, &large_q);
            add_block(&sums[0], t, m);
            add_block(&sums[1], p, m);
            add_block(&sums[2], u, m);
            continue;
        }
        if (plan->tolerance == INFINITY) add_exactly(&sums[4], q, m);
        if (op == KL) {
            bad |= plan->stage ? ratio_terms(p, q, d, 0, m, NULL, t) : ratio_terms(p, q, d, 1, m, NULL, t);
        } else if (op == JS) {
            bad |= js_terms(p, q, d, m, plan->order, t);
        } else if (op == JEFFREYS) {
            bad |= jeffreys_terms(p, q, d, m, t);
        } else if (op == ALPHA) {
            bad |= ratio_terms(p, q, d, 0, m, u, t);
            alpha_terms(p, q, d, u, m, plan->order, series, t, v);
            add_block(&sums[3], v, m);
        } else {
            bad |= negative(p, m) | negative(q, m);
            if (op == TOTAL_VARIATION)
                for (int j = 0; j < m; j++) t[j] = 0.5 * fabs(d[j]);
            else if (op == CHI_SQUARED)
                chi_squared_terms(p, q, d, m, t);
            else {
                hellinger_terms(p, q, d, m, t, u);
                add_block(&sums[3], u, m);
            }
        }
        add_block(&sums[0], t, m);
        if (plan->tolerance == INFINITY)
            add_exactly(&sums[1], p, m);
        else
            add_block(&sums[1], p, m);
        add_block(&sums[2], d, m);
    }
    for (int s = 0; s < SUMS; s++) add_lanes(&sums[s], &out->hi[s], &out->lo[s]);
    out->large_p = large_p;
    out->large_q = large_q;
    out->largest = largest;
    out->bad = bad;
}

/* ---------------------------------------------------------------------------------------------- the end of a row */

static void merge(Gathered *all, const Gathered *part) {
    for (int s = 0; s < SUMS; s++) {
        two_sum(all->hi[s], part->hi[s], &all->hi[s], &all->lo[s]);
        all->lo[s] += part->lo[s];
        settle(&all->hi[s], &all->lo[s]);
    }
    all->large_p += part->large_p;
    all->large_q += part->large_q;
    all->largest = part->largest > all->largest ? part->largest : all->largest;
    all->bad = all->bad || part->bad;
}

static int near_one(double hi, double lo, double tolerance) {
    /* weights far from 1 are left to the formulas, which scale them first */
    return tolerance == INFINITY ? hi > 1e-60 && hi < 1e60 : fabs((hi - 1.0) + lo) <= tolerance;
}

/* -log(large / (large + others)), or 0 where no outcome is large */
static double from_others(double others, double large) { return large > 0.0 ? log1p(others / large) : 0.0; }

/* What a row gives: the measure, and others that come with it. */
typedef struct {
    double value, second, third;
} Answer;

/* log(1 + factor power) / factor, or by the logarithm of the sum itself where that is not close to 1 */
static double renyi_from(double power, double factor, double log_sum) {
    double excess = factor * power;
    if (!(fabs(excess) < 0.5)) return log_sum / factor;
    return fabs(excess) > 1e-30 ? power * (log1p(excess) / excess) : power;
}

/* The measures of one distribution: large outcome and the others apart. Beside Tsallis' entropy, Renyi's. */
static int end_one(int op, Plan *plan, const Gathered *all, Answer *answer) {
    double others = all->hi[1], others_lo = all->lo[1], large = all->large_p;
    double hi = others, lo = others_lo;
    two_sum(large, others, &hi, &lo);
    if (all->bad || (plan->stage == 0 && !near_one(hi, lo, plan->tolerance))) return BAD;
    if (plan->stage == 0 && (op == POWER || fabs(hi - 1.0) > 1e-3)) {
        plan->stage = 1;
        plan->scale_p = 1.0 / hi;
        plan->largest = all->largest / hi;
        return AGAIN;
    }
    double of_large = from_others(others, large), beside_one = log1p((hi - 1.0) + lo);
    if (op == ENTROPY) {
        /* the sum of the others' terms is small where they are, so that nothing cancels */
        answer->value = (all->hi[0] + others * beside_one + all->lo[0] + large * of_large) / hi;
        return FINE;
    }
    double a = plan->order;
    double own = large == 0.0 ? 0.0 : large * power_rise(-of_large, a);
    answer->value = all->hi[0] + own;
    answer->second = renyi_from(answer->value, 1.0 - a, a * log(plan->largest) + log(all->hi[3]));
    return FINE;
}

static int end_cross_entropy(Plan *plan, const Gathered *all, Answer *answer) {
    double hi = all->hi[2], lo = all->lo[2];
    two_sum(all->large_q, all->hi[2], &hi, &lo);
    if (all->bad || (plan->stage == 0 && !(near_one(all->hi[1], all->lo[1], plan->tolerance) && near_one(hi, lo, plan->tolerance))))
        return BAD;
    if (plan->stage == 0 && (fabs(hi - 1.0) > 1e-3 || fabs(all->hi[1] - 1.0) > 1e-3)) {
        plan->stage = 1;
        plan->scale_p = 1.0 / all->hi[1];
        plan->scale_q = 1.0 / hi;
        return AGAIN;
    }
    double of_large = all->large_p > 0.0 ? all->large_p * from_others(all->hi[2], all->large_q) : 0.0;
    double rest = all->hi[1] - all->large_p;
    answer->value = (all->hi[0] + rest * log1p((hi - 1.0) + lo) + all->lo[0] + of_large) / all->hi[1];
    return FINE;
}

/* Whether sums that differ by `excess` do not show in the value.

   Of KL the difference is taken into account exactly; of the others, a smooth function of q / p changes by about
   excess * value + excess^2, total variation by excess. */
static int enough(int op, double value, double excess) {
    if (op == KL) return fabs(excess) < 0.1 && excess * excess <= 0.01 * value;
    if (op == TOTAL_VARIATION) return fabs(excess) <= 5e-16 * value;
    return fabs(excess) <= 3e-16 && excess * excess <= 1e-17 * value;
}

/* What comes with a sum over pairs: Renyi's divergence beside alpha's; with Hellinger's, the coefficient and -log of it. */
static void companions(int op, const Plan *plan, double other, Answer *answer) {
    answer->second = answer->third = other;
    if (op == ALPHA) answer->second = renyi_from(plan->order * answer->value, plan->order - 1.0, log(other));
    if (op == SQUARED_HELLINGER) {
        answer->second = other < 1.0 ? other : 1.0;
        answer->third = answer->value < 0.5 ? -log1p(-answer->value) : -log(other);
    }
}

/* KL and all that is a sum over pairs of normalised outcomes. */
static int end_pair(int op, Plan *plan, const Gathered *all, Answer *answer) {
    if (plan->stage == 0) {
        double p = all->hi[1], q = p, lo = all->lo[1] + all->lo[2];
        two_sum(p, all->hi[2], &q, &lo);
        if (plan->tolerance == INFINITY) {
            q = all->hi[4];
            lo = all->lo[4];
        }
        if (all->bad || !near_one(p, all->lo[1], plan->tolerance) || !near_one(q, lo, plan->tolerance)) return BAD;
        double excess = (all->hi[2] + all->lo[2]) / p;
        if (enough(op, all->hi[0] / p, excess)) {
            answer->value = all->hi[0] / p + (op == KL ? log1pmx(excess) : 0.0);
            companions(op, plan, all->hi[3] / p, answer);
            return FINE;
        }
        plan->stage = 1;
        plan->scale_p = 1.0 / p;
        plan->scale_q = 1.0 / q;
        plan->excess = excess;
        plan->sum_p = p;
        plan->sum_q = q;
        plan->rest_p = all->lo[1];
        plan->rest_q = lo;
        return AGAIN;
    }
    if (all->bad) return BAD;
    answer->value = all->hi[0];
    companions(op, plan, all->hi[3], answer);
    return FINE;
}

static int end(int op, Plan *plan, const Gathered *all, Answer *answer) {
    int status = op <= POWER           ? end_one(op, plan, all, answer)
                 : op == CROSS_ENTROPY ? end_cross_entropy(plan, all, answer)
                                       : end_pair(op, plan, all, answer);
    if (status == FINE && answer->value < 0.0) answer->value = 0.0;
    return status;
}

static Plan new_plan(double order, double tolerance) {
    Plan plan = {order, tolerance, 0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0};
    return plan;
}

static int whole_row(int op, Plan plan, const Row *p, const Row *q, Py_ssize_t n, Answer *answer) {
    int status;
    do {
        Gathered all;
        gather(op, &plan, p, q, 0, n, &all);
        status = end(op, &plan, &all, answer);
    } while (status == AGAIN);
    return status;
}

/* ---------------------------------------------------------------------------------------------- from logits */

/* The largest logit, and whether one is NaN or +inf. */
INLINE double largest_of(const Row *row, Py_ssize_t n, int *bad) {
    double space[BLOCK], best[LANES];
    int64_t wrong = 0;
    for (int j = 0; j < LANES; j++) best[j] = -INFINITY;
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
        const double *x = block(row, i, k, m, -INFINITY, space);
        for (int b = 0; b < m; b += LANES)
            for (int j = 0; j < LANES; j++) best[j] = x[b + j] > best[j] ? x[b + j] : best[j];
        for (int j = 0; j < m; j++) wrong |= !(x[j] < INFINITY);
    }
    double top = -INFINITY;
    for (int j = 0; j < LANES; j++) top = best[j] > top ? best[j] : top;
    *bad |= wrong != 0 || top == -INFINITY;
    return top;
}

/* e^(x - top) of a block with one of the largest left out, the first time it is met */
INLINE void leave_one_out(double *e, const double *x, double top, int m, int *left) {
    if (*left) return;
    for (int j = 0; j < m; j++)
        if (x[j] == top) {
            e[j] = 0.0;
            *left = 1;
            return;
        }
}

/* log p and log q are never formed: sum p (logZ - s) has terms >= 0 for s = x - largest <= 0 */
CLONES static int logit_row(int op, const Row *row_a, const Row *row_b, Py_ssize_t n, double *kept, double *value) {
    double space_a[BLOCK], space_b[BLOCK], e[BLOCK], t[BLOCK], f[BLOCK], g[BLOCK];
    Lanes sum_a, sum_b, spread;
    int bad = 0, two = op != ENTROPY, left_a = 0, left_b = 0, infinite = 0;
    double top_a = largest_of(row_a, n, &bad), top_b = two ? largest_of(row_b, n, &bad) : 0.0;
    if (bad) return BAD;
    memset(&sum_a, 0, sizeof sum_a);
    memset(&sum_b, 0, sizeof sum_b);
    memset(&spread, 0, sizeof spread);
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
        const double *a = block(row_a, i, k, m, -INFINITY, space_a);
        const double *b = two ? block(row_b, i, k, m, -INFINITY, space_b) : a;
        powers_below(a, top_a, row_a->is_float, m, e);
        if (kept) memcpy(kept + i, e, (size_t)k * sizeof(double));
        if (op == ENTROPY)
            for (int j = 0; j < m; j++) t[j] = e[j] > 0.0 ? e[j] * (top_a - a[j]) : 0.0;
        if (op == CROSS_ENTROPY) {
            int64_t lost = 0;
            for (int j = 0; j < m; j++) {
                double y = e[j] * (top_b - b[j]);
                t[j] = e[j] > 0.0 ? y : 0.0;
                lost |= (a[j] > -INFINITY) & (b[j] == -INFINITY);
            }
            infinite |= lost != 0;
        }
        if (op != KL) add_block(&spread, t, m);
        leave_one_out(e, a, top_a, m, &left_a);
        add_block(&sum_a, e, m);
        if (two) {
            powers_below(b, top_b, row_b->is_float, m, e);
            if (kept) memcpy(kept + n + i, e, (size_t)k * sizeof(double));
            leave_one_out(e, b, top_b, m, &left_b);
            add_block(&sum_b, e, m);
        }
    }
    double others_a, others_b, lo, total, total_lo;
    add_lanes(&sum_a, &others_a, &lo);
    add_lanes(&sum_b, &others_b, &lo);
    add_lanes(&spread, &total, &total_lo);
    double log_a = log1p(others_a), log_b = log1p(others_b);
    if (op != KL) {
        *value = (op == ENTROPY ? log_a : log_b) + total / (1.0 + others_a);
        if (infinite) *value = INFINITY;
        return FINE;
    }
    /* log(q/p) = (b - a) - (shift + log_b - log_a) - log(1 + excess): the constant is only rounded, and excess mends it */
    double shift = top_b - top_a, turned = shift - top_b, shift_rest = (top_b - (shift - turned)) - (top_a + turned);
    double scale_a = 1.0 / (1.0 + others_a), scale_b = 1.0 / (1.0 + others_b);
    Lanes terms, excesses;
    memset(&terms, 0, sizeof terms);
    memset(&excesses, 0, sizeof excesses);
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
        int64_t lost = 0;
        const double *a = block(row_a, i, k, m, -INFINITY, space_a);
        const double *b = block(row_b, i, k, m, -INFINITY, space_b);
        if (kept) {
            memcpy(e, kept + i, (size_t)k * sizeof(double));
            memcpy(g, kept + n + i, (size_t)k * sizeof(double));
            for (int j = k; j < m; j++) e[j] = g[j] = 0.0;
        } else {
            powers_below(a, top_a, row_a->is_float, m, e);
            powers_below(b, top_b, row_b->is_float, m, g);
        }
        for (int j = 0; j < m; j++) {
            double p = e[j] * scale_a, q = g[j] * scale_b;
            int both = (a[j] > -INFINITY) & (b[j] > -INFINITY);
            double x = both ? a[j] : 0.0, y = both ? b[j] : 0.0;
            /* y - x = step + rest exactly; held within the doubles */
            double step = y - x, back = step - y, rest = (y - (step - back)) - (x + back);
            step = step > DBL_MAX ? DBL_MAX : step < -DBL_MAX ? -DBL_MAX : step;
            rest = fabs(rest) < 1e290 ? rest : 0.0;
            double r = ((step - shift) + (rest - shift_rest)) - (log_b - log_a);
            int near = fabs(r) < 0.35;
            double tail = expm1_tail(r), close = p * tail, close_excess = p * (r + tail);
            double far = (q - p) - p * r, far_excess = q - p;
            close = near ? close : far;
            close_excess = near ? close_excess : far_excess;
            t[j] = both ? close : q;
            f[j] = both ? close_excess : q;
            lost |= (a[j] > -INFINITY) & (b[j] == -INFINITY);
        }
        infinite |= lost != 0;
        add_block(&terms, t, m);
        add_block(&excesses, f, m);
    }
    double excess, excess_lo;
    add_lanes(&terms, &total, &total_lo);
    add_lanes(&excesses, &excess, &excess_lo);
    *value = total + log1pmx(excess + excess_lo);
    if (infinite) *value = INFINITY;
    if (*value < 0.0) *value = 0.0;
    return FINE;
}

/* ---------------------------------------------------------------------------------------------- the Python side */

enum { DIMENSIONS = 64, KEPT = 1 << 17 };

static const char *const NAMES[OPS] = {"entropy", "power", "cross_entropy", "kl_divergence", "js_divergence", "total_variation",
                                       "squared_hellinger", "chi_squared_divergence", "jeffreys_divergence", "alpha_divergence"};

static int as_row(PyObject *array, Py_buffer *buffer, Row *row) {
    if (PyObject_GetBuffer(array, buffer, PyBUF_STRIDES | PyBUF_FORMAT) < 0) return 0;
    char kind = buffer->format ? buffer->format[0] : 'B';
    if ((kind != 'd' && kind != 'f') || buffer->format[1] || buffer->ndim < 1 || buffer->ndim > DIMENSIONS) {
        PyBuffer_Release(buffer);
        PyErr_SetString(PyExc_TypeError, "an array of native float32 or float64 is needed");
        return 0;
    }
    row->at = buffer->buf;
    row->stride = buffer->strides[buffer->ndim - 1];
    row->is_float = kind == 'f';
    return 1;
}

/* The address of a row by its number; the last axis holds the outcomes. */
static const char *row_at(const Py_buffer *buffer, Py_ssize_t number) {
    const char *at = buffer->buf;
    for (int axis = buffer->ndim - 2; axis >= 0; axis--) {
        at += (number % buffer->shape[axis]) * buffer->strides[axis];
        number /= buffer->shape[axis];
    }
    return at;
}

static int same_shape(const Py_buffer *p, const Py_buffer *q) {
    if (p->ndim == q->ndim && memcmp(p->shape, q->shape, (size_t)p->ndim * sizeof *p->shape) == 0) return 1;
    PyErr_SetString(PyExc_ValueError, "the two arrays should have one shape");
    return 0;
}

/* the arrays of a call; q is None, or the same as p, for a measure of one distribution */
typedef struct {
    Py_buffer p, q;
    Row row_p, row_q;
    int two;
} Pair;

static int open_pair(PyObject *p, PyObject *q, int op, Pair *pair) {
    pair->two = q != Py_None;
    if (op < 0 || op >= OPS || (op >= CROSS_ENTROPY && !pair->two)) {
        PyErr_SetString(PyExc_ValueError, "no such kernel");
        return 0;
    }
    if (!as_row(p, &pair->p, &pair->row_p)) return 0;
    pair->row_q = pair->row_p;
    if (!pair->two) return 1;
    if (as_row(q, &pair->q, &pair->row_q)) {
        if (same_shape(&pair->p, &pair->q)) return 1;
        PyBuffer_Release(&pair->q);
    }
    PyBuffer_Release(&pair->p);
    return 0;
}

static void close_pair(Pair *pair) {
    PyBuffer_Release(&pair->p);
    if (pair->two) PyBuffer_Release(&pair->q);
}

static int writable(PyObject *array, Py_buffer *buffer) {
    return PyObject_GetBuffer(array, buffer, PyBUF_WRITABLE | PyBUF_FORMAT | PyBUF_ND) == 0;
}

PyDoc_STRVAR(rows_doc, "rows(op, order, tolerance, logits, p, q, out, start, stop) -> int\n\n"
                       "The measure, and those that come with it, of rows start to stop into out, float64 (rows, 3).\n"
                       "Returns the number of the first row that is no distribution, or -1.");

static PyObject *rows(PyObject *module, PyObject *arguments) {
    int op, logits;
    double order, tolerance;
    PyObject *p, *q, *out;
    Py_ssize_t start, stop, wrong = -1;
    Pair pair;
    Py_buffer answer;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "iddpOOOnn", &op, &order, &tolerance, &logits, &p, &q, &out, &start, &stop)) return NULL;
    if (!open_pair(p, q, op, &pair)) return NULL;
    if (!writable(out, &answer)) {
        close_pair(&pair);
        return NULL;
    }
    Py_ssize_t n = pair.p.shape[pair.p.ndim - 1];
    Answer *answers = answer.buf;
    if (stop > answer.len / (Py_ssize_t)sizeof(Answer)) {
        PyErr_SetString(PyExc_ValueError, "out is too short");
        wrong = -2;
    } else {
        /* the exponentials of a row, kept for its second reading; without room they are taken again */
        double *kept = logits && op == KL && n <= KEPT ? malloc(2 * (size_t)n * sizeof(double)) : NULL;
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t i = start; i < stop && wrong < 0; i++) {
            pair.row_p.at = row_at(&pair.p, i);
            pair.row_q.at = pair.two ? row_at(&pair.q, i) : pair.row_p.at;
            int status = logits ? logit_row(op, &pair.row_p, &pair.row_q, n, kept, &answers[i].value)
                                : whole_row(op, new_plan(order, tolerance), &pair.row_p, &pair.row_q, n, answers + i);
            if (status == BAD) wrong = i;
        }
        Py_END_ALLOW_THREADS;
        free(kept);
    }
    PyBuffer_Release(&answer);
    close_pair(&pair);
    return wrong == -2 ? NULL : PyLong_FromSsize_t(wrong);
}

PyDoc_STRVAR(part_doc, "part(op, plan, p, q, start, stop, out, at)\n\n"
                       "What is gathered from outcomes start to stop of one row, into row `at` of out, float64 (parts, WIDTH).");

static PyObject *part(PyObject *module, PyObject *arguments) {
    int op;
    PyObject *plan_bytes, *p, *q, *out;
    Py_ssize_t start, stop, at;
    Pair pair;
    Py_buffer answer;
    Plan plan;
    char *raw;
    Py_ssize_t length;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "iOOOnnOn", &op, &plan_bytes, &p, &q, &start, &stop, &out, &at)) return NULL;
    if (PyBytes_AsStringAndSize(plan_bytes, &raw, &length) < 0) return NULL;
    if (length != (Py_ssize_t)sizeof plan) {
        PyErr_SetString(PyExc_ValueError, "no plan of these kernels");
        return NULL;
    }
    memcpy(&plan, raw, sizeof plan);
    if (!open_pair(p, q, op, &pair)) return NULL;
    if (!writable(out, &answer)) {
        close_pair(&pair);
        return NULL;
    }
    int fits = (at + 1) * (Py_ssize_t)sizeof(Gathered) <= answer.len && start >= 0 && stop <= pair.p.shape[pair.p.ndim - 1];
    if (fits) {
        Py_BEGIN_ALLOW_THREADS;
        gather(op, &plan, &pair.row_p, &pair.row_q, start, stop, (Gathered *)answer.buf + at);
        Py_END_ALLOW_THREADS;
    } else {
        PyErr_SetString(PyExc_ValueError, "part out of range");
    }
    PyBuffer_Release(&answer);
    close_pair(&pair);
    if (!fits) return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(merged_doc, "merged(op, plan, parts) -> (status, plan, values)\n\n"
                         "The parts of one row put together: 0 done, 1 no distribution, 2 to be gathered again under the plan.");

static PyObject *merged(PyObject *module, PyObject *arguments) {
    int op;
    PyObject *plan_bytes, *parts;
    char *raw;
    Py_ssize_t length;
    Py_buffer buffer;
    Plan plan;
    Gathered all;
    Answer answer = {0.0, 0.0, 0.0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "iOO", &op, &plan_bytes, &parts)) return NULL;
    if (PyBytes_AsStringAndSize(plan_bytes, &raw, &length) < 0 || length != (Py_ssize_t)sizeof plan) return NULL;
    memcpy(&plan, raw, sizeof plan);
    if (PyObject_GetBuffer(parts, &buffer, PyBUF_ND) < 0) return NULL;
    const Gathered *part = buffer.buf;
    memset(&all, 0, sizeof all);
    for (Py_ssize_t i = 0; i < buffer.len / (Py_ssize_t)sizeof(Gathered); i++) merge(&all, part + i);
    PyBuffer_Release(&buffer);
    int status = end(op, &plan, &all, &answer);
    return Py_BuildValue("(iy#(ddd))", status, (const char *)&plan, (Py_ssize_t)sizeof plan, answer.value, answer.second,
                         answer.third);
}

PyDoc_STRVAR(plan_doc, "plan(order, tolerance) -> bytes");

static PyObject *plan_of(PyObject *module, PyObject *arguments) {
    double order, tolerance;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "dd", &order, &tolerance)) return NULL;
    Plan plan = new_plan(order, tolerance);
    return PyBytes_FromStringAndSize((const char *)&plan, (Py_ssize_t)sizeof plan);
}

static PyMethodDef METHODS[] = {{"rows", rows, METH_VARARGS, rows_doc},
                                {"part", part, METH_VARARGS, part_doc},
                                {"merged", merged, METH_VARARGS, merged_doc},
                                {"plan", plan_of, METH_VARARGS, plan_doc},
                                {"pair_rows", pair_rows, METH_VARARGS, pair_rows_doc},
                                {"tempered_rows", tempered_rows, METH_VARARGS, tempered_rows_doc},
                                {"pairs", pairs, METH_VARARGS, pairs_doc},
                                {NULL, NULL, 0, NULL}};

static struct PyModuleDef MODULE = {PyModuleDef_HEAD_INIT, "_kernels", "Fused kernels of the measures, in nats.", -1, METHODS,
                                    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__kernels(void) {
    PyObject *module = PyModule_Create(&MODULE);
    if (!module) return NULL;
    for (int op = 0; op < OPS; op++)
        if (PyModule_AddIntConstant(module, NAMES[op], op) < 0) return NULL;
    if (add_pairs(module) < 0) return NULL;
    if (PyModule_AddIntConstant(module, "WIDTH", WIDTH) < 0) return NULL;
    return module;
}
