#pragma once
#include <stdint.h>

/* Memory for `bytes`, 16 aligned, zeroed as WebAssembly's is; 0 when there is none. Never given back. */
void *take(uint64_t bytes);
