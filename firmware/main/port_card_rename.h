#ifndef PORT_CARD_RENAME_H
#define PORT_CARD_RENAME_H

#include "port_card.h"

/**
 * Renames a file so that a power cut leaves it under the one name or the other once the card is mounted again.
 * 0, or an error of bench_card_port.h; folders are refused.
 */
int port_card_rename_file(struct port_card *card, const char *from, const char *to);

/** Ends a rename that a power cut left half done. Part of mounting. */
void port_card_settle_rename(struct port_card *card);

#endif
