import type { FailureClass } from '../errors.js';
import { BoardError } from './board-error.js';
import type { ErrRecord } from './records.js';

interface Blame {
  readonly failureClass: FailureClass;
  readonly next: string;
}

const card: Blame = { failureClass: 'infra-fail', next: 'check that the card sits, reads and is formatted' };

/** The host wrote and checked the card's content before the run, so a card that lacks it is the lab's fault. */
const cardContent: Blame = { failureClass: 'infra-fail', next: 'provision the card again' };

/** Plans are checked before hardware is touched; what still gets here asks for what this build does not offer. */
const request: Blame = {
  failureClass: 'config-error',
  next: 'change the scenario, or flash a build that offers it',
};

/** A caller in the wrong order, or a console that framed wrongly: never the board's fault. */
const harness: Blame = { failureClass: 'harness-bug', next: 'report it with the capture' };

const product: Blame = { failureClass: 'product-fail', next: 'look at the build under test' };

/** Who is to blame for each error code of firmware/PROTOCOL.md. */
const blames: ReadonlyMap<string, Blame> = new Map([
  ['no_card', card],
  ['card_read', card],
  ['card_write', card],
  ['card_full', { failureClass: 'infra-fail', next: 'free space on the card, or use a larger one' }],
  ['read_only', { failureClass: 'infra-fail', next: 'unlock the card, or provision it in a card reader' }],
  ['bad_card', cardContent],
  [
    'flash',
    { failureClass: 'infra-fail', next: 'flash the board anew; if it stays so, its flash chip is worn out' },
  ],
  ['timeout', { failureClass: 'infra-fail', next: 'check the cable, then provision again' }],
  ['no_file', cardContent],
  ['bad_size', cardContent],
  ['bad_config', cardContent],
  ['bad_weights', cardContent],
  ['bad_hash', cardContent],
  ['no_model', { failureClass: 'config-error', next: 'load a model folder first' }],
  ['no_prompt', harness],
  ['unknown', { failureClass: 'config-error', next: 'flash a build that speaks bench protocol 1' }],
  ['bad_arg', request],
  ['bad_token', request],
  ['too_long', request],
  ['bad_key', request],
  ['bad_value', request],
  ['crc', harness],
  ['crc_missing', harness],
  ['seq_old', harness],
  ['line_long', harness],
  ['gap', harness],
  ['no_memory', product],
  ['bad_logits', product],
]);

/** The error for an `err` record. A code that the protocol does not know is the build's fault. */
export function refusalError(board: string, command: string, refusal: ErrRecord): BoardError {
  const { failureClass, next } = blames.get(refusal.code) ?? product;
  const message = `board ${board} refused "${command}": ${refusal.code}: ${refusal.msg}: ${next}`;
  return new BoardError('refused', failureClass, message, { board, waitedFor: command, refusal });
}
