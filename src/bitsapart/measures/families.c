/* Divergences of distributions that are formulas, one a pair of numbers, in nats. families/special.py has the formulas and
   says why; this is the same in the form that compilers turn into vector instructions.
*/

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <float.h>

#include "arithmetic.h"
#include "families.h"

/* Gamma functions are moved up by SHIFT, and the coefficients of 1/x, 1/x^3, ... in Stirling's series. */
enum { SHIFT = 10, SERIES = 9, MOST = 4, RESULTS = 3 };
static const double STIRLING[SERIES] = {1.0 / 12,           -1.0 / 360, 1.0 / 1260,         -1.0 / 1680,        1.0 / 1188,
                                        -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400, 43867.0 / 244188};

/* ---------------------------------------------------------------------------------------------- ratios near 1 */

/* log u and x - log u, where u = 1 + x is known to more digits than x + 1 has if x is near -1 */
INLINE double excess_of(double x, double ratio, double *logarithm) {
    double u = x < -0.5 ? ratio : 1.0 + x, k;
    int small = u < SMALLEST_NORMAL;
    double n = -minus_aligned(1.0, small ? u * 0x1p54 : u, &k);
    k = small ? k - 54.0 : k;
    double over = k == 0.0 ? x : n - 1.0, s = over / (over + 2.0), z = s * s, tail = s * z * twice_atanh_tail(z);
    double far = k * LN2_HI + (2.0 * s + (tail + k * LN2_LO));
    double found = k == 0.0 ? over * s - tail : x - far;
    *logarithm = far;
    found = u > 0.0 ? found : u == 0.0 ? INFINITY : NAN;
    return x > DBL_MAX ? x : found;
}

INLINE double excess_at(double x, double ratio) {
    double logarithm;
    return excess_of(x, ratio, &logarithm);
}

/* x - log(1 + x) for x = a / b - 1: a is 2^k n with n beside b, whatever a / b is. */
INLINE double ratio_excess(double a, double b, double *x) {
    double k, shift = a < SMALLEST_NORMAL ? -54.0 : 0.0, wide = shift < 0.0 ? a * 0x1p54 : a;
    shift = b < SMALLEST_NORMAL ? shift + 54.0 : shift;
    double base = b < SMALLEST_NORMAL ? b * 0x1p54 : b, n = -minus_aligned(base, wide, &k);
    k += shift;
    *x = (a - b) / b;
    double over = n - base, s = over / (n + base), z = s * s, tail = s * z * twice_atanh_tail(z);
    double near = *x * s - tail, far = *x - (k * LN2_HI + (2.0 * s + (tail + k * LN2_LO)));
    double found = k == 0.0 ? near : far;
    return b > 0.0 ? (a > 0.0 ? found : a == 0.0 ? INFINITY : NAN) : NAN;
}

/* if q / p is no number, it is all of the deviance */
INLINE double deviance_at(double p, double q) {
    double x, found = p * ratio_excess(q, p, &x);
    found = x > DBL_MAX ? q : found;
    return p == 0.0 ? q : q == 0.0 ? INFINITY : found;
}

/* a b - c d with full relative precision: Kahan's */
INLINE double product_difference(double a, double b, double c, double d) {
    double second = c * d, rest = fma(-c, d, second), first = fma(a, b, -second);
    return first + rest;
}

/* 2^-k for x in [2^k, 2^(k + 1)); of subnormal x, some power of two that makes it larger */
INLINE double down(double x) { return from_bits((UINT64_C(2046) << 52) - (bits_of(x) & UINT64_C(0x7ff0000000000000))); }

/* a b / (c d) - 1, and a b / (c d) */
INLINE double gap_of(double a, double b, double c, double d, double *ratio) {
    double of_c = down(c), of_d = down(d), below;
    a *= of_c, c *= of_c, b *= of_d, d *= of_d;
    below = c * d;
    *ratio = a * b / below;
    double near = product_difference(a, b, c, d) / below;
    return *ratio < 2.0 ? near : *ratio - 1.0;
}

/* ---------------------------------------------------------------------------------------------- gamma functions */

