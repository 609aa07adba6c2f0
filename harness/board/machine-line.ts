import { ConfigError } from '../errors.js';
import { crc32Hex } from './crc32-hex.js';
import { type BoardRecord, boardRecordSchema } from './records.js';

/** Length of the longest command line, its `\n` counted (firmware/PROTOCOL.md): it fits the UART's FIFO. */
export const maxCommandBytes = 120;

export type DecodedLine =
  | { readonly ok: true; readonly record: BoardRecord }
  /** `why` is for people: which of framing, CRC, JSON or schema was wrong. */
  | { readonly ok: false; readonly why: string };

/**
 * Decodes one machine line, `@` JSON `*` CRC, without its line end. Never throws; whatever is not exactly a
 * known record under a right CRC is refused with a reason.
 */
export function decodeMachineLine(line: Uint8Array): DecodedLine {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const star = bytes.length - 9;
  if (star < 2 || bytes[0] !== 0x40 || bytes[star] !== 0x2a) return { ok: false, why: 'no CRC at its end' };
  const json = bytes.subarray(1, star);
  const said = bytes.toString('latin1', star + 1);
  const computed = crc32Hex(json);
  if (said !== computed) return { ok: false, why: `its CRC says ${said}, its bytes ${computed}` };
  return decodeRecord(json.toString('utf8'));
}

function decodeRecord(json: string): DecodedLine {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { ok: false, why: 'not JSON' };
  }
  const parsed = boardRecordSchema.safeParse(value);
  if (parsed.success) return { ok: true, record: parsed.data };
  const issue = parsed.error.issues[0];
  if (issue?.code === 'invalid_union') return { ok: false, why: 'no record of this protocol' };
  return {
    ok: false,
    why: `record malformed at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'unknown'}`,
  };
}

/** One machine line as the board sends it, with its `\n`. The inverse of {@link decodeMachineLine}. */
export function encodeMachineLine(record: BoardRecord): string {
  const json = JSON.stringify(record);
  return `@${json}*${crc32Hex(json)}\n`;
}

/**
 * A command line `#SEQ VERB ARGUMENTS *CRC\n`.
 * @throws ConfigError `command-too-long` when it would exceed {@link maxCommandBytes}: who sends ids, chunks them.
 */
export function encodeCommand(sequence: number, command: string): string {
  const body = `#${sequence} ${command}`;
  const line = `${body} *${crc32Hex(body)}\n`;
  const length = Buffer.byteLength(line);
  if (length > maxCommandBytes) {
    throw new ConfigError(
      'command-too-long',
      `the command "${body.slice(0, 40)}..." takes ${length} bytes, the board accepts ${maxCommandBytes}: use shorter names`,
      { bytes: length, limitBytes: maxCommandBytes },
    );
  }
  return line;
}
