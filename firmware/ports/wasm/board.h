#ifndef BOARD_H
#define BOARD_H

#include <stdint.h>

/* The imports of ABI.md, which has their contracts. */

#define BOARD(name) __attribute__((import_module("board"), import_name(#name)))

BOARD(uart_write) void board_uart_write(const void *bytes, uint32_t count);
BOARD(uart_flush) void board_uart_flush(void);
BOARD(uart_read) int32_t board_uart_read(void *bytes, uint32_t capacity, double timeout_us);
BOARD(uart_baud) void board_uart_baud(uint32_t rate);
BOARD(now_us) double board_now_us(void);
BOARD(work) void board_work(uint32_t kernel, uint32_t count, const void *data, uint32_t bytes);
BOARD(parallel_begin) void board_parallel_begin(void);
BOARD(parallel_switch) void board_parallel_switch(void);
BOARD(parallel_end) void board_parallel_end(void);
BOARD(region) void board_region(uint32_t kind, const void *start, uint32_t bytes);
BOARD(memory_size) uint32_t board_memory_size(uint32_t kind);
BOARD(flash_map) int32_t board_flash_map(void *target);
BOARD(flash_erase) int32_t board_flash_erase(uint32_t offset, uint32_t bytes);
BOARD(flash_write) int32_t board_flash_write(uint32_t offset, const void *data, uint32_t bytes);
BOARD(card_mount) int32_t board_card_mount(void);
BOARD(card_open) int32_t board_card_open(const char *path, uint32_t length);
BOARD(card_size) uint32_t board_card_size(int32_t handle);
BOARD(card_read_begin) int32_t board_card_read_begin(int32_t handle, uint32_t offset, void *target, uint32_t bytes);
BOARD(card_read_wait) int32_t board_card_read_wait(void);
BOARD(card_close) void board_card_close(int32_t handle);
BOARD(card_create) int32_t board_card_create(const char *path, uint32_t length, uint32_t bytes);
BOARD(card_write) int32_t board_card_write(int32_t handle, uint32_t offset, const void *data, uint32_t bytes);
BOARD(card_sync) int32_t board_card_sync(int32_t handle);
BOARD(card_rename) int32_t board_card_rename(const char *from, uint32_t from_length, const char *to, uint32_t to_length);
BOARD(card_remove) int32_t board_card_remove(const char *path, uint32_t length);
BOARD(card_make_folder) int32_t board_card_make_folder(const char *path, uint32_t length);
BOARD(card_entry) double board_card_entry(const char *folder, uint32_t length, uint32_t index, char *name, uint32_t capacity);
BOARD(card_space) double board_card_space(uint32_t what);
BOARD(card_fragments) int32_t board_card_fragments(const char *path, uint32_t length);
BOARD(chip) int32_t board_chip(char *text, uint32_t capacity);
BOARD(stack_free) uint32_t board_stack_free(void);
BOARD(abort) void board_abort(const char *message, uint32_t length);

#undef BOARD

#endif
