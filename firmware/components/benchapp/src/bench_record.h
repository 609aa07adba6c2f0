#ifndef BENCH_RECORD_H
#define BENCH_RECORD_H

#include <stdint.h>

#include "bench_app.h"
#include "bench_text.h"

/** Longest machine line, the `\n` not counted (firmware/PROTOCOL.md). */
#define BENCH_MAX_RECORD 480

/** One machine line under construction. */
struct bench_record {
    char bytes[BENCH_MAX_RECORD + 2]; /* a line end and a NUL follow */
    struct bench_text text;
};

/** Begins `{"r":"KIND","n":"NONCE"`. */
void bench_record_begin(struct bench_record *record, const char *kind, const char *nonce);

/** The same with `"q":SEQUENCE`, under the session's nonce: a record that answers a command. */
void bench_record_answer(struct bench_record *record, const struct bench *bench, const char *kind, uint32_t sequence);

void bench_record_uint(struct bench_record *record, const char *key, uint64_t value);

/** As a string of 8 hex digits. */
void bench_record_hash(struct bench_record *record, const char *key, uint32_t value);

/** As a string of the 8 hex digits of its IEEE bits. */
void bench_record_float(struct bench_record *record, const char *key, float value);

/** As a string; characters that would need an escape are replaced. */
void bench_record_string(struct bench_record *record, const char *key, const char *value);

/** `"key":` alone: the caller adds the value to record->text. */
void bench_record_key(struct bench_record *record, const char *key);

/** `stack_free`, left out when the port cannot tell. */
void bench_record_stack(struct bench_record *record, const struct bench *bench);

/** Ends the object, adds the CRC and sends the line. A record that did not fit is sent as an `err` that says so. */
void bench_record_send(struct bench_record *record, const struct bench *bench);

/** The 32 bits of a float. */
uint32_t bench_float_bits(float value);

#endif
