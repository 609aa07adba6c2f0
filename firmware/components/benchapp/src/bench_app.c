#include "bench_app.h"

#include <stddef.h>
#include <string.h>

#include "bench_answer.h"
#include "bench_card_look.h"
#include "bench_command.h"
#include "bench_generate.h"
#include "bench_info.h"
#include "bench_knobs.h"
#include "bench_load.h"
#include "bench_load_command.h"
#include "bench_log.h"
#include "bench_probe.h"
#include "bench_prompt.h"
#include "bench_put.h"
#include "bench_score.h"
#include "bench_session.h"
#include "bench_switch.h"

struct verb {
    const char *name;
    void (*execute)(struct bench *bench, struct bench_command *command);
};

static const struct verb verbs[] = {
    {"hello", bench_command_hello}, {"info", bench_command_info},         {"baud", bench_command_baud},
    {"load", bench_command_load},   {"set", bench_command_set},           {"prompt", bench_command_prompt},
    {"score", bench_command_score}, {"generate", bench_command_generate}, {"bye", bench_command_bye},
    {"probe", bench_command_probe}, {"sum", bench_command_sum},           {"ls", bench_command_ls},
    {"df", bench_command_df},       {"rm", bench_command_rm},             {"put", bench_command_put},
    {"use", bench_command_use},
};

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
    }
    return NULL;
}

static void say_free_heap(const struct bench *bench)
{
    struct bench_usage heap;
    struct bench_log log;
    bench->port->memory_usage(bench->port->ctx, BENCH_HEAP, &heap);
    bench_log_begin(&log, bench, 'I', "app_main");
    bench_text_add(&log.text, "Free heap: ");
    bench_text_uint(&log.text, heap.free);
    bench_text_add(&log.text, " bytes");
    bench_log_send(&log, bench);
}

void bench_start(struct bench *bench, const struct bench_port *port)
{
    memset(bench, 0, sizeof *bench);
    bench->port = port;
    bench->baud = BENCH_BAUD;
    bench_line_reset(&bench->line);
    bench_session_reset(bench);
    bench_knobs_reset(bench);
    port->chip(port->ctx, &bench->chip);
    bench_send_boot(bench);
    bench_log_line(bench, 'I', "app_main", "Tiny-LLM ESP32 Inference Engine Starting");
    say_free_heap(bench);
    bench_boot_load(bench);
}

/** The sequence number's verdict: true when the command is to be executed. */
static bool admit(struct bench *bench, struct bench_command *command)
{
    const struct bench_session *session = &bench->session;
    if (command->sequence == 0 || command->sequence > session->last_sequence) return true;
    if (command->sequence == session->last_sequence && command->crc == session->last_crc) {
        bench_ack_again(bench);
        if (strcmp(command->verb, "baud") == 0) bench_baud_again(bench, command);
        return false;
    }
    if (strcmp(command->verb, "hello") == 0) return true;
    bench_refuse_line(bench, command->sequence, "seq_old", "this session has acknowledged a later command");
    return false;
}

static void execute(struct bench *bench, char *text)
{
    struct bench_command command;
    const char *code = bench_command_parse(text, &command);
    if (code) {
        bench_refuse_line(bench, 0, code, "#SEQ is 1 to 2147483647 and needs the line's own *CRC");
        return;
    }
    const struct verb *verb = find_verb(command.verb);
    if (verb || command.sequence != 0) bench_baud_confirm(bench);
    if (!admit(bench, &command)) return;
    if (verb) verb->execute(bench, &command);
    else bench_refuse_word(bench, command.sequence, "unknown", "there is no command ", command.verb);
}

static void take_byte(struct bench *bench, char byte)
{
    switch (bench_line_push(&bench->line, byte)) {
    case BENCH_LINE_READY:
        execute(bench, bench->line.text);
        break;
    case BENCH_LINE_OVERLONG:
        bench_refuse_line(bench, 0, "line_long", "a command line has at most 120 bytes");
        break;
    default: break;
    }
}

static void drain(struct bench *bench)
{
    char byte;
    while (bench_backlog_pop(&bench->backlog, &byte)) take_byte(bench, byte);
    if (bench->backlog.lost) bench->line.overlong = true;
    bench->backlog.lost = false;
}

void bench_serve(struct bench *bench)
{
    const struct bench_port *port = bench->port;
    char bytes[64];
    for (;;) {
        const int64_t timeout_us = bench_baud_check(bench);
        const int32_t got = port->uart_read(port->ctx, bytes, sizeof bytes, timeout_us);
        if (got < 0) return;
        for (int32_t i = 0; i < got; i++) bench_backlog_push(&bench->backlog, bytes[i]);
        drain(bench);
    }
}

void bench_stop(struct bench *bench)
{
    bench_unload(bench);
}