/* Sum c_n S_n, given 1 / a and 1 / b. */
INLINE double remainder_sum(double a, double b) {
    double power = b, inner = b, outer = b, total = STIRLING[0] * b;
    for (int i = 1; i < SERIES; i++) {
        for (int turn = 0; turn < 2; turn++) {
            power *= b;
            inner = inner * a + power;
            outer = outer * a + inner;
        }
        total += STIRLING[i] * outer;
    }
    return total;
}

/* The Bregman divergence of -log(x) / 2 + sum c_n x^-n, for large a and b. */
INLINE double stirling_bregman(double a, double b, double step) {
    double inverse = 1.0 / a, t = step * inverse;
    return 0.5 * excess_at(t, b * inverse) + t * (t * remainder_sum(inverse, 1.0 / b));
}

/* The Bregman divergence of (x + 1) log(1 + 1 / x); all given with their inverses. */
INLINE double shift_bregman(double b, double step, double over_a, double over_b, double over_next) {
    double r = -step * (over_b * over_next), logarithm, more = b + 1.0;
    double apart = excess_of(r, (more * over_next) * (over_b / over_a), &logarithm);
    double close = step * over_a * (step * over_b * over_next) - more * apart;
    return r < 1.0 ? close : more * logarithm + step * over_a;
}

INLINE int any_low(const double *a, const double *b, int m) {
    int64_t low = 0;
    for (int j = 0; j < m; j++) low |= (a[j] < SHIFT) | (b[j] < SHIFT);
    return low != 0;
}

INLINE void log_gamma_block(const double *a, const double *b, int m, double *out) {
    double moved[BLOCK], total[BLOCK];
    memset(moved, 0, sizeof moved);
    memset(total, 0, sizeof total);
    if (any_low(a, b, m)) {
        for (int i = 0; i < SHIFT; i++)
            for (int j = 0; j < m; j++) {
                double over = 1.0 / (a[j] + i);
                total[j] += excess_at((b[j] - a[j]) * over, (b[j] + i) * over);
            }
        for (int j = 0; j < m; j++) {
            int low = (a[j] < SHIFT) | (b[j] < SHIFT);
            moved[j] = low ? SHIFT : 0.0;
            total[j] = low ? total[j] : 0.0;
        }
    }
    for (int j = 0; j < m; j++) {
        double step = b[j] - a[j], x = a[j] + moved[j], y = b[j] + moved[j];
        out[j] = total[j] + y * excess_at(-step / y, x / y) + stirling_bregman(x, y, step);
    }
}

INLINE void shape_block(const double *a, const double *b, int m, double *out) {
    double moved[BLOCK], total[BLOCK], over_a[BLOCK];
    memset(moved, 0, sizeof moved);
    memset(total, 0, sizeof total);
    if (any_low(a, b, m)) {
        for (int j = 0; j < m; j++) over_a[j] = 1.0 / a[j];
        for (int i = 0; i < SHIFT; i++)
            for (int j = 0; j < m; j++) {
                double over_next = 1.0 / (a[j] + (i + 1)), over_b = 1.0 / (b[j] + i);
                total[j] += shift_bregman(b[j] + i, b[j] - a[j], over_a[j], over_b, over_next);
                over_a[j] = over_next;
            }
        for (int j = 0; j < m; j++) {
            int low = (a[j] < SHIFT) | (b[j] < SHIFT);
            moved[j] = low ? SHIFT : 0.0;
            total[j] = low ? total[j] : 0.0;
        }
    }
    for (int j = 0; j < m; j++)
        out[j] = total[j] + stirling_bregman(a[j] + moved[j], b[j] + moved[j], b[j] - a[j]);
}

/* ---------------------------------------------------------------------------------------------- beta functions */

/* z, y and 1 + z of a sum r + b */
INLINE double relative(double r_p, double b_p, double r_q, double b_q, double growth, double cross, double *y, double *ratio) {
    double s_p = r_p + b_p, s_q = r_q + b_q, over = 1.0 / (b_p * s_q);
    *y = growth / s_p;
    *ratio = (b_q * s_p) * over;
    return -cross * over;
}

