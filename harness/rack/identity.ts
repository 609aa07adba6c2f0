import type { Rack } from './rack-file.js';

/** What people call the chip with this MAC, for messages: `cam-2 of rack.yaml`. */
export function knownAs({
  boards,
  path,
}: Pick<Rack, 'boards' | 'path'>): (mac: string) => string | undefined {
  return (mac) => {
    const board = boards.find((one) => one.mac === mac);
    return board === undefined ? undefined : `${board.id} of ${path}`;
  };
}
