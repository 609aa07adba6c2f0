import { z } from 'zod';

/** How a piece of a tokenizer.json becomes bytes. */
export interface PieceDecoder {
  readonly bytes: (piece: string) => Uint8Array;
  /** The first word of a sequence carries a blank that its text does not have. */
  readonly stripBlank: boolean;
}

const stepSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Replace'), pattern: z.object({ String: z.string() }), content: z.string() }),
  z.object({ type: z.literal('ByteFallback') }),
  z.object({ type: z.literal('Fuse') }),
  z.object({ type: z.literal('Strip'), content: z.string(), start: z.int(), stop: z.int() }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: z.string().default('▁'),
    prepend_scheme: z.string().default('always'),
    add_prefix_space: z.boolean().default(true),
  }),
  z.object({ type: z.literal('ByteLevel') }),
]);
type Step = z.output<typeof stepSchema>;

/** The `decoder` of a tokenizer.json, as far as Llama's tokenizers use it. */
export const pieceDecoderSchema = z.preprocess(
  (value) => (isSequence(value) ? value.decoders : [value]),
  z.array(stepSchema).min(1),
);

/** The decoder that these steps make, one piece at a time; only a blank at the very front depends on the sequence. */
export function pieceDecoder(steps: readonly Step[]): PieceDecoder {
  const byteLevel = steps.some(({ type }) => type === 'ByteLevel');
  const byteFallback = steps.some(({ type }) => type === 'ByteFallback');
  const bytes = (piece: string): Uint8Array => {
    if (byteLevel) return byteLevelBytes(piece);
    const named = byteFallback ? /^<0x([0-9A-Fa-f]{2})>$/.exec(piece) : null;
    if (named !== null) return Uint8Array.of(Number.parseInt(named[1]!, 16));
    return new TextEncoder().encode(steps.reduce(replace, piece));
  };
  return { bytes, stripBlank: steps.some(stripsBlank) };
}

function isSequence(value: unknown): value is { readonly decoders: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    value.type === 'Sequence' &&
    'decoders' in value
  );
}

function replace(piece: string, step: Step): string {
  if (step.type === 'Replace') return piece.replaceAll(step.pattern.String, step.content);
  return step.type === 'Metaspace' ? piece.replaceAll(step.replacement, ' ') : piece;
}

function stripsBlank(step: Step): boolean {
  if (step.type === 'Strip') return step.content === ' ' && step.start > 0;
  return step.type === 'Metaspace' && step.prepend_scheme !== 'never' && step.add_prefix_space;
}

/**
 * GPT-2's printable stand-ins for bytes: a byte that is printable in Latin-1 stands for itself, the others, in rising
 * order, for U+0100 and on.
 */
const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = standIns();

function standIns(): Map<string, number> {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  const map = new Map<string, number>();
  let shifted = 256;
  for (let byte = 0; byte < 256; byte++)
    map.set(String.fromCharCode(printable(byte) ? byte : shifted++), byte);
  return map;
}

/** A piece with a character that stands for no byte is an added token, which is plain text. */
function byteLevelBytes(piece: string): Uint8Array {
  const bytes = [...piece].map((character) => BYTE_OF_CHARACTER.get(character));
  return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : new TextEncoder().encode(piece);
}
