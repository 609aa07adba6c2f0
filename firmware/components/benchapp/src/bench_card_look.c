#include "bench_card_look.h"

#include <stddef.h>

#include "bench_card.h"
#include "bench_load.h"
#include "bench_record.h"

/** Hashes in one record: 48 * 8 digits leave room for the rest of a machine line. */
#define HASHES_PER_RECORD 48u

/** How much of a folder `df` reads to time the card. */
#define SPEED_BYTES 1048576u

struct sum {
    int32_t handle;
    uint32_t bytes; /* of the file */
    uint32_t from;  /* first block */
    uint32_t end;   /* behind the last block */
    uint32_t crc;   /* over the range */
    uint8_t *block;
};

static uint32_t blocks_of(uint32_t bytes)
{
    return bytes / BENCH_BLOCK_BYTES + (bytes % BENCH_BLOCK_BYTES ? 1 : 0);
}

static int hash_block(const struct bench *bench, struct sum *sum, uint32_t block, uint32_t *hash)
{
    const uint32_t offset = block * BENCH_BLOCK_BYTES;
    const uint32_t left = sum->bytes - offset;
    const uint32_t bytes = left < BENCH_BLOCK_BYTES ? left : BENCH_BLOCK_BYTES;
    const int result = bench_card_read(bench, sum->handle, offset, sum->block, bytes);
    if (result != 0) return result;
    *hash = bench_card_crc(bench, 0, sum->block, bytes);
    sum->crc = bench_card_crc(bench, sum->crc, sum->block, bytes);
    return 0;
}

/** One record of up to HASHES_PER_RECORD hashes. */
static int send_hashes(struct bench *bench, uint32_t sequence, struct sum *sum, uint32_t first)
{
    struct bench_record record;
    bench_record_answer(&record, bench, "sum", sequence);
    bench_record_uint(&record, "b", first);
    bench_record_key(&record, "h");
    bench_text_char(&record.text, '"');
    for (uint32_t block = first; block < sum->end && block < first + HASHES_PER_RECORD; block++) {
        uint32_t hash;
        if (hash_block(bench, sum, block, &hash) != 0) return BENCH_CARD_FAILED;
        bench_text_hex(&record.text, hash);
    }
    bench_text_char(&record.text, '"');
    bench_record_send(&record, bench);
    return 0;
}

static void refuse_read(struct bench *bench, uint32_t sequence, const char *path)
{
    struct bench_problem problem;
    bench_problem_begin(&problem, "card_read", "");
    bench_text_tame(&problem.text, path);
    bench_text_add(&problem.text, " could not be read");
    bench_refuse(bench, sequence, &problem);
}

static void ack_number(struct bench *bench, const struct bench_command *command, const char *key, uint32_t value)
{
    char extra[BENCH_MAX_ACK];
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, key);
    bench_text_uint(&text, value);
    bench_ack(bench, command, extra);
}

static void send_sums(struct bench *bench, const struct bench_command *command, struct sum *sum, const char *path)
{
    ack_number(bench, command, ",\"bytes\":", sum->bytes);
    for (uint32_t block = sum->from; block < sum->end; block += HASHES_PER_RECORD) {
        if (send_hashes(bench, command->sequence, sum, block) == 0) continue;
        refuse_read(bench, command->sequence, path);
        return;
    }
    struct bench_record record;
    bench_record_answer(&record, bench, "summed", command->sequence);
    bench_record_uint(&record, "blocks", sum->end > sum->from ? sum->end - sum->from : 0);
    bench_record_hash(&record, "crc", sum->crc);
    bench_record_send(&record, bench);
}

/** An argument that may be left out, but only together with all behind it. */
static bool optional_uint(struct bench_command *command, uint32_t *value)
{
    const char *word = bench_command_word(command);
    return !word || bench_parse_uint(word, UINT32_MAX, value);
}

