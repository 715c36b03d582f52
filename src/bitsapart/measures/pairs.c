/* What two rows of logits say of each other, everything in three readings: the largest logits; exponentials and their
   sums; the terms of the divergences. logit_pairs.py has the formulas and says why; this is the same in the form that
   compilers turn into vector instructions. In nats, in double precision, whatever the logits are stored in.
*/

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <float.h>
#include <stdlib.h>

#include "arithmetic.h"
#include "pairs.h"

enum { TOP = 5, TERMS = 5 };

/* The columns of the answers, in the order of LogitPairs. */
enum { ENTROPY, KL, REVERSE, JS, VARIATION, MOST_P, MOST_Q, P_OF_Q, Q_OF_P, SURPRISAL_P, SURPRISAL_Q, NUMBERS };
enum { TOP_P, TOP_Q, COMMON, MARKS };

/* ---------------------------------------------------------------------------------------------- reading */

enum Kind { HALF, BRAIN, SINGLE, DOUBLE };

/* A row of numbers, one beside the other. */
typedef struct {
    const char *at;
    enum Kind kind;
} Logits;

INLINE float float_from(uint32_t b) {
    float x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* IEEE half precision by its bits: the exponent moved, and below 2^-14 the number beside 2^-14 less 2^-14 */
INLINE float from_half(uint16_t h) {
    uint32_t held = (uint32_t)(h & 0x7fff) << 13, sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t large = held + (held >= 0x0f800000 ? 0x70000000 : 0x38000000), beside = held + 0x38800000;
    float small = float_from(beside) - 0x1p-14f, normal = float_from(large), size = held < 0x00800000 ? small : normal;
    return sign ? -size : size;
}

/* the upper half of a float */
INLINE float from_brain(uint16_t b) { return float_from((uint32_t)b << 16); }

/* A row of 16-bit numbers as floats, in `space`; others where they lie. */
CLONES static Logits widened(Logits row, Py_ssize_t n, float *space) {
    const uint16_t *h = (const uint16_t *)row.at;
    if (row.kind == SINGLE || row.kind == DOUBLE) return row;
    if (row.kind == HALF)
        for (Py_ssize_t i = 0; i < n; i++) space[i] = from_half(h[i]);
    else
        for (Py_ssize_t i = 0; i < n; i++) space[i] = from_brain(h[i]);
    Logits wide = {(const char *)space, SINGLE};
    return wide;
}

INLINE double logit_at(const Logits *row, Py_ssize_t place) {
    return row->kind == DOUBLE ? ((const double *)row->at)[place] : ((const float *)row->at)[place];
}

/* A block as doubles: where it lies, or copied into `space`; n numbers, then -inf up to m. */
INLINE const double *load(const Logits *row, Py_ssize_t start, int n, int m, double *space) {
    if (row->kind == DOUBLE) {
        const double *d = (const double *)row->at + start;
        if (n == m) return d;
        memcpy(space, d, (size_t)n * sizeof(double));
    } else {
        const float *f = (const float *)row->at + start;
        for (int i = 0; i < n; i++) space[i] = f[i];
    }
    for (int i = n; i < m; i++) space[i] = -INFINITY;
    return space;
}

/* ---------------------------------------------------------------------------------------------- the largest */

/* The largest logits of a row in falling order, of equal ones the first. */
typedef struct {
    double logit[TOP];
    Py_ssize_t place[TOP];
    int held;
} Best;

static void insert(Best *best, double logit, Py_ssize_t place) {
    int at = best->held < TOP ? best->held++ : TOP - 1;
    for (; at > 0 && logit > best->logit[at - 1]; at--) {
        best->logit[at] = best->logit[at - 1];
        best->place[at] = best->place[at - 1];
    }
    best->logit[at] = logit;
    best->place[at] = place;
}

/* Whether one of n numbers is above `least`, and whether one is NaN or +inf, in the precision that they have. */
INLINE int any_above(const Logits *row, Py_ssize_t start, int n, double least, int *wrong) {
    if (row->kind == DOUBLE) {
        const double *x = (const double *)row->at + start;
        int64_t bad = 0, above = 0;
        for (int j = 0; j < n; j++) {
            bad |= !(x[j] < INFINITY);
            above |= x[j] > least;
        }
        *wrong |= bad != 0;
        return above != 0;
    }
    const float *x = (const float *)row->at + start, single = (float)least;
    int32_t bad = 0, above = 0;
    for (int j = 0; j < n; j++) {
        bad |= !(x[j] < INFINITY);
        above |= x[j] > single;
    }
    *wrong |= bad;
    return above;
}

/* The five largest of a row, and whether these are logits: no NaN, no +inf, not all -inf. A block is looked through only
   if something in it is above the fifth so far. */
INLINE int largest_five(const Logits *row, Py_ssize_t n, Best *best) {
    int wrong = 0;
    best->held = 0;
    for (Py_ssize_t i = 0; i < n && i < TOP; i++) insert(best, logit_at(row, i), i);
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        Py_ssize_t end = n - i < BLOCK ? n : i + BLOCK;
        if (!any_above(row, i, (int)(end - i), best->logit[best->held - 1], &wrong)) continue;
        for (Py_ssize_t j = i < TOP ? TOP : i; j < end; j++)
            if (logit_at(row, j) > best->logit[TOP - 1]) insert(best, logit_at(row, j), j);
    }
    return !wrong && best->logit[0] > -INFINITY;
}

