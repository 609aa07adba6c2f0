/* The memory of the host's fast modules: all of it is the module's own, taken from the end of its data upwards. */
#include "memory.h"
#include <stddef.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

extern uint8_t __heap_base;
static uintptr_t top;

void *take(uint64_t bytes) {
  uint64_t start = top == 0 ? ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15 : top;
  uint64_t end = start + ((bytes + 15) & ~(uint64_t)15);
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) << 16;
  if (end > UINT32_MAX) return 0;
  if (end > have && __builtin_wasm_memory_grow(0, (size_t)((end - have + 65535) >> 16)) == (size_t)-1) return 0;
  top = (uintptr_t)end;
  return (void *)(uintptr_t)start;
}

void *EXPORT(alloc)(uint32_t bytes) { return take(bytes); }
