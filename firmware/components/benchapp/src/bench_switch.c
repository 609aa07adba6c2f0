#include "bench_switch.h"

#include <string.h>

#include "bench_card.h"
#include "bench_load.h"
#include "bench_switch_list.h"

/*
 * The switch, in the order that a cut anywhere leaves something that is recognised: the list is checked against the
 * staged files and renamed to COMMIT, which decides it; the manifest goes away; the files move; the new manifest moves;
 * COMMIT goes away. While COMMIT is there, all of that can be done again from any state in between.
 */

#define LIST "switch.txt"
#define COMMIT "commit.txt"
#define MANIFEST "manifest.json"

struct switching {
    const struct bench *bench;
    const char *folder;
    struct bench_switch_list list;
    struct bench_problem *problem;
    uint32_t moved;
    char *block; /* (BENCH_BLOCK_BYTES) */
};

static bool bad_card(const struct switching *s, const char *name, const char *what)
{
    bench_problem_begin(s->problem, "bad_card", "");
    bench_text_tame(&s->problem->text, s->folder);
    bench_text_add(&s->problem->text, " is half provisioned: ");
    bench_text_tame(&s->problem->text, name);
    bench_text_char(&s->problem->text, ' ');
    bench_text_add(&s->problem->text, what);
    return false;
}

static bool card_said(const struct switching *s, int result, const char *path)
{
    if (result == 0) return true;
    bench_problem_of_card(s->problem, result, path);
    return false;
}

bool bench_switch_pending(const struct bench *bench, const char *folder)
{
    char path[BENCH_MAX_PATH];
    uint32_t bytes;
    bench_card_path(path, folder, BENCH_STAGE_SUFFIX, COMMIT);
    return bench_card_has(bench, path, &bytes);
}

/** Reads FOLDER.part/name into the list; false when it is not there or damaged. */
static bool read_list(struct switching *s, const char *name)
{
    char path[BENCH_MAX_PATH];
    uint32_t bytes;
    bench_card_path(path, s->folder, BENCH_STAGE_SUFFIX, name);
    const int32_t handle = bench_card_open(s->bench, path, &bytes);
    if (handle < 0) {
        bench_problem_begin(s->problem, "no_file", "nothing is staged for ");
        bench_text_tame(&s->problem->text, s->folder);
        return false;
    }
    const bool fits = bytes > 0 && bytes <= sizeof s->list.text - 1;
    const bool read = fits && bench_card_read(s->bench, handle, 0, s->list.text, bytes) == 0;
    bench_card_close(s->bench, handle);
    if (!read) return bad_card(s, name, "cannot be read");
    return bench_switch_list_check(&s->list, bytes) ? true : bad_card(s, name, "is damaged");
}

static bool crc_of(const struct switching *s, int32_t handle, uint32_t bytes, uint32_t *crc)
{
    *crc = 0;
    for (uint32_t at = 0; at < bytes;) {
        const uint32_t piece = bytes - at < BENCH_BLOCK_BYTES ? bytes - at : BENCH_BLOCK_BYTES;
        if (bench_card_read(s->bench, handle, at, s->block, piece) != 0) return false;
        *crc = bench_card_crc(s->bench, *crc, s->block, piece);
        at += piece;
    }
    return true;
}

/** A staged file must be what the list says, to the byte; one that is not staged must be in the folder at its size. */
static bool check_item(const struct switching *s, const struct bench_switch_item *item)
{
    char path[BENCH_MAX_PATH];
    uint32_t bytes, crc;
    bench_card_path(path, s->folder, BENCH_STAGE_SUFFIX, item->name);
    const int32_t handle = bench_card_open(s->bench, path, &bytes);
    if (handle < 0) {
        bench_card_path(path, s->folder, "", item->name);
        if (!bench_card_has(s->bench, path, &bytes)) return bad_card(s, item->name, "is neither there nor staged");
        return bytes == item->bytes ? true : bad_card(s, item->name, "has another size, and is not staged");
    }
    const bool read = bytes == item->bytes && crc_of(s, handle, bytes, &crc);
    bench_card_close(s->bench, handle);
    return read && crc == item->crc ? true : bad_card(s, item->name, "is staged, but not whole");
}

static bool check_all(struct switching *s)
{
    struct bench_switch_item item;
    bench_switch_list_rewind(&s->list);
    while (bench_switch_list_next(&s->list, &item)) {
        if (!check_item(s, &item)) return false;
    }
    return true;
}

