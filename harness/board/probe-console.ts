import type { BoardConsole } from './console.js';

/** What measuring needs of a console. */
export type ProbeConsole = Pick<BoardConsole, 'probe' | 'baud' | 'info'>;

/** The same console, whose waits all end with `signal`. */
export function abortable(console: BoardConsole, signal: AbortSignal | undefined): ProbeConsole {
  if (signal === undefined) return console;
  return {
    probe: (what, waiting = {}) => console.probe(what, { ...waiting, signal }),
    baud: (rate, waiting = {}) => console.baud(rate, { ...waiting, signal }),
    info: (waiting = {}) => console.info({ ...waiting, signal }),
  };
}
