#include "bench_record.h"

#include <string.h>

#include "tl_crc32.h"

/* `}*`, 8 digits: what bench_record_send() adds. */
#define TAIL_BYTES 10

uint32_t bench_float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void bench_record_begin(struct bench_record *record, const char *kind, const char *nonce)
{
    record->text = bench_text_over(record->bytes, BENCH_MAX_RECORD + 1 - TAIL_BYTES);
    bench_text_add(&record->text, "@{\"r\":\"");
    bench_text_add(&record->text, kind);
    bench_text_add(&record->text, "\",\"n\":\"");
    bench_text_add(&record->text, nonce);
    bench_text_char(&record->text, '"');
}

void bench_record_answer(struct bench_record *record, const struct bench *bench, const char *kind, uint32_t sequence)
{
    bench_record_begin(record, kind, bench->session.nonce);
    bench_record_uint(record, "q", sequence);
}

void bench_record_key(struct bench_record *record, const char *key)
{
    bench_text_add(&record->text, ",\"");
    bench_text_add(&record->text, key);
    bench_text_add(&record->text, "\":");
}

void bench_record_uint(struct bench_record *record, const char *key, uint64_t value)
{
    bench_record_key(record, key);
    bench_text_uint(&record->text, value);
}

void bench_record_hash(struct bench_record *record, const char *key, uint32_t value)
{
    bench_record_key(record, key);
    bench_text_char(&record->text, '"');
    bench_text_hex(&record->text, value);
    bench_text_char(&record->text, '"');
}

void bench_record_float(struct bench_record *record, const char *key, float value)
{
    bench_record_hash(record, key, bench_float_bits(value));
}

void bench_record_string(struct bench_record *record, const char *key, const char *value)
{
    bench_record_key(record, key);
    bench_text_char(&record->text, '"');
    bench_text_tame(&record->text, value);
    bench_text_char(&record->text, '"');
}

void bench_record_stack(struct bench_record *record, const struct bench *bench)
{
    const uint32_t bytes = bench->port->stack_free(bench->port->ctx);
    if (bytes != BENCH_STACK_UNKNOWN) bench_record_uint(record, "stack_free", bytes);
}

void bench_record_send(struct bench_record *record, const struct bench *bench)
{
    const struct bench_port *port = bench->port;
    struct bench_text *text = &record->text;
    if (text->overflow) {
        bench_record_begin(record, "err", bench->session.nonce);
        bench_text_add(text, ",\"q\":0,\"code\":\"too_long\",\"msg\":\"a record did not fit its line\"");
    }
    text->capacity = sizeof record->bytes;
    bench_text_char(text, '}');
    const uint32_t crc = tl_crc32(0, text->bytes + 1, text->length - 1);
    tl_charge(&port->hal, TL_KERNEL_CRC, text->length - 1, text->bytes, 0);
    bench_text_char(text, '*');
    bench_text_hex(text, crc);
    bench_text_char(text, '\n');
    port->uart_write(port->ctx, text->bytes, text->length);
}