static int common(const Best *a, const Best *b) {
    int both = 0;
    for (int i = 0; i < a->held; i++)
        for (int j = 0; j < b->held; j++) both += a->place[i] == b->place[j];
    return both;
}

/* ---------------------------------------------------------------------------------------------- exponentials */

/* One side: its row, the largest of it, e^(logit - largest), with zeros up to a multiple of LANES, room for 16-bit logits as
   floats, and the sum of the powers without the largest. */
typedef struct {
    Logits row;
    Best best;
    double *powers;
    float *wide;
    double others;
} Side;

/* The powers, kept, and their sum; also sum e^x (largest - x), all >= 0, if asked for. */
INLINE void exponentials(Side *side, Py_ssize_t n, double *spread) {
    double space[BLOCK], t[BLOCK], lo, top = side->best.logit[0];
    Py_ssize_t first = side->best.place[0];
    Lanes sum, spreads;
    memset(&sum, 0, sizeof sum);
    memset(&spreads, 0, sizeof spreads);
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
        const double *x = load(&side->row, i, k, m, space);
        double *e = side->powers + i;
        powers_below(x, top, side->row.kind != DOUBLE, m, e);
        if (spread) {
            for (int j = 0; j < m; j++) {
                double y = e[j] * (top - x[j]);
                t[j] = e[j] > 0.0 ? y : 0.0;
            }
            add_block(&spreads, t, m);
        }
        if (first >= i && first < i + k) e[first - i] = 0.0;
        add_block(&sum, e, m);
    }
    side->powers[first] = 1.0;
    add_lanes(&sum, &side->others, &lo);
    if (spread) add_lanes(&spreads, spread, &lo);
}

/* ---------------------------------------------------------------------------------------------- divergences */

/* (u tanh u - log cosh u) / r^2 for u = r / 2, |r| <= 0.35, z = r^2: interpolated at Chebyshev nodes in 60 digits,
   relative error 2e-17 */
INLINE double js_series(double z) {
    double t = 1.9488202590326135e-07;
    t = t * z - 1.9820983275549248e-06;
    t = t * z + 1.9221109075952214e-05;
    t = t * z - 0.0001844618003718011;
    t = t * z + 0.0017361111110053276;
    t = t * z - 0.01562499999999919;
    return t * z + 0.125;
}

/* m log(larger / m) - smaller |log(q / p)| / 2; the ratio is 2^k n / m with n within a factor of 1.42 of m */
INLINE double js_far(double p, double q, double distance) {
    double m = 0.5 * (p + q), larger = p > q ? p : q, smaller = p > q ? q : p;
    int twice = larger > 1.4142135623730951 * m;
    double n = twice ? 0.5 * larger : larger, s = (n - m) / (n + m + DBL_MIN), z = s * s;
    double logarithm = (twice ? LN2 : 0.0) + (2.0 * s + s * z * twice_atanh_tail(z));
    return m * logarithm - 0.5 * smaller * distance;
}

