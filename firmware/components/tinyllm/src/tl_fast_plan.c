#include "tl_fast.h"

#include <string.h>

#include "tl_fast_size.h"
#include "tl_place.h"

static int refuse(struct tl_model *m, const char *knob, const char *reason)
{
    m->fault = (struct tl_fault){.subject = knob, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

static int check_knobs(struct tl_model *m, const struct tl_knobs *k)
{
    if (k->context == 0 || k->context > TL_MAX_CONTEXT || k->context > m->config.max_context) {
        return refuse(m, "context", "is outside what the model allows");
    }
    if (k->batch == 0 || k->batch > TL_MAX_BATCH) return refuse(m, "batch", "is not 1 to 32");
    if (k->core_split > 100) return refuse(m, "core_split", "is more than 100 percent");
    if (k->screen_rows == 0) return refuse(m, "screen_rows", "is 0");
    return TL_OK;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/** At least one row of any matrix fits, wherever it begins within its sectors, and both buffers together the scales' file. */
static uint64_t chunk_bytes(const struct tl_model *m, const struct tl_knobs *k)
{
    uint64_t row = 0;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) row = larger(row, m->weights.matrix[t].row_bytes);
    const uint64_t sectors = (row + 2 * (TL_CARD_SECTOR - 1)) & ~(uint64_t)(TL_CARD_SECTOR - 1);
    return tl_rounded(larger(k->chunk_bytes, larger(sectors, TL_CONFIG_MAX_BYTES / 2)));
}

/** The largest batch whose activations fit internal RAM; when not even one position's do, one position in PSRAM. */
static void plan_activations(const struct tl_model *m, const struct tl_knobs *k, struct tl_need *n, uint64_t *small)
{
    const uint64_t shared = tl_fast_shared_bytes(&m->config, k->context);
    const uint64_t position = tl_fast_position_bytes(&m->config);
    n->internal_fits = shared + position <= TL_INTERNAL_LIMIT_BYTES;
    n->batch = n->internal_fits ? (uint32_t)smaller(k->batch, (TL_INTERNAL_LIMIT_BYTES - shared) / position) : 1;
    *small = shared + n->batch * position;
}

static bool takes(struct tl_need *n, const struct tl_knobs *k, enum tl_residence what, uint64_t bytes, uint64_t *room)
{
    if (!(k->resident & (uint32_t)what) || tl_rounded(bytes) > *room) return false;
    *room -= tl_rounded(bytes);
    n->resident |= (uint32_t)what;
    return true;
}

static bool wants_screen(const struct tl_model *m, const struct tl_knobs *k)
{
    return m->weights.screen_file.handle >= 0 && k->screen != TL_SCREEN_OFF && (k->resident & TL_SCREEN_IN_PSRAM);
}

/**
 * Whether a head in PSRAM is its own screen. It is never slower for it: the same products, and no logits written to PSRAM and walked there
 * again. A small head has so few that having them all to compare is worth more.
 */
static bool screens_itself(const struct tl_matrix *head, const struct tl_knobs *k)
{
    return k->screen != TL_SCREEN_OFF && (uint64_t)head->rows * head->cols >= TL_SCREEN_LEAST_WEIGHTS;
}

static void plan_head(const struct tl_model *m, const struct tl_knobs *k, struct tl_need *n, uint64_t *room)
{
    const struct tl_file *screen = &m->weights.screen_file;
    const struct tl_matrix *head = tl_model_head(m);
    if (takes(n, k, TL_HEAD_IN_PSRAM, head->file.bytes, room)) {
        n->head_bytes = head->file.bytes;
        n->screens_itself = screens_itself(head, k);
    } else if (wants_screen(m, k) && takes(n, k, TL_SCREEN_IN_PSRAM, screen->bytes, room)) {
        n->screen_bytes = screen->bytes;
    }
}

/** The partition holds the layers and, in its last sector, the record of what it holds. */
static bool fits_flash(const struct tl_model *m, uint64_t bytes)
{
    const struct tl_hal *hal = m->hal;
    uint32_t size = 0;
    if (!hal->flash_map || !m->weights.has_manifest || !hal->flash_map(hal->ctx, &size)) return false;
    return size >= TL_FLASH_SECTOR && bytes <= size - TL_FLASH_SECTOR;
}

static void plan_layers(const struct tl_model *m, const struct tl_knobs *k, struct tl_need *n, uint64_t *room)
{
    const uint64_t bytes = tl_fast_layer_bytes(&m->weights);
    if (!takes(n, k, TL_LAYERS_IN_PSRAM, bytes, room)) {
        if (!(k->resident & TL_LAYERS_IN_FLASH) || !fits_flash(m, bytes)) return;
        n->resident |= TL_LAYERS_IN_FLASH;
    }
    n->layer_bytes = (uint32_t)bytes;
}

static void plan_table(const struct tl_model *m, const struct tl_knobs *k, struct tl_need *n, uint64_t *room)
{
    const uint32_t bytes = m->weights.matrix[TL_EMBED].file.bytes;
    if (!m->config.tied_head && takes(n, k, TL_EMBED_IN_PSRAM, bytes, room)) n->table_bytes = bytes;
}

/** Bytes of one position in the KV cache. */
static uint64_t kv_position_bytes(const struct tl_config *c)
{
    return 2ull * c->layers * c->kv_heads * c->head_dim * 4;
}

/** The longest context whose cache would leave room for the screen beside what else the state holds; 0: not even one position's. */
static uint32_t context_for_screen(const struct tl_model *m, const struct tl_knobs *k, uint64_t other)
{
    const uint64_t screen = tl_rounded(m->weights.screen_file.bytes);
    const uint64_t taken = screen + tl_rounded(other) + 2 * tl_rounded(1);
    if (screen > k->cache_bytes || taken > k->psram_bytes) return 0;
    return (uint32_t)smaller((k->psram_bytes - taken) / kv_position_bytes(&m->config), k->context);
}

/** What is resident gets what the state leaves of PSRAM. */
static void plan_residents(const struct tl_model *m, const struct tl_knobs *k, struct tl_need *n, uint64_t state)
{
    const uint64_t taken = tl_rounded(state);
    const uint64_t free = k->psram_bytes > taken ? k->psram_bytes - taken : 0;
    const uint64_t room = smaller(free, k->cache_bytes) & ~(uint64_t)15u;
    uint64_t left = room;
    plan_head(m, k, n, &left);
    plan_layers(m, k, n, &left);
    plan_table(m, k, n, &left);
    n->resident_bytes = (uint32_t)(room - left);
}

int tl_fast_plan(struct tl_model *m, const struct tl_knobs *k)
{
    const struct tl_config *c = &m->config;
    struct tl_need *n = &m->need;
    uint64_t small;
    if (check_knobs(m, k)) return TL_ERR_BAD_CONFIG;
    memset(n, 0, sizeof *n);
    plan_activations(m, k, n, &small);
    const uint64_t kv = kv_position_bytes(c) * k->context;
    const uint64_t other = tl_rounded(c->vocab * 4ull) + (n->internal_fits ? 0 : small);
    const uint64_t state = 2 * tl_rounded(kv / 2) + other;
    plan_residents(m, k, n, state);
    n->screen_left_out = wants_screen(m, k) && !(n->resident & (TL_HEAD_IN_PSRAM | TL_SCREEN_IN_PSRAM));
    n->screen_context = n->screen_left_out ? context_for_screen(m, k, other) : 0;

    const uint64_t chunk = chunk_bytes(m, k);
    const uint32_t rows = k->screen_rows < c->vocab ? k->screen_rows : c->vocab;
    const uint64_t list = n->resident & TL_SCREEN_IN_PSRAM ? tl_fast_list_bytes(c, rows) : 0;
    if (2 * chunk > UINT32_MAX) return refuse(m, "chunk_bytes", "exceeds 32-bit sizes");
    if (list > UINT32_MAX) return refuse(m, "screen_rows", "exceeds 32-bit sizes");
    if (kv > UINT32_MAX || state > UINT32_MAX) return refuse(m, "context", "needs a KV cache that exceeds 32-bit sizes");
    n->context = k->context;
    n->code_count = tl_config_code_count(c);
    n->scale_count = tl_config_scale_count(c);
    n->kv_bytes = (uint32_t)kv;
    n->logits_bytes = c->vocab * 4;
    n->embed_bytes = n->batch * c->hidden * 4;
    n->norm_bytes = (2 * c->layers + 1) * c->hidden * 4;
    n->work_bytes = (uint32_t)small - n->embed_bytes - n->norm_bytes;
    n->chunk_bytes = (uint32_t)chunk;
    n->bounce_bytes = (uint32_t)(2 * chunk);
    n->list_bytes = (uint32_t)list;
    n->internal_bytes = n->internal_fits ? (uint32_t)small : 0;
    n->psram_bytes = (uint32_t)state;
    return TL_OK;
}
