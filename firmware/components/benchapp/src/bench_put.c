#include "bench_put.h"

#include <string.h>

#include "bench_card.h"
#include "bench_load.h"
#include "bench_record.h"
#include "bench_slip.h"
#include "bench_switch.h"

#define PAYLOAD_BYTES 1024u
#define HEAD_BYTES 9u
#define CRC_BYTES 4u
#define FRAME_BYTES (HEAD_BYTES + PAYLOAD_BYTES + CRC_BYTES)

/** Binary mode ends after so long without a byte. */
#define SILENCE_US 2000000

/** Blocks of one keep frame: what takes about as long as a frame on the wire may take. */
#define MAX_KEPT_BLOCKS 16u

enum frame_type { FRAME_DATA = 1, FRAME_KEEP = 2, FRAME_SYNC = 3, FRAME_END = 4 };

/** One file on its way into the stage. Lives in internal heap, where DMA reaches its buffers. */
struct put {
    struct bench *bench;
    uint32_t sequence;
    int32_t target;
    uint32_t bytes;
    int32_t source; /* the file of the same name in the folder in use; negative: none */
    uint32_t source_bytes;
    bool over;
    char path[BENCH_MAX_PATH];
    char source_path[BENCH_MAX_PATH];
    struct bench_slip slip;
    uint32_t block[BENCH_BLOCK_BYTES / 4];
    uint8_t frame[FRAME_BYTES];
};

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void answer(const struct put *put, const char *kind, const char *key, uint32_t value)
{
    struct bench_record record;
    bench_record_answer(&record, put->bench, kind, put->sequence);
    if (key) bench_record_uint(&record, key, value);
    bench_record_send(&record, put->bench);
}

/** Ends the command with an `err`. */
static void fail(struct put *put, int result)
{
    struct bench_problem problem;
    bench_problem_of_card(&problem, result, put->path);
    bench_refuse(put->bench, put->sequence, &problem);
    put->over = true;
}

static void fail_arg(struct put *put, const char *message)
{
    bench_refuse_line(put->bench, put->sequence, "bad_arg", message);
    put->over = true;
}

static int write_at(const struct put *put, uint32_t offset, const void *data, uint32_t bytes)
{
    const struct bench_port *port = put->bench->port;
    return port->card->write(port->ctx, put->target, offset, data, bytes);
}

static void take_data(struct put *put, uint32_t offset, const uint8_t *payload, uint32_t bytes)
{
    if (bytes == 0 || offset > put->bytes || bytes > put->bytes - offset) {
        fail_arg(put, "a data frame lies outside the file");
        return;
    }
    /* The payload stands at an odd place of the frame; a card's DMA wants words. */
    memcpy(put->block, payload, bytes);
    const int result = write_at(put, offset, put->block, bytes);
    if (result != 0) fail(put, result);
    else answer(put, "got", "o", offset);
}

static int keep_block(struct put *put, uint32_t block)
{
    const uint32_t offset = block * BENCH_BLOCK_BYTES;
    const uint32_t left = put->bytes - offset;
    const uint32_t bytes = left < BENCH_BLOCK_BYTES ? left : BENCH_BLOCK_BYTES;
    const int result = bench_card_read(put->bench, put->source, offset, put->block, bytes);
    return result != 0 ? result : write_at(put, offset, put->block, bytes);
}

/** Whether these blocks are whole in both files. */
static bool may_keep(const struct put *put, uint32_t first, uint32_t count)
{
    const uint64_t end = ((uint64_t)first + count) * BENCH_BLOCK_BYTES;
    if (put->source < 0 || count == 0 || count > MAX_KEPT_BLOCKS) return false;
    if (end - BENCH_BLOCK_BYTES >= put->bytes) return false;
    return (end <= put->bytes ? end : put->bytes) <= put->source_bytes;
}

static void take_keep(struct put *put, uint32_t first, const uint8_t *payload, uint32_t bytes)
{
    const uint32_t count = bytes == 4 ? get_u32(payload) : 0;
    int result = 0;
    if (!may_keep(put, first, count)) {
        fail_arg(put, "a keep frame asks for blocks that the folder's file does not have");
        return;
    }
    for (uint32_t i = 0; result == 0 && i < count; i++) result = keep_block(put, first + i);
    if (result != 0) fail(put, result);
    else answer(put, "kept", "b", first);
}

static void take_end(struct put *put)
{
    const struct bench_port *port = put->bench->port;
    const int result = port->card->sync(port->ctx, put->target);
    if (result != 0) {
        fail(put, result);
        return;
    }
    answer(put, "put", "bytes", put->bytes);
    put->over = true;
}

static bool is_whole(const struct put *put)
{
    const uint32_t length = put->slip.length;
    if (length < HEAD_BYTES + CRC_BYTES) return false;
    const uint32_t crc = bench_card_crc(put->bench, 0, put->frame, length - CRC_BYTES);
    return crc == get_u32(put->frame + length - CRC_BYTES);
}