/* log Z_b - log Z_a beyond the shift of the largest logits */
static double gap_of_logs(double others_a, double others_b) {
    double gap = others_b - others_a, less = gap < 0.0 ? others_b : others_a;
    return copysign(log1p(fabs(gap) / (1.0 + less)), gap);
}

/* what the rounding of a sum may have left outside of a measure's range */
static double within(double x, double high) { return x < 0.0 ? 0.0 : x > high ? high : x; }

#define NEAR 0.35
#define FAR 1e300

/* log(q / p) = (b - a) - shift - gap, the shift with what its rounding lost; apart: a b - a for what one side excludes */
typedef struct {
    double scale_a, scale_b, shift, shift_rest, gap, apart;
} Between;

static Between between(const Side *a, const Side *b, double gap) {
    double top_a = a->best.logit[0], top_b = b->best.logit[0], shift = top_b - top_a, turned = shift - top_b;
    double rest = (top_b - (shift - turned)) - (top_a + turned);
    double apart = shift > 0.0 ? -FAR : FAR;
    Between c = {1.0 / (1.0 + a->others), 1.0 / (1.0 + b->others), shift, rest, gap, apart};
    return c;
}

/* log(q / p) in a block of logits x and y. Whether some are far; whether an outcome that is possible in one row is excluded
   (-inf) in the other. */
INLINE int ratios(const double *x, const double *y, int m, Between c, int narrow, double *ratio, int64_t *lost_by_a,
                  int64_t *lost_by_b) {
    int64_t lost_a = 0, lost_b = 0, far = 0;
    for (int j = 0; j < m; j++) {
        int both = (x[j] > -INFINITY) & (y[j] > -INFINITY);
        double from = both ? x[j] : 0.0, to = both ? y[j] : c.apart;
        /* to - from = step + rest exactly; doubles are held within their range */
        double step = to - from, back = step - to, rest = (to - (step - back)) - (from + back);
        if (!narrow) {
            step = step > DBL_MAX ? DBL_MAX : step < -DBL_MAX ? -DBL_MAX : step;
            rest = fabs(rest) < 1e290 ? rest : 0.0;
        }
        double r = ((step - c.shift) + (rest - c.shift_rest)) - c.gap;
        if (!narrow) r = r > DBL_MAX ? DBL_MAX : r < -DBL_MAX ? -DBL_MAX : r;
        ratio[j] = r;
        far |= !(fabs(r) < NEAR);
        lost_b |= (x[j] > -INFINITY) & (y[j] == -INFINITY);
        lost_a |= (y[j] > -INFINITY) & (x[j] == -INFINITY);
    }
    *lost_by_a |= lost_a;
    *lost_by_b |= lost_b;
    return far != 0;
}

/* The terms of KL, its reverse, JS, |d| and d = q - p as they are near p = q. */
INLINE void near_terms(const double *e, int m, Between c, const double *ratio, double t[TERMS][BLOCK]) {
    for (int j = 0; j < m; j++) {
        double p = e[j] * c.scale_a, r = ratio[j], tail = expm1_tail(r), rise = r + tail, d = p * rise, z = r * r;
        t[0][j] = p * tail;
        t[1][j] = p * (r * rise - tail);
        t[2][j] = (p + 0.5 * d) * (js_series(z) * z);
        t[3][j] = fabs(d);
        t[4][j] = d;
    }
}

/* The same terms where they are far. */
INLINE void far_terms(const double *e, const double *g, int m, Between c, const double *ratio, double t[TERMS][BLOCK]) {
    for (int j = 0; j < m; j++) {
        double p = e[j] * c.scale_a, q = g[j] * c.scale_b, r = ratio[j], d = q - p;
        int near = fabs(r) < NEAR;
        double kl = d - p * r, reverse = q * r - d, js = js_far(p, q, fabs(r));
        t[0][j] = near ? t[0][j] : kl;
        t[1][j] = near ? t[1][j] : reverse;
        t[2][j] = near ? t[2][j] : js;
        t[3][j] = near ? t[3][j] : fabs(d);
        t[4][j] = near ? t[4][j] : d;
    }
}

