#ifndef BENCH_SWITCH_LIST_H
#define BENCH_SWITCH_LIST_H

#include <stdbool.h>
#include <stdint.h>

/** Longest list, its last line included. */
#define BENCH_SWITCH_LIST_BYTES 4096

/** What a folder is to hold: lines `CRC SIZE NAME`, then `=CRC` over all lines before (firmware/PROTOCOL.md). */
struct bench_switch_list {
    char text[BENCH_SWITCH_LIST_BYTES + 4]; /* NUL-terminated by the check */
    uint32_t end; /* of the lines before the last one */
    uint32_t at;
};

struct bench_switch_item {
    uint32_t crc;
    uint32_t bytes;
    char name[65];
};

/** Whether `text` of so many bytes is a whole list, every line of it. */
bool bench_switch_list_check(struct bench_switch_list *list, uint32_t bytes);

void bench_switch_list_rewind(struct bench_switch_list *list);

/** The next line; false behind the last. Only for a list that passed its check. */
bool bench_switch_list_next(struct bench_switch_list *list, struct bench_switch_item *item);

#endif
