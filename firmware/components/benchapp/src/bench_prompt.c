#include "bench_prompt.h"

#include <stddef.h>

#include "bench_answer.h"

/* "prompt 0" and 1-digit ids take two bytes each: a line holds no more. */
#define MAX_IDS (BENCH_MAX_LINE / 2)

struct chunk {
    uint32_t offset;
    uint32_t ids[MAX_IDS];
    uint32_t count;
};

static bool read_ids(struct bench *bench, struct bench_command *command, struct chunk *chunk)
{
    const uint32_t vocab = bench->loaded.model.config.vocab;
    const char *word;
    for (chunk->count = 0; (word = bench_command_word(command)) != NULL && chunk->count < MAX_IDS; chunk->count++) {
        if (bench_parse_uint(word, vocab - 1, &chunk->ids[chunk->count])) continue;
        bench_refuse_word(bench, command->sequence, "bad_token", "the vocabulary has no token ", word);
        return false;
    }
    if (chunk->count > 0) return true;
    bench_refuse_line(bench, command->sequence, "bad_arg", "prompt takes an offset and at least one token id");
    return false;
}

static void refuse_number(struct bench *bench, uint32_t sequence, const char *code, const char *message, uint32_t number)
{
    struct bench_problem problem;
    bench_problem_begin(&problem, code, message);
    bench_text_uint(&problem.text, number);
    bench_refuse(bench, sequence, &problem);
}

static bool fits(struct bench *bench, uint32_t sequence, const struct chunk *chunk)
{
    const struct bench_loaded *loaded = &bench->loaded;
    const uint32_t context = loaded->model.need.context;
    if (chunk->offset != 0 && chunk->offset > loaded->count) {
        refuse_number(bench, sequence, "gap", "the offset is beyond the ids so far, which are ", loaded->count);
        return false;
    }
    if (chunk->offset > context || chunk->count > context - chunk->offset) {
        refuse_number(bench, sequence, "too_long", "the prompt is longer than the context, which is ", context);
        return false;
    }
    return true;
}

/** The prompt ends with the chunk's last id, so that a chunk may also replace an end. */
static void store(struct bench *bench, const struct chunk *chunk)
{
    struct bench_loaded *loaded = &bench->loaded;
    for (uint32_t i = 0; i < chunk->count; i++) loaded->ids[chunk->offset + i] = chunk->ids[i];
    loaded->count = chunk->offset + chunk->count;
}

void bench_command_prompt(struct bench *bench, struct bench_command *command)
{
    const struct bench_port *port = bench->port;
    struct chunk chunk;
    if (!bench->loaded.ready) {
        bench_refuse_line(bench, command->sequence, "no_model", "load a model before its prompt");
        return;
    }
    const char *offset = bench_command_word(command);
    if (!offset || !bench_parse_uint(offset, UINT32_MAX, &chunk.offset)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "prompt takes an offset and at least one token id");
        return;
    }
    if (!read_ids(bench, command, &chunk) || !fits(bench, command->sequence, &chunk)) return;
    store(bench, &chunk);
    if (chunk.offset == 0) port->memory_mark(port->ctx);
    char extra[32];
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, ",\"count\":");
    bench_text_uint(&text, bench->loaded.count);
    bench_ack(bench, command, extra);
    bench->loaded.acked_us = port->hal.now_us(port->hal.ctx);
}