/* The four divergences by a gap of the logarithms; gives sum q - 1 by these ratios. */
INLINE double divergences(const Side *a, const Side *b, int narrow, Py_ssize_t n, double gap, double *numbers) {
    double space_a[BLOCK], space_b[BLOCK], ratio[BLOCK], t[TERMS][BLOCK], found[TERMS], lo;
    int64_t lost_by_a = 0, lost_by_b = 0;
    Between c = between(a, b, gap);
    Lanes sums[TERMS];
    memset(sums, 0, sizeof sums);
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
        const double *x = load(&a->row, i, k, m, space_a), *y = load(&b->row, i, k, m, space_b);
        const double *e = a->powers + i, *g = b->powers + i;
        int far = ratios(x, y, m, c, narrow, ratio, &lost_by_a, &lost_by_b);
        near_terms(e, m, c, ratio, t);
        if (far) far_terms(e, g, m, c, ratio, t);
        for (int s = 0; s < TERMS; s++) add_block(&sums[s], t[s], m);
    }
    for (int s = 0; s < TERMS; s++) {
        add_lanes(&sums[s], &found[s], &lo);
        found[s] += lo;
    }
    numbers[KL] = within(lost_by_b ? INFINITY : found[0], INFINITY);
    numbers[REVERSE] = within(lost_by_a ? INFINITY : found[1], INFINITY);
    numbers[JS] = within(found[2], LN2);
    numbers[VARIATION] = within(0.5 * found[3], 1.0);
    return found[4];
}

/* ---------------------------------------------------------------------------------------------- rows */

static double surprisal(const Side *side, int64_t label) {
    if (label < 0) return NAN;
    return (side->best.logit[0] - logit_at(&side->row, (Py_ssize_t)label)) + log1p(side->others);
}

/* What shows of the rounding of the gap, and how often it is mended. */
#define SEEN 1e-12
enum { TURNS = 3 };

CLONES static void pair_row(Side *a, Side *b, Py_ssize_t n, int64_t label, double *numbers, int64_t *marks) {
    double spread;
    int narrow = a->row.kind != DOUBLE && b->row.kind != DOUBLE, good = largest_five(&a->row, n, &a->best);
    good = largest_five(&b->row, n, &b->best) && good;
    if (!good) {
        for (int i = 0; i < NUMBERS; i++) numbers[i] = NAN;
        for (int i = 0; i < MARKS; i++) marks[i] = -1;
        return;
    }
    exponentials(a, n, &spread);
    exponentials(b, n, NULL);
    numbers[VARIATION] = 0.0;
    double gap = gap_of_logs(a->others, b->others), excess = INFINITY;
    for (int turn = 0; turn < TURNS && fabs(excess) > SEEN * numbers[VARIATION]; turn++) {
        excess = narrow ? divergences(a, b, 1, n, gap, numbers) : divergences(a, b, 0, n, gap, numbers);
        gap += log1p(excess);
    }
    double sum_a = 1.0 + a->others, sum_b = 1.0 + b->others;
    numbers[ENTROPY] = log1p(a->others) + spread / sum_a;
    numbers[MOST_P] = 1.0 / sum_a;
    numbers[MOST_Q] = 1.0 / sum_b;
    numbers[P_OF_Q] = a->powers[b->best.place[0]] / sum_a;
    numbers[Q_OF_P] = b->powers[a->best.place[0]] / sum_b;
    numbers[SURPRISAL_P] = surprisal(a, label);
    numbers[SURPRISAL_Q] = surprisal(b, label);
    marks[TOP_P] = a->best.place[0];
    marks[TOP_Q] = b->best.place[0];
    marks[COMMON] = common(&a->best, &b->best);
}

