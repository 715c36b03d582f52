/* The arithmetic that all kernels share: compensated sums, and functions as polynomials, in the form that compilers turn
   into vector instructions. */

#ifndef BITSAPART_ARITHMETIC_H
#define BITSAPART_ARITHMETIC_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#define INLINE static inline __attribute__((always_inline))
#else
#define INLINE static inline
#endif

/* one body, compiled for several instruction sets; the loader picks the best that the machine has */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11 && defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif

enum { BLOCK = 256, LANES = 16 };

/* ---------------------------------------------------------------------------------------------- sums */

typedef struct {
    double hi[LANES], lo[LANES];
} Lanes;

INLINE void two_sum(double a, double b, double *hi, double *lo) {
    double s = a + b, t = s - a;
    *lo += (a - (s - t)) + (b - t);
    *hi = s;
}

/* Add a block; m is a multiple of LANES. */
INLINE void add_block(Lanes *sum, const double *t, int m) {
    double part[LANES] = {0.0};
    int i = 0;
    for (; i + 4 * LANES <= m; i += 4 * LANES)
        for (int j = 0; j < LANES; j++)
            part[j] += (t[i + j] + t[i + j + LANES]) + (t[i + j + 2 * LANES] + t[i + j + 3 * LANES]);
    for (; i < m; i += LANES)
        for (int j = 0; j < LANES; j++) part[j] += t[i + j];
    for (int j = 0; j < LANES; j++) two_sum(sum->hi[j], part[j], &sum->hi[j], &sum->lo[j]);
}

/* The same with every rounding kept: a sum with twice the digits. */
INLINE void add_exactly(Lanes *sum, const double *t, int m) {
    for (int i = 0; i < m; i += LANES)
        for (int j = 0; j < LANES; j++) two_sum(sum->hi[j], t[i + j], &sum->hi[j], &sum->lo[j]);
}

/* An infinite sum would make its own correction NaN. */
INLINE void settle(double *hi, double *lo) {
    if (!isfinite(*hi)) *lo = 0.0;
    double s = *hi + *lo;
    *lo = isfinite(s) ? *lo - (s - *hi) : 0.0;
    *hi = s;
}

INLINE void add_lanes(const Lanes *sum, double *hi, double *lo) {
    double h = 0.0, l = 0.0;
    for (int j = 0; j < LANES; j++) {
        two_sum(h, sum->hi[j], &h, &l);
        l += sum->lo[j];
    }
    settle(&h, &l);
    *hi = h;
    *lo = l;
}

/* ---------------------------------------------------------------------------------------------- functions */

INLINE uint64_t bits_of(double x) {
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

INLINE double from_bits(uint64_t b) {
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

#define ONE_BITS UINT64_C(0x3ff0000000000000)
#define TWO_52 UINT64_C(0x4330000000000000)
#define LN2 0x1.62e42fefa39efp-1
#define LN2_HI 0x1.62e42fefa38p-1
#define LN2_LO 0x1.ef35793c7673p-45
#define SMALLEST_NORMAL 0x1p-1022

/* 2 (atanh(s) - s) / s^3 as a polynomial in z = s^2 <= 0.0405: interpolated at Chebyshev nodes in 50 digits, relative
   error 6e-17. */
INLINE double twice_atanh_tail(double z) {
    double r = 0.13629110721861268;
    r = r * z + 0.13207080082069364;
    r = r * z + 0.1538900212516573;
    r = r * z + 0.18181734246400322;
    r = r * z + 0.2222222309164114;
    r = r * z + 0.2857142856701462;
    r = r * z + 0.40000000000008523;
    return r * z + 0.6666666666666666;
}

/* y = 2^k n with n within a factor of 1.5 of x, for normal x and y: their bits, read as integers, differ by about
   2^52 log2(y / x). Gives -n. */
INLINE double minus_aligned(double x, double y, double *k) {
    uint64_t apart = bits_of(y) - bits_of(x) + UINT64_C(0x8008000000000000);
    *k = from_bits((apart >> 52) | TWO_52) - (0x1p52 + 2048.0);
    return from_bits(bits_of(y) - (apart & UINT64_C(0xfff0000000000000)));
}

/* log x for x > 0, also subnormal; some number for 0 */
INLINE double log_of(double x) {
    int small = x < SMALLEST_NORMAL;
    double k, minus = minus_aligned(1.0, small ? x * 0x1p54 : x, &k);
    k = small ? k - 54.0 : k;
    double s = (minus + 1.0) / (minus - 1.0), z = s * s;
    return k * LN2_HI + (2.0 * s + (s * z * twice_atanh_tail(z) + k * LN2_LO));
}

/* e^r - 1 - r for |r| <= 0.35: r^2 by a polynomial interpolated at Chebyshev nodes in 50 digits, relative error 2e-17 */
INLINE double expm1_tail(double r) {
    double t = 2.0915455721913646e-09;
    t = t * r + 2.5106293532158134e-08;
    t = t * r + 2.75572717773181e-07;
    t = t * r + 2.755725278744288e-06;
    t = t * r + 2.4801587327033645e-05;
    t = t * r + 0.00019841269876901408;
    t = t * r + 0.0013888888888883319;
    t = t * r + 0.008333333333325534;
    t = t * r + 0.04166666666666667;
    t = t * r + 0.1666666666666667;
    t = t * r + 0.5;
    return t * r * r;
}

/* e^x; 0 below e^-708 */
INLINE double exp_of(double x) {
    double held = x < -708.0 ? -708.0 : x > 708.0 ? 708.0 : x;
    double turned = held * 0x1.71547652b82fep0 + 0x1.8p52;
    double k = turned - 0x1.8p52;
    double r = (held - k * LN2_HI) - k * LN2_LO;
    double e = (1.0 + (r + expm1_tail(r))) * from_bits((bits_of(turned) + 1023) << 52);
    return x < -708.0 ? 0.0 : e;
}

/* e^(x - top) of a block; of a difference of doubles, what its rounding lost is put back; of floats, `narrow`,
   nothing is lost */
INLINE void powers_below(const double *x, double top, int narrow, int m, double *e) {
    if (narrow) {
        for (int j = 0; j < m; j++) e[j] = exp_of(x[j] - top);
        return;
    }
    for (int j = 0; j < m; j++) {
        double below = x[j] - top, turned = below - x[j], rest = (x[j] - (below - turned)) - (top + turned);
        double power = exp_of(below);
        rest = fabs(rest) < 1.0 ? rest : 0.0;
        e[j] = power + power * rest;
    }
}

#endif
