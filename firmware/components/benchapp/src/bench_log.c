#include "bench_log.h"

void bench_log_begin(struct bench_log *log, const struct bench *bench, char level, const char *tag)
{
    const struct tl_hal *hal = &bench->port->hal;
    log->text = bench_text_over(log->bytes, BENCH_MAX_LOG);
    bench_text_char(&log->text, level);
    bench_text_add(&log->text, " (");
    bench_text_uint(&log->text, hal->now_us(hal->ctx) / 1000);
    bench_text_add(&log->text, ") ");
    bench_text_add(&log->text, tag);
    bench_text_add(&log->text, ": ");
}

void bench_log_send(struct bench_log *log, const struct bench *bench)
{
    log->text.capacity = sizeof log->bytes;
    bench_text_char(&log->text, '\n');
    bench->port->uart_write(bench->port->ctx, log->text.bytes, log->text.length);
}

void bench_log_line(const struct bench *bench, char level, const char *tag, const char *message)
{
    struct bench_log log;
    bench_log_begin(&log, bench, level, tag);
    bench_text_add(&log.text, message);
    bench_log_send(&log, bench);
}