INLINE double remainder_difference(double r_p, double b_p, double r_q, double b_q, double x, double z, double y) {
    double a = 1.0 / (r_p + b_p), b = 1.0 / (r_q + b_q), over_p = 1.0 / b_p, over_q = 1.0 / b_q;
    double more_a = r_p * over_p * a, more_b = r_q * over_q * b;
    double power = b, inner = b, outer = b, d_power = more_b, d_inner = more_b, d_outer = more_b;
    double total = STIRLING[0] * b, difference = STIRLING[0] * more_b;
    for (int i = 1; i < SERIES; i++) {
        for (int turn = 0; turn < 2; turn++) {
            d_power = d_power * over_q + more_b * power;
            power *= b;
            d_inner = d_inner * over_p + more_a * inner + d_power;
            inner = inner * a + power;
            d_outer = d_outer * over_p + more_a * outer + d_inner;
            outer = outer * a + inner;
        }
        total += STIRLING[i] * outer;
        difference += STIRLING[i] * d_outer;
    }
    return x * (x * difference) + z * (1.0 + y) * (x + y) * total;
}

INLINE double means_divergence(double a_p, double b_p, double a_q, double b_q, double cross) {
    double s_p = a_p + b_p, s_q = a_q + b_q, scaled = s_q / s_p;
    double first = a_q * excess_at(-cross / (s_p * a_q), scaled * (a_p / a_q));
    return first + b_q * excess_at(cross / (s_p * b_q), scaled * (b_p / b_q));
}

INLINE void beta_block(const double *given_a_p, const double *given_b_p, const double *given_a_q, const double *given_b_q,
                       int m, double *out) {
    double a_p[BLOCK], b_p[BLOCK], a_q[BLOCK], b_q[BLOCK], cross[BLOCK], total[BLOCK];
    for (int j = 0; j < m; j++) {
        int swapped = given_a_p[j] > given_b_p[j];
        a_p[j] = swapped ? given_b_p[j] : given_a_p[j];
        b_p[j] = swapped ? given_a_p[j] : given_b_p[j];
        a_q[j] = swapped ? given_b_q[j] : given_a_q[j];
        b_q[j] = swapped ? given_a_q[j] : given_b_q[j];
        cross[j] = product_difference(a_q[j], b_p[j], a_p[j], b_q[j]);
    }
    shape_block(a_p, a_q, m, out);
    memset(total, 0, sizeof total);
    if (any_low(b_p, b_q, m)) {
        for (int i = 0; i < SHIFT; i++)
            for (int j = 0; j < m; j++) {
                double y, ratio, rest = a_q[j] - a_p[j], growth = rest + (b_q[j] - b_p[j]);
                double z = relative(a_p[j], b_p[j] + i, a_q[j], b_q[j] + i, growth, cross[j] + i * rest, &y, &ratio);
                total[j] += excess_at(z, ratio) + y * z;
            }
    }
    for (int j = 0; j < m; j++) {
        int low = (b_p[j] < SHIFT) | (b_q[j] < SHIFT);
        double moved = low ? SHIFT : 0.0, rest = a_q[j] - a_p[j], step = b_q[j] - b_p[j], y, ratio;
        double p = b_p[j] + moved, q = b_q[j] + moved, apart = cross[j] + moved * rest;
        double z = relative(a_p[j], p, a_q[j], q, rest + step, apart, &y, &ratio);
        double means = means_divergence(a_p[j], p, a_q[j], q, apart);
        double remainder = remainder_difference(a_p[j], p, a_q[j], q, step / p, z, y);
        out[j] += (low ? total[j] : 0.0) + 0.5 * (excess_at(z, ratio) + y * z) + remainder + means;
    }
}

/* ---------------------------------------------------------------------------------------------- the blocks of an op */

