#include "bench_slip.h"

#define END 0xc0u
#define ESCAPE 0xdbu
#define ESCAPED_END 0xdcu
#define ESCAPED_ESCAPE 0xddu

struct bench_slip bench_slip_over(uint8_t *frame, uint32_t capacity)
{
    return (struct bench_slip){.frame = frame, .capacity = capacity};
}

/* The delimiter that ends a frame leaves us inside: when the next one's own first delimiter was lost, nothing else is. */
static enum bench_slip_event end_frame(struct bench_slip *slip)
{
    const bool bad = slip->bad || slip->escaped;
    const uint32_t length = slip->length;
    const bool whole = slip->inside && length > 0;
    slip->inside = true;
    slip->escaped = slip->bad = false;
    if (bad) slip->length = 0;
    if (bad) return BENCH_SLIP_BAD;
    return whole ? BENCH_SLIP_FRAME : BENCH_SLIP_NONE;
}

enum bench_slip_event bench_slip_push(struct bench_slip *slip, uint8_t byte)
{
    if (byte == END) return end_frame(slip);
    if (!slip->inside || slip->bad) return BENCH_SLIP_NONE;
    if (slip->escaped) {
        slip->escaped = false;
        if (byte != ESCAPED_END && byte != ESCAPED_ESCAPE) slip->bad = true;
        byte = byte == ESCAPED_END ? END : ESCAPE;
    } else if (byte == ESCAPE) {
        slip->escaped = true;
        return BENCH_SLIP_NONE;
    }
    if (slip->length == slip->capacity) slip->bad = true;
    if (!slip->bad) slip->frame[slip->length++] = byte;
    return BENCH_SLIP_NONE;
}
