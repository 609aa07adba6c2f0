#ifndef BENCH_SLIP_H
#define BENCH_SLIP_H

#include <stdbool.h>
#include <stdint.h>

/** Takes SLIP frames (RFC 1055, a delimiter on both sides) out of a byte stream, into the caller's buffer. */
struct bench_slip {
    uint8_t *frame;
    uint32_t capacity;
    uint32_t length;
    bool inside;  /* behind a delimiter; bytes outside of frames are dropped */
    bool escaped;
    bool bad;     /* a wrong escape, or longer than the buffer */
};

enum bench_slip_event { BENCH_SLIP_NONE, BENCH_SLIP_FRAME, BENCH_SLIP_BAD };

struct bench_slip bench_slip_over(uint8_t *frame, uint32_t capacity);

/** Takes one byte. After FRAME, `frame` and `length` are valid until the next byte. */
enum bench_slip_event bench_slip_push(struct bench_slip *slip, uint8_t byte);

#endif