enum Op { EXCESS, DEVIANCE, LOG_GAMMA, SHAPE, RATIO, NORMAL, GAMMA, BETA, INTERVAL, ROUNDED, OPS };
static const struct {
    const char *name;
    int arguments, results;
} KERNELS[OPS] = {{"excess", 2, 1},      {"deviance", 2, 1}, {"log_gamma_bregman", 2, 1}, {"shape_bregman", 2, 1},
                  {"ratio_excess", 2, 1}, {"normal", 4, 1},   {"gamma", 4, 1},             {"beta", 4, 1},
                  {"interval", 4, 3},    {"rounded", 4, 3}};

CLONES static void two_block(int op, const double *a, const double *b, int m, double *out) {
    if (op == LOG_GAMMA)
        log_gamma_block(a, b, m, out);
    else if (op == SHAPE)
        shape_block(a, b, m, out);
    else if (op == EXCESS)
        for (int j = 0; j < m; j++) out[j] = excess_at(a[j], b[j]);
    else if (op == DEVIANCE)
        for (int j = 0; j < m; j++) out[j] = deviance_at(a[j], b[j]);
    else
        for (int j = 0; j < m; j++) {
            double x;
            out[j] = ratio_excess(a[j], b[j], &x);
        }
}

/* A ratio of products below this may have lost digits. */
#define TINY 1e-290

INLINE void gamma_block(const double *shape_p, const double *rate_p, const double *shape_q, const double *rate_q, int m,
                        double *out) {
    double means[BLOCK], ratio[BLOCK];
    int64_t tiny = 0;
    shape_block(shape_p, shape_q, m, out);
    for (int j = 0; j < m; j++) {
        double x = gap_of(shape_p[j], rate_q[j], shape_q[j], rate_p[j], &ratio[j]);
        means[j] = excess_at(x, ratio[j]);
        tiny |= ratio[j] < TINY;
    }
    if (tiny)
        for (int j = 0; j < m; j++) {
            double above = log_of(shape_p[j]) + log_of(rate_q[j]), below = log_of(shape_q[j]) + log_of(rate_p[j]);
            means[j] = ratio[j] < TINY ? below - above - 1.0 : means[j];
        }
    for (int j = 0; j < m; j++) out[j] += shape_q[j] * means[j];
}

/* A value, and value - error, not below `least`, and value + error, in another unit; an infinite value has no error. The
   error is given, or as a part of the value. */
INLINE void interval_block(const double *value, const double *error, int relative, double least, double unit, int m,
                           double *out, Py_ssize_t apart) {
    double *low = out + apart, *high = low + apart, over = 1.0 / unit;
    for (int j = 0; j < m; j++) {
        double size = relative ? fabs(value[j]) * error[j] : error[j], below = value[j] - size, above = value[j] + size;
        int finite = fabs(value[j]) <= DBL_MAX;
        below = below < least ? least : below;
        out[j] = value[j] / unit;
        low[j] = (finite ? below : value[j]) * over;
        high[j] = (finite ? above : value[j]) * over;
    }
}

/* normal: mean and sd of p and q; gamma: shape and rate; beta: a and b. Further results lie `apart` from each other. */
CLONES static void four_block(int op, const double *a, const double *b, const double *c, const double *d, int m, double *out,
                              Py_ssize_t apart) {
    if (op == NORMAL)
        for (int j = 0; j < m; j++) {
            double wider, scales = ratio_excess(b[j], d[j], &wider), shift = (a[j] - c[j]) / d[j];
            out[j] = scales + 0.5 * (wider * wider + shift * shift);
        }
    else if (op == GAMMA)
        gamma_block(a, b, c, d, m, out);
    else if (op == BETA)
        beta_block(a, b, c, d, m, out);
    else
        interval_block(a, b, op == ROUNDED, c[0], d[0], m, out, apart);
}

/* ---------------------------------------------------------------------------------------------- the Python side */

/* float64 arrays, each of `length` numbers or of one */
typedef struct {
    Py_buffer buffers[MOST + 1];
    int opened;
    Py_ssize_t length;
} Columns;

static void close_columns(Columns *columns) {
    for (int i = 0; i < columns->opened; i++) PyBuffer_Release(&columns->buffers[i]);
}

