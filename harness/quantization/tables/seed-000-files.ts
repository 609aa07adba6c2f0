import { storedMatrices } from '../../model/card-config.js';
import { elementCount, type LlamaConfig, tensorShape } from '../../model/checkpoint.js';
import { matrixShape } from '../../model/pack-model.js';
import { NORM_NAMES } from '../../model/packed-model.js';
import { rowBytes, type WeightFormat } from '../../model/weight-format.js';
import { type Claim, checkClaim } from './claim.js';
import { right, type TableSection } from './section.js';
import { isTinyLlm } from './seed-000-sizes.js';

/** Seed 000, "File Structure": what it says of each file, in its own unit of 1,024 bytes. */
const SEED_FILES: Readonly<
  Record<string, { readonly said: string; readonly bytes: number; readonly digit: number }>
> = {
  embed_tokens: { said: '6.0 MB', bytes: 6 * 2 ** 20, digit: 0.1 * 2 ** 20 },
  q_proj: { said: '36 KB', bytes: 36 * 1024, digit: 1024 },
  k_proj: { said: '18 KB', bytes: 18 * 1024, digit: 1024 },
  v_proj: { said: '18 KB', bytes: 18 * 1024, digit: 1024 },
  o_proj: { said: '36 KB', bytes: 36 * 1024, digit: 1024 },
  gate_proj: { said: '192 KB', bytes: 192 * 1024, digit: 1024 },
  up_proj: { said: '192 KB', bytes: 192 * 1024, digit: 1024 },
  down_proj: { said: '192 KB', bytes: 192 * 1024, digit: 1024 },
  lm_head: { said: '6.0 MB', bytes: 6 * 2 ** 20, digit: 0.1 * 2 ** 20 },
  norm1: { said: '0.8 KB', bytes: 0.8 * 1024, digit: 0.1 * 1024 },
  norm2: { said: '0.8 KB', bytes: 0.8 * 1024, digit: 0.1 * 1024 },
  final_norm: { said: '0.8 KB', bytes: 0.8 * 1024, digit: 0.1 * 1024 },
};

/** The files of a card, one by one. */
export function fileSection(config: LlamaConfig): TableSection {
  const naive = fileBytes(config, 'int8');
  const byRows = fileBytes(config, 'int8_row');
  const names = Object.keys(naive);
  const seed = (name: string) => (isTinyLlm(config) ? SEED_FILES[name]!.said : '');
  const total = (sizes: Readonly<Record<string, number>>) =>
    count(Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0));
  return {
    title: 'Seed 000, files on the card',
    columns: [
      { head: 'file' },
      right('seed'),
      right('int8 naive, by arithmetic'),
      right('int8 per row, by arithmetic'),
    ],
    rows: [
      ...names.map((name) => [`${name}.bin`, seed(name), count(naive[name]!), count(byRows[name]!)]),
      [`${names.length} files`, isTinyLlm(config) ? '12.39 MB' : '', total(naive), total(byRows)],
    ],
    claims: isTinyLlm(config) ? names.map((name) => fileClaim(name, naive[name]!)) : [],
    notes: [
      "bytes by arithmetic from the model's shape: reports have no sizes of single files",
      'int8 per row has a scale of four bytes before each row; configuration, scales of int8 naive and tokenizer come on top in files of their own',
    ],
  };
}

function fileClaim(name: string, bytes: number): Claim {
  const { said, bytes: claimed, digit } = SEED_FILES[name]!;
  return checkClaim({
    where: `file structure, ${name}.bin`,
    claim: said,
    rule: { rule: 'about', value: claimed, within: (0.5001 * digit) / claimed },
    basis: 'arithmetic',
    measured: bytes,
    show: (value) => `${count(Math.round(value))} B`,
    note: `to the digits that the seed gives, with 1,024 bytes to a KB`,
  });
}

/** Bytes of a card's files by the tensor's name. */
function fileBytes(config: LlamaConfig, format: WeightFormat): Record<string, number> {
  const norms = Object.fromEntries(
    NORM_NAMES.map((name) => [name, 4 * elementCount(tensorShape(config, name))]),
  );
  const matrices = storedMatrices(config).map((name) => {
    const { layers, rows, cols } = matrixShape(config, name);
    return [name, layers * rows * rowBytes(format, cols)] as const;
  });
  return { ...Object.fromEntries(matrices), ...norms };
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