/* A frame of another command is what the host gave up: it is passed over without a word. */
static void take_frame(struct put *put)
{
    const uint32_t value = get_u32(put->frame + 5);
    const uint8_t *payload = put->frame + HEAD_BYTES;
    const uint32_t bytes = put->slip.length - HEAD_BYTES - CRC_BYTES;
    if (!is_whole(put)) {
        answer(put, "bad", NULL, 0);
        return;
    }
    if (get_u32(put->frame + 1) != put->sequence) return;
    switch (put->frame[0]) {
    case FRAME_DATA: take_data(put, value, payload, bytes); break;
    case FRAME_KEEP: take_keep(put, value, payload, bytes); break;
    case FRAME_SYNC: answer(put, "sync", "t", value); break;
    case FRAME_END: take_end(put); break;
    default: fail_arg(put, "a frame's type is 1 to 4");
    }
}

static void take_byte(struct put *put, char byte)
{
    const enum bench_slip_event event = bench_slip_push(&put->slip, (uint8_t)byte);
    if (event == BENCH_SLIP_BAD) answer(put, "bad", NULL, 0);
    if (event != BENCH_SLIP_FRAME) return;
    take_frame(put);
    put->slip.length = 0;
}

/** Frames until one ends it, or nothing comes any more. What comes behind the end is the next command's. */
static void take_frames(struct put *put)
{
    const struct bench_port *port = put->bench->port;
    struct bench_line_backlog *backlog = &put->bench->backlog;
    char bytes[64];
    while (!put->over) {
        char byte;
        while (!put->over && bench_backlog_pop(backlog, &byte)) take_byte(put, byte);
        if (put->over) return;
        const int32_t got = port->uart_read(port->ctx, bytes, sizeof bytes, SILENCE_US);
        if (got <= 0) {
            bench_refuse_line(put->bench, put->sequence, "timeout", "no frame for 2 s: back to lines");
            return;
        }
        for (int32_t i = 0; i < got; i++) bench_backlog_push(backlog, bytes[i]);
    }
}

static void acknowledge(struct put *put, const struct bench_command *command)
{
    char extra[BENCH_MAX_ACK];
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, ",\"bytes\":");
    bench_text_uint(&text, put->bytes);
    bench_text_add(&text, ",\"kept\":");
    bench_text_uint(&text, put->source < 0 ? 0 : put->source_bytes);
    bench_ack(put->bench, command, extra);
}

static int make_folders(const struct bench *bench, const char *folder)
{
    const struct bench_port *port = bench->port;
    char stage[BENCH_MAX_PATH];
    bench_card_path(stage, folder, BENCH_STAGE_SUFFIX, NULL);
    return port->card->make_folder(port->ctx, stage);
}

static void put_file(struct put *put, const struct bench_command *command, const char *folder, const char *name)
{
    const struct bench *bench = put->bench;
    const struct bench_port *port = bench->port;
    bench_card_path(put->path, folder, BENCH_STAGE_SUFFIX, name);
    bench_card_path(put->source_path, folder, "", name);
    const int made = make_folders(bench, folder);
    put->target = made != 0 ? made : port->card->create(port->ctx, put->path, put->bytes);
    if (put->target < 0) {
        fail(put, put->target);
        return;
    }
    put->source = bench_card_open(bench, put->source_path, &put->source_bytes);
    put->slip = bench_slip_over(put->frame, sizeof put->frame);
    acknowledge(put, command);
    take_frames(put);
    bench_card_close(bench, put->source);
    bench_card_close(bench, put->target);
}

static bool is_put(struct bench_command *command, const char **folder, const char **name, uint32_t *bytes)
{
    *folder = bench_command_word(command);
    *name = *folder ? bench_command_word(command) : NULL;
    const char *size = *name ? bench_command_word(command) : NULL;
    return size && bench_is_path(*folder, TL_MAX_FOLDER) && bench_is_path(*name, BENCH_MAX_NAME) &&
           !strchr(*name, '/') && bench_parse_uint(size, INT32_MAX, bytes) && *bytes > 0 &&
           !bench_command_word(command);
}

void bench_command_put(struct bench *bench, struct bench_command *command)
{
    const struct bench_port *port = bench->port;
    const char *folder, *name;
    uint32_t bytes;
    if (!is_put(command, &folder, &name, &bytes)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "put takes FOLDER NAME SIZE, at least 1 byte");
        return;
    }
    if (!bench_card_ready(bench, command, true)) return;
    bench_unload(bench);
    if (bench_switch_pending(bench, folder)) {
        bench_refuse_word(bench, command->sequence, "bad_card", "a switch is unfinished: first use ", folder);
        return;
    }
    struct put *put = port->memory_take(port->ctx, BENCH_HEAP, sizeof *put);
    if (!put) {
        bench_refuse_line(bench, command->sequence, "no_memory", "put needs 6 KB of internal heap");
        return;
    }
    memset(put, 0, sizeof *put);
    put->bench = bench;
    put->sequence = command->sequence;
    put->bytes = bytes;
    put_file(put, command, folder, name);
    port->memory_give(port->ctx, BENCH_HEAP, put);
}