static void sum_file(struct bench *bench, const struct bench_command *command, struct sum *sum, const char *path)
{
    const struct bench_port *port = bench->port;
    sum->block = port->memory_take(port->ctx, BENCH_HEAP, BENCH_BLOCK_BYTES);
    if (!sum->block) {
        bench_refuse_line(bench, command->sequence, "no_memory", "sum needs 4096 bytes of internal heap");
        return;
    }
    send_sums(bench, command, sum, path);
    port->memory_give(port->ctx, BENCH_HEAP, sum->block);
}

void bench_command_sum(struct bench *bench, struct bench_command *command)
{
    struct sum sum = {.from = 0};
    uint32_t count = UINT32_MAX;
    const char *path = bench_command_word(command);
    const bool good = path && bench_is_path(path, BENCH_MAX_PATH - 1) && optional_uint(command, &sum.from) &&
                      optional_uint(command, &count) && !bench_command_word(command);
    if (!good) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "sum takes PATH [FROM [COUNT]], in blocks of 4096 bytes");
        return;
    }
    if (!bench_card_ready(bench, command, false)) return;
    bench_unload(bench);
    sum.handle = bench_card_open(bench, path, &sum.bytes);
    if (sum.handle == BENCH_CARD_NO_FILE) {
        bench_refuse_word(bench, command->sequence, "no_file", "the card has no ", path);
        return;
    }
    if (sum.handle < 0) {
        refuse_read(bench, command->sequence, path);
        return;
    }
    const uint32_t blocks = blocks_of(sum.bytes);
    if (sum.from > blocks) sum.from = blocks;
    sum.end = count < blocks - sum.from ? sum.from + count : blocks;
    sum_file(bench, command, &sum, path);
    bench_card_close(bench, sum.handle);
}

/** The folder named by a command, "" for the root, or NULL after a refusal. */
static const char *folder_argument(struct bench *bench, struct bench_command *command)
{
    const char *folder = bench_command_word(command);
    if (folder && (!bench_is_path(folder, BENCH_MAX_PATH - 1) || bench_command_word(command))) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "it takes one folder of the card, or none");
        return NULL;
    }
    return bench_card_ready(bench, command, true) ? (folder ? folder : "") : NULL;
}

static void send_entry(struct bench *bench, uint32_t sequence, const struct bench_card_entry *entry)
{
    struct bench_record record;
    bench_record_answer(&record, bench, "entry", sequence);
    bench_record_string(&record, "name", entry->name);
    if (entry->is_folder) bench_record_uint(&record, "dir", 1);
    bench_record_uint(&record, "bytes", entry->bytes);
    bench_record_send(&record, bench);
}

void bench_command_ls(struct bench *bench, struct bench_command *command)
{
    const char *folder = folder_argument(bench, command);
    struct bench_card_entry entry;
    if (!folder) return;
    const struct bench_port *port = bench->port;
    int result = port->card->list(port->ctx, folder, 0, &entry);
    if (result == BENCH_CARD_NO_FOLDER) {
        bench_refuse_word(bench, command->sequence, "no_file", "the card has no folder ", folder);
        return;
    }
    bench_ack(bench, command, "");
    for (uint32_t index = 0; result == 0; result = port->card->list(port->ctx, folder, ++index, &entry)) {
        send_entry(bench, command->sequence, &entry);
    }
    if (result != BENCH_CARD_NO_FILE) refuse_read(bench, command->sequence, folder);
}

/** What `df` adds up over a folder's files. */
struct use_of_folder {
    uint32_t files;
    uint32_t fragments;
    uint32_t largest_bytes;
    char largest[BENCH_MAX_PATH];
};

static void count_file(const struct bench *bench, const char *path, uint32_t bytes, struct use_of_folder *use)
{
    uint32_t fragments = 0;
    const struct bench_port *port = bench->port;
    if (port->card->fragments(port->ctx, path, &fragments) == 0) use->fragments += fragments;
    use->files++;
    if (bytes <= use->largest_bytes) return;
    use->largest_bytes = bytes;
    bench_card_path(use->largest, path, "", NULL);
}