static int open_columns(PyObject *arrays, PyObject *out, int arguments, int results, Columns *columns) {
    columns->opened = 0;
    if (PyObject_GetBuffer(out, &columns->buffers[MOST], PyBUF_ND | PyBUF_WRITABLE) < 0) return 0;
    columns->length = columns->buffers[MOST].len / (Py_ssize_t)sizeof(double) / results;
    int good = PyTuple_Check(arrays) && PyTuple_Size(arrays) == arguments;
    for (int i = 0; good && i < arguments; i++) {
        Py_buffer *buffer = &columns->buffers[i];
        if (PyObject_GetBuffer(PyTuple_GetItem(arrays, i), buffer, PyBUF_ND) < 0) break;
        columns->opened++;
        good = buffer->len == columns->length * (Py_ssize_t)sizeof(double) || buffer->len == (Py_ssize_t)sizeof(double);
    }
    if (good && columns->opened == arguments) return 1;
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "flat float64 arrays of one length, or of 1, are needed");
    close_columns(columns);
    PyBuffer_Release(&columns->buffers[MOST]);
    return 0;
}

/* A block of m numbers where it lies; of one number repeated, or filled up to whole vectors, in `space`. */
static const double *block_of(const Py_buffer *buffer, Py_ssize_t start, int m, double *space) {
    const double *at = (const double *)buffer->buf;
    int one = buffer->len == (Py_ssize_t)sizeof(double);
    if (!one && m == BLOCK) return at + start;
    for (int j = 0; j < BLOCK; j++) space[j] = one ? *at : j < m ? at[start + j] : 1.0;
    return space;
}

/* Some pairs into `answer`. What does not fill whole vectors is filled up, so that no digit depends on a pair's place. */
static void some_pairs(int op, const Columns *columns, Py_ssize_t start, Py_ssize_t stop, double *answer) {
    double space[MOST][BLOCK], room[RESULTS * BLOCK];
    const double *at[MOST];
    for (Py_ssize_t i = start; i < stop; i += BLOCK) {
        int m = stop - i < BLOCK ? (int)(stop - i) : BLOCK, whole = (m + LANES - 1) / LANES * LANES;
        double *out = m == BLOCK ? answer + i : room;
        Py_ssize_t apart = m == BLOCK ? columns->length : BLOCK;
        for (int side = 0; side < KERNELS[op].arguments; side++)
            at[side] = block_of(&columns->buffers[side], i, m, space[side]);
        if (KERNELS[op].arguments == 2)
            two_block(op, at[0], at[1], whole, out);
        else
            four_block(op, at[0], at[1], at[2], at[3], whole, out, apart);
        for (int k = 0; m < BLOCK && k < KERNELS[op].results; k++)
            memcpy(answer + k * columns->length + i, room + k * BLOCK, (size_t)m * sizeof(double));
    }
}

const char pairs_doc[] = "pairs(op, arrays, out, start, stop)\n\nA formula of some of the pairs, float64 in and out; out is (results, pairs).";

PyObject *pairs(PyObject *module, PyObject *arguments) {
    int op;
    PyObject *arrays, *out;
    Py_ssize_t start, stop;
    Columns columns;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "iOOnn", &op, &arrays, &out, &start, &stop)) return NULL;
    if (op < 0 || op >= OPS || start < 0) {
        PyErr_SetString(PyExc_ValueError, "no such kernel");
        return NULL;
    }
    if (!open_columns(arrays, out, KERNELS[op].arguments, KERNELS[op].results, &columns)) return NULL;
    if (stop > columns.length) stop = columns.length;
    double *answer = (double *)columns.buffers[MOST].buf;
    Py_BEGIN_ALLOW_THREADS;
    some_pairs(op, &columns, start, stop, answer);
    Py_END_ALLOW_THREADS;
    close_columns(&columns);
    PyBuffer_Release(&columns.buffers[MOST]);
    Py_RETURN_NONE;
}

int add_pairs(PyObject *module) {
    for (int op = 0; op < OPS; op++) {
        char name[32] = "pairs_";
        strncat(name, KERNELS[op].name, sizeof name - strlen(name) - 1);
        if (PyModule_AddIntConstant(module, name, op) < 0) return -1;
    }
    return 0;
}
