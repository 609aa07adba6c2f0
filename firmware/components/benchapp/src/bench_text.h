#ifndef BENCH_TEXT_H
#define BENCH_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Text under construction in a caller's buffer, always NUL-terminated. What does not fit is cut off, and `overflow`
 * says so. Instead of printf, whose stack need alone would be a quarter of the main task's stack.
 */
struct bench_text {
    char *bytes;
    uint32_t capacity; /* the NUL included */
    uint32_t length;
    bool overflow;
};

/** An empty text over `buffer`; capacity at least 1. */
struct bench_text bench_text_over(char *buffer, uint32_t capacity);

void bench_text_char(struct bench_text *text, char c);
void bench_text_add(struct bench_text *text, const char *string);

/** A decimal number. */
void bench_text_uint(struct bench_text *text, uint64_t value);

/** 8 lower-case hex digits. */
void bench_text_hex(struct bench_text *text, uint32_t value);

/** hundredths / 100 with two decimals. */
void bench_text_hundredths(struct bench_text *text, uint64_t hundredths);

/** What people or a card may have written: characters that would need an escape in JSON become harmless ones. */
void bench_text_tame(struct bench_text *text, const char *string);

/** Base64 (RFC 4648) of `bytes` bytes. */
void bench_text_base64(struct bench_text *text, const void *data, uint32_t bytes);

#endif
