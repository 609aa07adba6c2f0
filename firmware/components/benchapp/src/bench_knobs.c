#include "bench_knobs.h"

#include <stddef.h>
#include <string.h>

#include "bench_answer.h"
#include "bench_record.h"

struct knob {
    const char *key;
    uint32_t preset;
    uint32_t min;
    uint32_t max;
};

static const struct knob knobs[BENCH_KNOB_COUNT] = {
    [KNOB_CONTEXT] = {"context", 512, 1, TL_MAX_CONTEXT},
    [KNOB_HEAD_ROWS] = {"head_rows", 256, 1, 65536},
    [KNOB_MLP_BYTES] = {"mlp_bytes", 98304, 4, 4194304},
    [KNOB_PREFILL_HEAD] = {"prefill_head", 1, 0, 1},
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/** A loaded model narrows the context. */
static uint32_t max_of(const struct bench *bench, int index)
{
    const struct bench_loaded *loaded = &bench->loaded;
    if (index != KNOB_CONTEXT || !loaded->ready) return knobs[index].max;
    return smaller(knobs[index].max, loaded->model.config.max_context);
}

void bench_knobs_reset(struct bench *bench)
{
    for (int i = 0; i < BENCH_KNOB_COUNT; i++) bench->knobs[i] = knobs[i].preset;
}

struct tl_knobs bench_knobs_for(const struct bench *bench, uint32_t max_context)
{
    return (struct tl_knobs){
        .context = smaller(bench->knobs[KNOB_CONTEXT], max_context),
        .head_rows = bench->knobs[KNOB_HEAD_ROWS],
        .mlp_bytes = bench->knobs[KNOB_MLP_BYTES],
    };
}

static void send_knob(const struct bench *bench, uint32_t sequence, int index)
{
    const uint32_t max = max_of(bench, index);
    struct bench_record record;
    bench_record_answer(&record, bench, "knob", sequence);
    bench_record_string(&record, "key", knobs[index].key);
    bench_record_uint(&record, "value", smaller(bench->knobs[index], max));
    bench_record_uint(&record, "default", smaller(knobs[index].preset, max));
    bench_record_uint(&record, "min", knobs[index].min);
    bench_record_uint(&record, "max", max);
    bench_record_send(&record, bench);
}

static void list_knobs(struct bench *bench, const struct bench_command *command)
{
    bench_ack(bench, command, "");
    for (int i = 0; i < BENCH_KNOB_COUNT; i++) send_knob(bench, command->sequence, i);
}

static void refuse_value(struct bench *bench, uint32_t sequence, int index)
{
    struct bench_problem problem;
    bench_problem_begin(&problem, "bad_value", knobs[index].key);
    bench_text_add(&problem.text, " is an integer from ");
    bench_text_uint(&problem.text, knobs[index].min);
    bench_text_add(&problem.text, " to ");
    bench_text_uint(&problem.text, max_of(bench, index));
    bench_refuse(bench, sequence, &problem);
}

static void set_knob(struct bench *bench, const struct bench_command *command, int index, const char *word)
{
    char extra[64];
    uint32_t value;
    if (!bench_parse_uint(word, max_of(bench, index), &value) || value < knobs[index].min) {
        refuse_value(bench, command->sequence, index);
        return;
    }
    bench->knobs[index] = value;
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, ",\"key\":\"");
    bench_text_add(&text, knobs[index].key);
    bench_text_add(&text, "\",\"value\":");
    bench_text_uint(&text, value);
    bench_ack(bench, command, extra);
}

void bench_command_set(struct bench *bench, struct bench_command *command)
{
    const char *key = bench_command_word(command);
    if (!key) {
        list_knobs(bench, command);
        return;
    }
    const char *word = bench_command_word(command);
    if (!word || bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "set takes no argument, or a key and a value");
        return;
    }
    for (int i = 0; i < BENCH_KNOB_COUNT; i++) {
        if (strcmp(key, knobs[i].key) != 0) continue;
        set_knob(bench, command, i, word);
        return;
    }
    bench_refuse_word(bench, command->sequence, "bad_key", "there is no knob ", key);
}