/* log sum e^(beta (b - largest)) + beta sum p (largest - b) for each beta; b's powers give room for largest - b */
CLONES static void tempered_row(Side *a, Side *b, Py_ssize_t n, const double *betas, Py_ssize_t count, double *out) {
    double space_a[BLOCK], space_b[BLOCK], t[BLOCK], mean, lo;
    int64_t lost = 0;
    int good = largest_five(&a->row, n, &a->best);
    good = largest_five(&b->row, n, &b->best) && good;
    if (!good) {
        for (Py_ssize_t i = 0; i < count; i++) out[i] = NAN;
        return;
    }
    exponentials(a, n, NULL);
    Lanes sum;
    memset(&sum, 0, sizeof sum);
    for (Py_ssize_t i = 0; i < n; i += BLOCK) {
        int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
        const double *x = load(&a->row, i, k, m, space_a), *y = load(&b->row, i, k, m, space_b), *e = a->powers + i;
        double *room = b->powers + i;
        for (int j = 0; j < m; j++) {
            double below = b->best.logit[0] - y[j], z = e[j] * below;
            room[j] = below;
            t[j] = e[j] > 0.0 ? z : 0.0;
            lost |= (x[j] > -INFINITY) & (y[j] == -INFINITY);
        }
        add_block(&sum, t, m);
    }
    add_lanes(&sum, &mean, &lo);
    mean = lost ? INFINITY : mean / (1.0 + a->others);
    b->powers[b->best.place[0]] = INFINITY; /* one of the largest left out of the sums */
    for (Py_ssize_t c = 0; c < count; c++) {
        double others;
        memset(&sum, 0, sizeof sum);
        for (Py_ssize_t i = 0; i < n; i += BLOCK) {
            int k = n - i < BLOCK ? (int)(n - i) : BLOCK, m = (k + LANES - 1) / LANES * LANES;
            const double *below = b->powers + i;
            for (int j = 0; j < m; j++) t[j] = exp_of(-betas[c] * below[j]);
            add_block(&sum, t, m);
        }
        add_lanes(&sum, &others, &lo);
        out[c] = log1p(others) + betas[c] * mean;
    }
}

/* ---------------------------------------------------------------------------------------------- the Python side */

/* The arrays of a call, and what is needed for one row of each. */
typedef struct {
    Py_buffer p, q;
    enum Kind kind_p, kind_q;
    Side a, b;
    Py_ssize_t rows, outcomes;
    double *room;
} Call;

/* Two dimensions, a row's numbers one beside the other. */
static int side_of(PyObject *array, Py_buffer *buffer, enum Kind *kind) {
    static const char FORMATS[] = {[HALF] = 'e', [BRAIN] = 'H', [SINGLE] = 'f', [DOUBLE] = 'd', [DOUBLE + 1] = '\0'};
    if (PyObject_GetBuffer(array, buffer, PyBUF_STRIDES | PyBUF_FORMAT) < 0) return 0;
    const char *known = buffer->format && buffer->format[0] && !buffer->format[1] ? strchr(FORMATS, buffer->format[0]) : NULL;
    if (!known || buffer->ndim != 2 || (buffer->strides[1] != buffer->itemsize && buffer->shape[1] != 1)) {
        PyBuffer_Release(buffer);
        PyErr_SetString(PyExc_TypeError, "rows of native float16, bfloat16 (as uint16), float32 or float64 are needed");
        return 0;
    }
    *kind = (enum Kind)(known - FORMATS);
    return 1;
}

static int open_call(PyObject *p, PyObject *q, Call *call) {
    if (!side_of(p, &call->p, &call->kind_p)) return 0;
    if (!side_of(q, &call->q, &call->kind_q)) {
        PyBuffer_Release(&call->p);
        return 0;
    }
    call->rows = call->p.shape[0];
    call->outcomes = call->p.shape[1];
    size_t padded = ((size_t)call->outcomes + LANES - 1) / LANES * LANES;
    call->room = malloc(2 * padded * (sizeof(double) + sizeof(float)));
    call->a.powers = call->room;
    call->b.powers = call->room + padded;
    call->a.wide = (float *)(call->room + 2 * padded);
    call->b.wide = call->a.wide + padded;
    if (call->room && call->outcomes > 0 && call->q.shape[0] == call->rows && call->q.shape[1] == call->outcomes) return 1;
    if (call->room)
        PyErr_SetString(PyExc_ValueError, "the two arrays should have one shape, with outcomes");
    else
        PyErr_NoMemory();
    free(call->room);
    PyBuffer_Release(&call->p);
    PyBuffer_Release(&call->q);
    return 0;
}

