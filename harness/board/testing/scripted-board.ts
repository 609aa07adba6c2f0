import { crc32 } from 'node:zlib';
import { encodeMachineLine } from '../machine-line.js';
import type { BoardRecord } from '../records.js';
import type { ScriptedPort } from './scripted-port.js';

/** One command as a board understands it. */
export interface HeardCommand {
  readonly sequence: number;
  readonly words: readonly string[];
  readonly text: string;
}

/** Records that a scripted board answers a command with; nonce and sequence number are filled in. */
export type Answer = Record<string, unknown> & { readonly r: string };

/**
 * A board of a few lines that keeps the framing rules of firmware/PROTOCOL.md (CRC, nonce, the same number answered by
 * the same ack and not executed twice), and answers commands by a test's script. `damage` may alter each of its lines.
 */
export class ScriptedBoard {
  nonce = '-';
  /** Commands as executed: sent again does not count again. */
  readonly executed: string[] = [];
  /** Every line that arrived, right or wrong. */
  heard = 0;
  /** Alters or drops (`''`) an outgoing line; `index` counts from 0. */
  damage: (line: string, index: number) => string = (line) => line;
  /** Whether an incoming line arrives damaged; `index` counts from 0. */
  corrupts: (index: number) => boolean = () => false;
  private lastLine = '';
  private lastAck: Answer | undefined;
  private sent = 0;

  constructor(
    device: ScriptedPort,
    private readonly script: (command: HeardCommand) => readonly Answer[],
  ) {
    device.onWrite = (text) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => this.hear(line));
  }

  private hear(line: string): string[] {
    const parsed = this.corrupts(this.heard++) ? undefined : parseCommand(line);
    if (parsed === undefined) {
      return this.say([{ r: 'err', q: 0, code: 'crc', msg: 'command damaged' }], 0);
    }
    if (line === this.lastLine && this.lastAck !== undefined) {
      return this.say([{ ...this.lastAck, dup: 1 }], parsed.sequence);
    }
    this.executed.push(parsed.text);
    if (parsed.words[0] === 'hello') this.nonce = parsed.words[1] ?? '-';
    const answers = this.script(parsed);
    this.lastAck = answers.find((answer) => answer.r === 'ack');
    this.lastLine = line;
    return this.say(answers, parsed.sequence);
  }

  private say(answers: readonly Answer[], sequence: number): string[] {
    return answers.map((answer) => {
      const record = { n: this.nonce, q: sequence, ...answer } as unknown as BoardRecord;
      return this.damage(encodeMachineLine(record), this.sent++);
    });
  }
}

function parseCommand(line: string): HeardCommand | undefined {
  const match = /^#(\d+) (.*) \*([0-9a-f]{8})$/.exec(line);
  if (match === null) return undefined;
  const body = `#${match[1]} ${match[2]}`;
  if (crc32(body).toString(16).padStart(8, '0') !== match[3]) return undefined;
  return { sequence: Number(match[1]), text: match[2]!, words: match[2]!.split(' ') };
}
