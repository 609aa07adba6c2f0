#include "bench_info.h"

#include "bench_answer.h"
#include "bench_knobs.h"
#include "bench_record.h"
#include "tl_format.h"

void bench_send_boot(struct bench *bench)
{
    struct bench_record record;
    bench_record_begin(&record, "boot", bench->session.nonce);
    bench_record_uint(&record, "proto", BENCH_PROTOCOL);
    bench_record_string(&record, "reset", bench->chip.reset);
    bench_record_string(&record, "build", bench->chip.build);
    bench_record_string(&record, "elf", bench->chip.elf);
    bench_record_send(&record, bench);
}

static void send_info(const struct bench *bench, uint32_t sequence)
{
    const struct bench_chip *chip = &bench->chip;
    const struct tl_hal *hal = &bench->port->hal;
    struct bench_record record;
    bench_record_answer(&record, bench, "info", sequence);
    bench_record_uint(&record, "proto", BENCH_PROTOCOL);
    bench_record_string(&record, "chip", chip->model);
    bench_record_uint(&record, "rev", chip->revision);
    bench_record_uint(&record, "cores", chip->cores);
    bench_record_string(&record, "mac", chip->mac);
    bench_record_string(&record, "idf", chip->idf);
    bench_record_string(&record, "build", chip->build);
    bench_record_string(&record, "elf", chip->elf);
    bench_record_string(&record, "reset", chip->reset);
    bench_record_uint(&record, "us", hal->now_us(hal->ctx));
    bench_record_uint(&record, "card", bench->card_mounted);
    bench_record_string(&record, "folder", bench->loaded.ready ? bench->loaded.folder : "-");
    bench_record_send(&record, bench);
}

static void send_mem(const struct bench *bench, uint32_t sequence)
{
    const struct bench_port *port = bench->port;
    struct bench_usage psram, heap;
    port->memory_usage(port->ctx, BENCH_PSRAM, &psram);
    port->memory_usage(port->ctx, BENCH_HEAP, &heap);
    struct bench_record record;
    bench_record_answer(&record, bench, "mem", sequence);
    bench_record_uint(&record, "psram", psram.total);
    bench_record_uint(&record, "psram_free", psram.free);
    bench_record_uint(&record, "psram_largest", psram.largest);
    bench_record_uint(&record, "psram_peak", psram.peak);
    bench_record_uint(&record, "heap", heap.total);
    bench_record_uint(&record, "heap_free", heap.free);
    bench_record_uint(&record, "heap_largest", heap.largest);
    bench_record_uint(&record, "heap_peak", heap.peak);
    bench_record_stack(&record, bench);
    bench_record_send(&record, bench);
}

static bool is_norm(int tensor)
{
    return tensor == TL_NORM1 || tensor == TL_NORM2 || tensor == TL_FINAL_NORM;
}

/** The format that all matrices have, or `mixed`. */
static const char *format_of(const struct tl_config *c)
{
    for (int tensor = 0; tensor < TL_TENSOR_COUNT; tensor++) {
        if (!is_norm(tensor) && c->format[tensor] != c->format[TL_EMBED]) return "mixed";
    }
    return tl_format_name(c->format[TL_EMBED]);
}

static void add_shape(struct bench_record *record, const struct tl_config *c)
{
    bench_record_string(record, "format", format_of(c));
    bench_record_uint(record, "hidden", c->hidden);
    bench_record_uint(record, "ffn", c->ffn);
    bench_record_uint(record, "layers", c->layers);
    bench_record_uint(record, "heads", c->heads);
    bench_record_uint(record, "kv_heads", c->kv_heads);
    bench_record_uint(record, "head_dim", c->head_dim);
    bench_record_uint(record, "vocab", c->vocab);
}

static void add_need(struct bench_record *record, const struct tl_need *n)
{
    bench_record_uint(record, "kv_bytes", n->kv_bytes);
    bench_record_uint(record, "stage_bytes", n->stage_bytes);
    bench_record_uint(record, "stage_attention", n->stage_attention);
    bench_record_uint(record, "stage_mlp", n->stage_mlp);
    bench_record_uint(record, "stage_head", n->stage_head);
    bench_record_uint(record, "logits_bytes", n->logits_bytes);
    bench_record_uint(record, "embed_bytes", n->embed_bytes);
    bench_record_uint(record, "work_bytes", n->work_bytes);
    bench_record_uint(record, "norm_bytes", n->norm_bytes);
}

static void send_model(const struct bench *bench, uint32_t sequence)
{
    const struct tl_model *model = &bench->loaded.model;
    struct bench_record record;
    bench_record_answer(&record, bench, "model", sequence);
    add_shape(&record, &model->config);
    bench_record_uint(&record, "context", model->need.context);
    bench_record_uint(&record, "max_context", model->config.max_context);
    if (model->weights.has_manifest) bench_record_hash(&record, "manifest", model->weights.manifest_crc);
    else bench_record_string(&record, "manifest", "-");
    add_need(&record, &model->need);
    bench_record_send(&record, bench);
}

static const char *layers_of(const struct tl_need *n)
{
    if (n->resident & TL_LAYERS_IN_PSRAM) return "psram";
    return n->resident & TL_LAYERS_IN_FLASH ? "flash" : "card";
}

static const char *screen_of(const struct tl_model *model)
{
    if (model->need.screens_itself) return "self";
    return model->need.screen_bytes > 0 ? bench_knob_name(KNOB_SCREEN, model->knobs.screen) : "none";
}

static void send_place(const struct bench *bench, uint32_t sequence)
{
    const struct tl_model *model = &bench->loaded.model;
    const struct tl_need *n = &model->need;
    /* With a tied head the embeddings are the head's own rows. */
    const uint32_t embed = TL_EMBED_IN_PSRAM | (model->config.tied_head ? TL_HEAD_IN_PSRAM : 0u);
    struct bench_record record;
    bench_record_answer(&record, bench, "place", sequence);
    bench_record_string(&record, "strategy", bench_knob_name(KNOB_STRATEGY, model->knobs.strategy));
    bench_record_uint(&record, "batch", n->batch);
    bench_record_uint(&record, "chunk_bytes", n->chunk_bytes);
    bench_record_uint(&record, "bounce_bytes", n->bounce_bytes);
    bench_record_uint(&record, "list_bytes", n->list_bytes);
    bench_record_string(&record, "head", n->resident & TL_HEAD_IN_PSRAM ? "psram" : "card");
    bench_record_uint(&record, "head_bytes", n->head_bytes);
    bench_record_string(&record, "screen", screen_of(model));
    bench_record_uint(&record, "screen_bytes", n->screen_bytes);
    if (n->screen_left_out) bench_record_uint(&record, "screen_context", n->screen_context);
    bench_record_string(&record, "layers", layers_of(n));
    bench_record_uint(&record, "layer_bytes", n->layer_bytes);
    bench_record_string(&record, "embed", n->resident & embed ? "psram" : "card");
    bench_record_uint(&record, "table_bytes", n->table_bytes);
    bench_record_uint(&record, "resident_bytes", n->resident_bytes);
    bench_record_send(&record, bench);
}

void bench_command_info(struct bench *bench, struct bench_command *command)
{
    if (bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "info takes no argument");
        return;
    }
    bench_ack(bench, command, "");
    send_info(bench, command->sequence);
    send_mem(bench, command->sequence);
    if (!bench->loaded.ready) return;
    send_model(bench, command->sequence);
    send_place(bench, command->sequence);
}
