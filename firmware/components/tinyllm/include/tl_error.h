#ifndef TL_ERROR_H
#define TL_ERROR_H

#include <stdint.h>

/** What a call of the core returns: TL_OK, or one of the negative codes. */
enum tl_error {
    TL_OK = 0,
    TL_ERR_NO_FILE = -1,    /* the card has no such file */
    TL_ERR_BAD_SIZE = -2,   /* a file's size does not prove its shape */
    TL_ERR_BAD_CONFIG = -3, /* model_config.json, or a shape that this core cannot run */
    TL_ERR_NO_MEMORY = -4,  /* an arena is smaller than tl_plan() asked for */
    TL_ERR_CARD_READ = -5,  /* the card refused or failed a read */
    TL_ERR_BAD_LOGITS = -6, /* a logit is NaN or infinite */
    TL_ERR_BAD_ARGUMENT = -7, /* a token or position outside the model's range */
    TL_ERR_BAD_WEIGHTS = -8, /* a scale in a weight file is NaN or infinite */
    TL_ERR_BAD_HASH = -9,    /* a file's content is not what the manifest says */
    TL_ERR_FLASH = -10       /* the weights partition refused an erase or a write, or kept it badly */
};

/**
 * Where and why a call failed, as data: whoever talks to people words it. Only meaningful after a negative return.
 * All strings are static, or live as long as the model.
 */
struct tl_fault {
    const char *file;    /* the file concerned, within the model's folder; NULL when it is none, as with a knob */
    const char *subject; /* the key within it, or the knob; the file's name again when it is about the whole file */
    const char *reason;  /* what is wrong with it; NULL when the code says it all */
    uint64_t expected;   /* bytes, with TL_ERR_BAD_SIZE */
    uint64_t found;      /* bytes, with TL_ERR_BAD_SIZE */
};

#endif
