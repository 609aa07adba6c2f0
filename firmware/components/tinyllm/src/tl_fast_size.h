#ifndef TL_FAST_SIZE_H
#define TL_FAST_SIZE_H

#include "tl_model.h"

/* Sizes that the plan of `fast` adds up and its layout carves, in bytes. */

/** The smallest erasable piece of the flash, and what the record of its content takes. */
#define TL_FLASH_SECTOR 4096u

/** The card's sectors. */
#define TL_CARD_SECTOR 512u

/** The matrices of a layer, in the order in which a forward pass takes them. */
extern const enum tl_tensor tl_layer_order[7];

/** Codes of a vector of `n` and the sums of their groups behind them. */
uint64_t tl_fast_code_bytes(uint32_t n);

/** The activations of one position. */
uint64_t tl_fast_position_bytes(const struct tl_config *config);

/** What all positions share: attention weights, RoPE frequencies, norms and scales. */
uint64_t tl_fast_shared_bytes(const struct tl_config *config, uint32_t context);

/** Shortlists of both cores (`rows` each) and the norms that a scan needs. */
uint64_t tl_fast_list_bytes(const struct tl_config *config, uint32_t rows);

/** The matrices of all layers, each rounded up to 16. */
uint64_t tl_fast_layer_bytes(const struct tl_weights *weights);

#endif