/** FAT replaces nothing: the old file goes first. In between, the staged one is the only one. */
static bool move(struct switching *s, const char *name)
{
    const struct bench_port *port = s->bench->port;
    char from[BENCH_MAX_PATH], to[BENCH_MAX_PATH];
    uint32_t bytes;
    bench_card_path(from, s->folder, BENCH_STAGE_SUFFIX, name);
    bench_card_path(to, s->folder, "", name);
    if (!bench_card_has(s->bench, from, &bytes)) return true;
    const int removed = port->card->remove(port->ctx, to);
    if (removed != BENCH_CARD_NO_FILE && !card_said(s, removed, to)) return false;
    s->moved++;
    return card_said(s, port->card->rename(port->ctx, from, to), to);
}

static bool forget_manifest(const struct switching *s)
{
    const struct bench_port *port = s->bench->port;
    char path[BENCH_MAX_PATH];
    uint32_t bytes;
    bench_card_path(path, s->folder, BENCH_STAGE_SUFFIX, MANIFEST);
    if (!bench_card_has(s->bench, path, &bytes)) return true;
    bench_card_path(path, s->folder, "", MANIFEST);
    const int removed = port->card->remove(port->ctx, path);
    return removed == BENCH_CARD_NO_FILE || card_said(s, removed, path);
}

static bool move_all(struct switching *s)
{
    struct bench_switch_item item;
    bench_switch_list_rewind(&s->list);
    while (bench_switch_list_next(&s->list, &item)) {
        if (strcmp(item.name, MANIFEST) != 0 && !move(s, item.name)) return false;
    }
    return true;
}

static bool end_stage(const struct switching *s)
{
    const struct bench_port *port = s->bench->port;
    char path[BENCH_MAX_PATH];
    bench_card_path(path, s->folder, BENCH_STAGE_SUFFIX, COMMIT);
    if (!card_said(s, port->card->remove(port->ctx, path), path)) return false;
    bench_card_path(path, s->folder, BENCH_STAGE_SUFFIX, NULL);
    port->card->remove(port->ctx, path);
    return true;
}

/** From any state in which COMMIT is there. */
static bool finish(struct switching *s)
{
    const struct bench_port *port = s->bench->port;
    if (!read_list(s, COMMIT)) return false;
    if (!card_said(s, port->card->make_folder(port->ctx, s->folder), s->folder)) return false;
    return forget_manifest(s) && move_all(s) && check_all(s) && move(s, MANIFEST) && end_stage(s);
}

static bool commit(const struct switching *s)
{
    const struct bench_port *port = s->bench->port;
    char from[BENCH_MAX_PATH], to[BENCH_MAX_PATH];
    bench_card_path(from, s->folder, BENCH_STAGE_SUFFIX, LIST);
    bench_card_path(to, s->folder, BENCH_STAGE_SUFFIX, COMMIT);
    return card_said(s, port->card->rename(port->ctx, from, to), to);
}

static bool decide(struct switching *s)
{
    return read_list(s, LIST) && check_all(s) && commit(s);
}

static bool run(struct switching *s)
{
    if (!bench_switch_pending(s->bench, s->folder) && !decide(s)) return false;
    return finish(s);
}

/** Everything that is large lies in internal heap: the main task's stack is small. */
static bool switch_folder(const struct bench *bench, const char *folder, struct bench_problem *problem, uint32_t *moved)
{
    const struct bench_port *port = bench->port;
    struct switching *s = port->memory_take(port->ctx, BENCH_HEAP, sizeof *s + BENCH_BLOCK_BYTES);
    if (!s) {
        bench_problem_begin(problem, "no_memory", "a switch needs 9 KB of internal heap");
        return false;
    }
    memset(s, 0, sizeof *s);
    s->bench = bench;
    s->folder = folder;
    s->problem = problem;
    s->block = (char *)(s + 1);
    const bool done = run(s);
    *moved = s->moved;
    port->memory_give(port->ctx, BENCH_HEAP, s);
    return done;
}

bool bench_switch_settle(const struct bench *bench, const char *folder, struct bench_problem *problem)
{
    uint32_t moved;
    if (!bench_switch_pending(bench, folder)) return true;
    if (bench->port->card) return switch_folder(bench, folder, problem, &moved);
    bench_problem_begin(problem, "bad_card", folder);
    bench_text_add(&problem->text, " is half provisioned, and this build cannot write to its card");
    return false;
}

void bench_command_use(struct bench *bench, struct bench_command *command)
{
    struct bench_problem problem;
    char extra[BENCH_MAX_ACK];
    uint32_t moved;
    const char *folder = bench_command_word(command);
    if (!folder || !bench_is_path(folder, TL_MAX_FOLDER) || bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "use takes one folder of the card");
        return;
    }
    if (!bench_card_ready(bench, command, true)) return;
    bench_unload(bench);
    if (!switch_folder(bench, folder, &problem, &moved)) {
        bench_refuse(bench, command->sequence, &problem);
        return;
    }
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, ",\"count\":");
    bench_text_uint(&text, moved);
    bench_ack(bench, command, extra);
}