static void count_folder(const struct bench *bench, const char *folder, struct use_of_folder *use)
{
    struct bench_card_entry entry;
    char path[BENCH_MAX_PATH];
    const struct bench_port *port = bench->port;
    for (uint32_t index = 0; port->card->list(port->ctx, folder, index, &entry) == 0; index++) {
        if (entry.is_folder) continue;
        bench_card_path(path, folder, "", entry.name);
        count_file(bench, path, entry.bytes, use);
    }
}

/** Reads the beginning of the largest file in blocks, as far as it goes. Returns the bytes read, their time in `us`. */
static uint32_t time_reading(const struct bench *bench, const struct use_of_folder *use, uint64_t *us)
{
    const struct bench_port *port = bench->port;
    uint32_t bytes, done = 0;
    const int32_t handle = bench_card_open(bench, use->largest, &bytes);
    void *block = port->memory_take(port->ctx, BENCH_HEAP, BENCH_BLOCK_BYTES);
    const uint64_t since_us = port->hal.now_us(port->hal.ctx);
    while (handle >= 0 && block && done < SPEED_BYTES && bytes - done >= BENCH_BLOCK_BYTES) {
        if (bench_card_read(bench, handle, done, block, BENCH_BLOCK_BYTES) != 0) break;
        done += BENCH_BLOCK_BYTES;
    }
    *us = port->hal.now_us(port->hal.ctx) - since_us;
    port->memory_give(port->ctx, BENCH_HEAP, block);
    bench_card_close(bench, handle);
    return done;
}

static void add_folder(const struct bench *bench, struct bench_record *record, const char *folder)
{
    struct use_of_folder use = {.files = 0};
    uint64_t us;
    count_folder(bench, folder, &use);
    bench_record_uint(record, "files", use.files);
    bench_record_uint(record, "fragments", use.fragments);
    if (use.largest_bytes < BENCH_BLOCK_BYTES) return;
    bench_record_uint(record, "read_bytes", time_reading(bench, &use, &us));
    bench_record_uint(record, "read_us", us);
}

static const char *file_system(uint32_t fat_bits)
{
    switch (fat_bits) {
    case 12: return "fat12";
    case 16: return "fat16";
    case 32: return "fat32";
    case 64: return "exfat";
    default: return "unknown";
    }
}

void bench_command_df(struct bench *bench, struct bench_command *command)
{
    struct bench_card_space space;
    struct bench_record record;
    const char *folder = folder_argument(bench, command);
    if (!folder) return;
    if (bench->port->card->space(bench->port->ctx, &space) != 0) {
        refuse_read(bench, command->sequence, "the file allocation table");
        return;
    }
    bench_ack(bench, command, "");
    bench_record_answer(&record, bench, "card", command->sequence);
    bench_record_string(&record, "fs", file_system(space.fat_bits));
    bench_record_uint(&record, "bytes", space.total);
    bench_record_uint(&record, "free", space.free);
    bench_record_uint(&record, "cluster", space.cluster_bytes);
    if (*folder) bench_unload(bench);
    if (*folder) add_folder(bench, &record, folder);
    bench_record_send(&record, bench);
}

void bench_command_rm(struct bench *bench, struct bench_command *command)
{
    const char *path = bench_command_word(command);
    if (!path || !bench_is_path(path, BENCH_MAX_PATH - 1) || bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "rm takes one file of the card, or one empty folder");
        return;
    }
    if (!bench_card_ready(bench, command, true)) return;
    bench_unload(bench);
    const int result = bench->port->card->remove(bench->port->ctx, path);
    if (result == 0) {
        bench_ack(bench, command, "");
        return;
    }
    struct bench_problem problem;
    bench_problem_of_card(&problem, result, path);
    bench_refuse(bench, command->sequence, &problem);
}