static void close_call(Call *call) {
    free(call->room);
    PyBuffer_Release(&call->p);
    PyBuffer_Release(&call->q);
}

static void to_row(Call *call, Py_ssize_t i) {
    Logits a = {(const char *)call->p.buf + i * call->p.strides[0], call->kind_p};
    Logits b = {(const char *)call->q.buf + i * call->q.strides[0], call->kind_q};
    call->a.row = widened(a, call->outcomes, call->a.wide);
    call->b.row = widened(b, call->outcomes, call->b.wide);
}

/* A flat array of 8-byte numbers, of the given length. */
static int numbers_of(PyObject *array, int flags, Py_ssize_t length, Py_buffer *buffer) {
    if (PyObject_GetBuffer(array, buffer, flags | PyBUF_ND) < 0) return 0;
    if (buffer->len == length * 8) return 1;
    PyBuffer_Release(buffer);
    PyErr_SetString(PyExc_ValueError, "an array of another size is needed");
    return 0;
}

const char pair_rows_doc[] = "pair_rows(p, q, labels, numbers, marks)\n\n"
                             "The numbers, float64 (rows, 11), and marks, int64 (rows, 3), of rows of logits; labels int64, < 0 for none.";

PyObject *pair_rows(PyObject *module, PyObject *arguments) {
    PyObject *p, *q, *given, *out, *out_marks;
    Py_buffer labels, numbers, marks;
    Call call;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOOOO", &p, &q, &given, &out, &out_marks)) return NULL;
    if (!open_call(p, q, &call)) return NULL;
    int good = 0;
    if (numbers_of(given, PyBUF_SIMPLE, call.rows, &labels)) {
        if (numbers_of(out, PyBUF_WRITABLE, call.rows * NUMBERS, &numbers)) {
            if (numbers_of(out_marks, PyBUF_WRITABLE, call.rows * MARKS, &marks)) {
                good = 1;
                Py_BEGIN_ALLOW_THREADS;
                for (Py_ssize_t i = 0; i < call.rows; i++) {
                    int64_t label = ((const int64_t *)labels.buf)[i];
                    to_row(&call, i);
                    pair_row(&call.a, &call.b, call.outcomes, label < call.outcomes ? label : -1,
                             (double *)numbers.buf + i * NUMBERS, (int64_t *)marks.buf + i * MARKS);
                }
                Py_END_ALLOW_THREADS;
                PyBuffer_Release(&marks);
            }
            PyBuffer_Release(&numbers);
        }
        PyBuffer_Release(&labels);
    }
    close_call(&call);
    if (!good) return NULL;
    Py_RETURN_NONE;
}

const char tempered_rows_doc[] = "tempered_rows(p, q, betas, out)\n\n"
                                 "Cross-entropy of P and softmax(beta b) of rows of logits into out, float64 (rows, betas).";

PyObject *tempered_rows(PyObject *module, PyObject *arguments) {
    PyObject *p, *q, *given, *array;
    Py_buffer betas, out;
    Call call;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOOO", &p, &q, &given, &array)) return NULL;
    if (PyObject_GetBuffer(given, &betas, PyBUF_ND) < 0) return NULL;
    Py_ssize_t count = betas.len / (Py_ssize_t)sizeof(double);
    int good = 0;
    if (open_call(p, q, &call)) {
        if (numbers_of(array, PyBUF_WRITABLE, call.rows * count, &out)) {
            good = 1;
            Py_BEGIN_ALLOW_THREADS;
            for (Py_ssize_t i = 0; i < call.rows; i++) {
                to_row(&call, i);
                tempered_row(&call.a, &call.b, call.outcomes, betas.buf, count, (double *)out.buf + i * count);
            }
            Py_END_ALLOW_THREADS;
            PyBuffer_Release(&out);
        }
        close_call(&call);
    }
    PyBuffer_Release(&betas);
    if (!good) return NULL;
    Py_RETURN_NONE;
}
