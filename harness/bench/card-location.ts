import { basename, dirname } from 'node:path';

/** The folder name and the root of a card, as the board sees them. */
export function cardLocation(card: { readonly folder: string }): {
  readonly root: string;
  readonly name: string;
} {
  return { root: dirname(card.folder), name: basename(card.folder) };
}
