"""C definitions that every translated kernel begins with."""

__all__ = ["PRELUDE"]

PRELUDE = r"""
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
typedef uint8_t u8;   typedef int8_t s8;
typedef uint16_t u16; typedef int16_t s16;
typedef uint32_t u32; typedef int32_t s32;
typedef uint64_t u64; typedef int64_t s64;
typedef unsigned __int128 u128; typedef __int128 s128;

typedef struct { u64 low, high; u32 writable, unused; } Range;

typedef struct {
    u32 grid, threads, shared_bytes, range_count;
    const u8 *params;
    const Range *ranges;
} Launch;

/* kind: 1 memory, 2 barrier, 3 trap */
typedef struct { u32 kind, instruction, block, thread; u64 address; } Fault;

/* What one CUDA block's threads share. */
typedef struct { const Launch *launch; u8 *shared; u32 ctaid; Fault *fault; } Group;

enum { DONE = 0xFFFFFFFFu, FAULTED = 0xFFFFFFFEu };
enum { GARBAGE = 0xA5 };

static u32 report(const Group *g, u32 kind, u32 instruction, u32 thread, u64 address) {
    *g->fault = (Fault){kind, instruction, g->ctaid, thread, address};
    return FAULTED;
}

static int allowed(const Group *g, u64 address, u32 size, int store) {
    for (u32 i = 0; i < g->launch->range_count; i++) {
        const Range *r = g->launch->ranges + i;
        if (address >= r->low && address < r->high)
            return r->high - address >= size && address % size == 0 && (!store || r->writable);
    }
    return 0;
}

/* Small memories (shared, local, parameters) are addressed from 0. */
static inline int within(u64 address, u32 size, u64 limit) {
    return address < limit && limit - address >= size && address % size == 0;
}

#define DIVIDE(t, a, b) ((b) == 0 ? (t)-1 : (t)-1 < 0 && (b) == (t)-1 ? (t)(0 - (a)) \
                                                                    : (t)((a) / (b)))
#define REMAIN(t, a, b) ((b) == 0 ? (a) : (t)-1 < 0 && (b) == (t)-1 ? (t)0 : (t)((a) % (b)))

static inline u32 funnel_left(u32 low, u32 high, u32 n, int clamp) {
    n = clamp ? (n > 32 ? 32 : n) : n & 31;
    return (u32)((((u64)high << 32 | low) << n) >> 32);
}
static inline u32 funnel_right(u32 low, u32 high, u32 n, int clamp) {
    n = clamp ? (n > 32 ? 32 : n) : n & 31;
    return (u32)(((u64)high << 32 | low) >> n);
}
/* Floating-point numbers and their bits. */
static inline double real(u64 bits) { double x; memcpy(&x, &bits, 8); return x; }
static inline u64 bits_of(double x) { u64 bits; memcpy(&bits, &x, 8); return bits; }
static inline u32 narrow_bits(float x) { u32 bits; memcpy(&bits, &x, 4); return bits; }
static inline u64 reverse(u64 x, int bits) {
    u64 y = 0;
    for (int i = 0; i < bits; i++) y = y << 1 | (x >> i & 1);
    return y;
}
static inline u32 zeros_above(u64 x, int bits) {
    return x ? (u32)(__builtin_clzll(x) - (64 - bits)) : (u32)bits;
}
static inline u32 find_top(u64 x, int bits, int as_shift) {
    u32 above = zeros_above(x, bits);
    return above == (u32)bits ? 0xFFFFFFFFu : as_shift ? above : (u32)bits - 1 - above;
}
static inline u64 extract_bits(u64 x, u32 at, u32 length, int bits, int is_signed) {
    u64 y = 0;
    at &= 255; length &= 255;
    u32 top = at + length - 1 < (u32)bits - 1 ? at + length - 1 : (u32)bits - 1;
    u64 sign = is_signed && length ? x >> top & 1 : 0;
    for (u32 i = 0; i < (u32)bits; i++)
        y |= (i < length && at + i < (u32)bits ? x >> (at + i) & 1 : sign) << i;
    return y;
}
static inline u64 insert_bits(u64 from, u64 into, u32 at, u32 length, int bits) {
    at &= 255; length &= 255;
    for (u32 i = 0; i < length && at + i < (u32)bits; i++)
        into = (into & ~(1ULL << (at + i))) | (from >> i & 1) << (at + i);
    return into;
}
static inline u32 permute(u32 a, u32 b, u32 selector) {
    u64 both = (u64)b << 32 | a;
    u32 y = 0;
    for (int i = 0; i < 4; i++) {
        u32 pick = selector >> 4 * i;
        u8 byte = both >> 8 * (pick & 7);
        if (pick & 8) byte = (byte & 0x80) ? 0xFF : 0;
        y |= (u32)byte << 8 * i;
    }
    return y;
}

/* Atomics: `next` may use `old` and the operands; threads of other CUDA blocks run at once. */
#define ATOMIC(t, place, old, next) do { \
    t *cell_ = (t *)(place); old = *(volatile t *)cell_; t new_; \
    do new_ = (t)(next); while (!__atomic_compare_exchange_n( \
        cell_, &old, new_, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)); } while (0)
/* Only one CPU thread runs a CUDA block, so its shared memory needs no locked access. */
#define ALONE(t, place, old, next) do { \
    t *cell_ = (t *)(place); old = *cell_; *cell_ = (t)(next); } while (0)
"""
