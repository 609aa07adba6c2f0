#include "bench_session.h"

#include <string.h>

#include "bench_answer.h"

#define BAUD_TRIAL_US 2000000u

void bench_session_reset(struct bench *bench)
{
    memset(&bench->session, 0, sizeof bench->session);
    bench->session.nonce[0] = '-';
}

static bool is_nonce(const char *word)
{
    const size_t length = strlen(word);
    if (length == 0 || length > BENCH_MAX_NONCE) return false;
    for (; *word; word++) {
        if (!((*word >= '0' && *word <= '9') || (*word >= 'a' && *word <= 'z'))) return false;
    }
    return true;
}

void bench_command_hello(struct bench *bench, struct bench_command *command)
{
    const char *nonce = bench_command_word(command);
    if (!nonce || !is_nonce(nonce) || bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "hello takes a nonce of 1 to 16 of 0-9 and a-z");
        return;
    }
    bench_session_reset(bench);
    memcpy(bench->session.nonce, nonce, strlen(nonce) + 1);
    bench->loaded.count = 0;
    bench_ack(bench, command, ",\"proto\":1");
}

void bench_command_bye(struct bench *bench, struct bench_command *command)
{
    if (bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "bye takes no argument");
        return;
    }
    bench_ack(bench, command, "");
    memcpy(bench->session.nonce, "-", 2);
}

static bool parse_rate(struct bench_command *command, uint32_t *rate)
{
    static const uint32_t rates[] = {115200, 230400, 460800, 921600};
    const char *word = bench_command_word(command);
    if (!word || !bench_parse_uint(word, UINT32_MAX, rate) || bench_command_word(command)) return false;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        if (rates[i] == *rate) return true;
    }
    return false;
}

static void change_rate(struct bench *bench, uint32_t rate)
{
    const struct bench_port *port = bench->port;
    if (rate == bench->baud) return;
    port->uart_flush(port->ctx);
    port->uart_baud(port->ctx, rate);
    bench->baud = rate;
    bench->baud_until_us = rate == BENCH_BAUD ? 0 : port->hal.now_us(port->hal.ctx) + BAUD_TRIAL_US;
}

void bench_command_baud(struct bench *bench, struct bench_command *command)
{
    uint32_t rate;
    if (!parse_rate(command, &rate)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "baud takes 115200, 230400, 460800 or 921600");
        return;
    }
    bench_ack(bench, command, "");
    change_rate(bench, rate);
}

void bench_baud_again(struct bench *bench, struct bench_command *command)
{
    uint32_t rate;
    if (parse_rate(command, &rate)) change_rate(bench, rate);
}

int64_t bench_baud_check(struct bench *bench)
{
    const struct tl_hal *hal = &bench->port->hal;
    if (bench->baud_until_us == 0) return -1;
    const uint64_t now_us = hal->now_us(hal->ctx);
    if (now_us < bench->baud_until_us) return (int64_t)(bench->baud_until_us - now_us);
    bench_line_reset(&bench->line);
    change_rate(bench, BENCH_BAUD);
    return -1;
}

void bench_baud_confirm(struct bench *bench)
{
    bench->baud_until_us = 0;
}
