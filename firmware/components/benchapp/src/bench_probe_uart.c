#include "bench_answer.h"
#include "bench_probe_kinds.h"

/** Of a pattern's line, the `\n` counted. */
#define LINE_BYTES 64u

/** How long the host may take to begin. */
#define FIRST_BYTE_US 2000000

/** So long without a byte ends the listening: what is missing is lost. */
#define SILENCE_US 300000

static char pattern_at(uint32_t column)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return column == LINE_BYTES - 1 ? '\n' : digits[(23 * column + 5) % 64];
}

/** What arrived of the pattern. */
struct heard {
    uint32_t bytes;
    uint32_t lines; /* whole and right */
    uint32_t column;
    bool right; /* the line so far */
};

static void hear(struct heard *heard, char byte)
{
    heard->bytes++;
    heard->right = heard->right && byte == pattern_at(heard->column);
    heard->column++;
    if (byte != '\n') {
        /* A line without end would count for ever. */
        if (heard->column >= LINE_BYTES) heard->right = false;
        if (heard->column >= LINE_BYTES) heard->column = LINE_BYTES - 1;
        return;
    }
    if (heard->right) heard->lines++;
    heard->column = 0;
    heard->right = true;
}

static void listen(const struct bench *bench, uint32_t expected, struct heard *heard)
{
    const struct bench_port *port = bench->port;
    char bytes[64];
    int64_t timeout_us = FIRST_BYTE_US;
    while (heard->bytes < expected) {
        const uint32_t left = expected - heard->bytes;
        const int32_t got =
            port->uart_read(port->ctx, bytes, left < sizeof bytes ? left : sizeof bytes, timeout_us);
        if (got <= 0) return;
        for (int32_t i = 0; i < got; i++) hear(heard, bytes[i]);
        timeout_us = SILENCE_US;
    }
}

static void send_lines(const struct bench *bench, uint32_t lines)
{
    char line[LINE_BYTES];
    for (uint32_t column = 0; column < LINE_BYTES; column++) line[column] = pattern_at(column);
    for (uint32_t i = 0; i < lines; i++) bench->port->uart_write(bench->port->ctx, line, LINE_BYTES);
}

static void say_listening(const struct bench *bench, const struct bench_probe *probe)
{
    struct bench_record record;
    bench_record_answer(&record, bench, "probe", probe->sequence);
    bench_record_string(&record, "kind", "listening");
    bench_record_send(&record, bench);
}

void bench_probe_uart(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    struct bench_record record;
    struct heard heard = {.right = true};
    if (!bench_probe_options(bench, command, probe)) return;
    bench_ack(bench, command, "");
    say_listening(bench, probe);
    const uint64_t since_us = bench_probe_now(bench);
    listen(bench, probe->calls * LINE_BYTES, &heard);
    send_lines(bench, probe->calls);
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "bytes", heard.bytes);
    bench_record_uint(&record, "lines", heard.lines);
    bench_record_send(&record, bench);
}

void bench_probe_poll(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    const struct bench_port *port = bench->port;
    struct bench_record record;
    char byte;
    if (!bench_probe_options(bench, command, probe)) return;
    bench_ack(bench, command, "");
    const uint64_t since_us = bench_probe_now(bench);
    for (uint32_t call = 0; call < probe->calls; call++) {
        if (port->uart_read(port->ctx, &byte, 1, 0) > 0) bench_backlog_push(&bench->backlog, byte);
    }
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "units", probe->calls);
    bench_record_send(&record, bench);
}

void bench_probe_write(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    const struct bench_port *port = bench->port;
    struct bench_record record;
    if (!bench_probe_options(bench, command, probe)) return;
    bench_ack(bench, command, "");
    port->uart_flush(port->ctx);
    const uint64_t since_us = bench_probe_now(bench);
    send_lines(bench, probe->calls);
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "bytes", probe->calls * LINE_BYTES);
    bench_record_send(&record, bench);
}
