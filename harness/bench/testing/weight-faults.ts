import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { changeByte, overwrite, rewrite } from './damage.js';
import type { GoodFolder } from './good-folders.js';

/** One way in which weights on a card are bad, and what the firmware has to say of it. */
export interface WeightFault {
  readonly title: string;
  /** The folder that is whole but for this. */
  readonly of: GoodFolder;
  readonly damage?: (folder: string) => Promise<void>;
  /** File and byte of a sector that cannot be read. */
  readonly unreadable?: readonly [file: string, offset: number];
  readonly verify?: boolean;
  /** Where it has to show under which strategy; one that is left out runs as if all were well. */
  readonly shows: { readonly seed?: 'load' | 'generate'; readonly fast?: 'load' | 'generate' };
  /** Of `fast`: what may be resident; default everything. */
  readonly resident?: number;
  readonly code: string;
  /** The message behind the folder's name. */
  readonly says: string;
}

const atLoad = { seed: 'load', fast: 'load' } as const;
const atGenerate = { seed: 'generate', fast: 'generate' } as const;
const badScale = 'has a scale that is NaN or infinite';

/** `fast` with every weight on the card. */
const nothing = 0;
/** `fast` with the screen of the head in PSRAM rather than the head. */
const screenOnly = 2;

export const weightFaults: readonly WeightFault[] = [
  {
    title: 'a matrix one row short',
    of: 'float32',
    damage: (folder) => truncate(join(folder, 'q_proj.bin'), 63 * 256),
    shows: atLoad,
    code: 'bad_size',
    says: '/q_proj.bin has 16128 bytes, its shape needs 16384',
  },
  {
    title: 'a matrix a byte too long',
    of: 'float32',
    damage: (folder) => truncate(join(folder, 'q_proj.bin'), 64 * 256 + 1),
    shows: atLoad,
    code: 'bad_size',
    says: '/q_proj.bin has 16385 bytes, its shape needs 16384',
  },
  {
    title: 'no head',
    of: 'float32',
    damage: (folder) => rm(join(folder, 'lm_head.bin')),
    shows: atLoad,
    code: 'no_file',
    says: '/lm_head.bin is not on the card',
  },
  {
    title: 'no configuration',
    of: 'float32',
    damage: (folder) => rm(join(folder, 'model_config.json')),
    shows: atLoad,
    code: 'no_file',
    says: '/model_config.json is not on the card',
  },
  {
    title: 'no manifest',
    of: 'float32',
    damage: (folder) => rm(join(folder, 'manifest.json')),
    shows: atLoad,
    code: 'bad_card',
    says: ' has no manifest.json: provision it, or load it with manifest=0',
  },
  {
    title: 'one byte changed in a matrix, and the load verifies',
    of: 'float32',
    damage: changeByte,
    verify: true,
    shows: atLoad,
    code: 'bad_hash',
    says: '/gate_proj.bin is not what manifest.json says',
  },
  ...scaleFaults(),
  ...unreadableSectors(),
  ...scalesThatAreNaN(),
  ...unknownFormats(),
  ...screenFaults(),
];

function scaleFaults(): WeightFault[] {
  const file = 'quantization_scales.json';
  const shared = { of: 'int8', shows: atLoad } as const;
  const changed = (change: (text: string) => string) => (folder: string) => rewrite(folder, file, change);
  return [
    {
      ...shared,
      title: 'no scales',
      damage: (folder) => rm(join(folder, file)),
      code: 'no_file',
      says: `/${file} is not on the card`,
    },
    {
      ...shared,
      title: 'a scale that is not there',
      damage: changed((text) => text.replace('"up_proj"', '"op_proj"')),
      code: 'bad_config',
      says: `/${file}: up_proj is missing`,
    },
    ...['"NaN"', '0', '-0.5', '1e-40', '1e39'].map((scale) => ({
      ...shared,
      title: `a scale of ${scale}`,
      damage: changed((text) => text.replace(/"up_proj":\s*[^,}]+/, `"up_proj":${scale}`)),
      code: 'bad_config',
      says: `/${file}: up_proj is not a positive float32`,
    })),
    {
      ...shared,
      title: 'scales that are no JSON',
      damage: changed((text) => text.replace(/"up_proj":\s*[^,}]+/, '"up_proj":NaN')),
      code: 'bad_config',
      says: `/${file} is not a JSON object with unique keys`,
    },
  ];
}

function unreadableSectors(): WeightFault[] {
  const sector = (
    name: string,
    offset: number,
    shows: WeightFault['shows'],
    more: Partial<WeightFault> = {},
  ): WeightFault => ({
    title: `an unreadable sector in ${name}`,
    of: 'float32',
    unreadable: [name, offset],
    shows,
    code: 'card_read',
    says: `/${name} could not be read`,
    ...more,
  });
  const middleOfDown = 64 * 192 * 2;
  return [
    sector('model_config.json', 0, atLoad),
    sector('manifest.json', 600, atLoad),
    sector('norm1.bin', 0, atLoad),
    sector('final_norm.bin', 0, atLoad),
    sector('quantization_scales.json', 0, atLoad, { of: 'int8' }),
    sector('up_proj.bin', 4096, atLoad, { verify: true }),
    sector('down_proj.bin', middleOfDown, { seed: 'generate', fast: 'load' }),
    sector('lm_head.bin', 100_000, { seed: 'generate', fast: 'load' }),
    sector('lm_head.screen', 9000, { fast: 'load' }, { of: 'screened', resident: screenOnly }),
    sector('embed_tokens.bin', 21 * 256, atGenerate, { resident: nothing }),
    sector(
      'down_proj.bin',
      middleOfDown,
      { fast: 'generate' },
      { title: 'one that is met by streaming', resident: nothing },
    ),
    sector(
      'lm_head.bin',
      100_000,
      { fast: 'generate' },
      { title: 'one in a head that streams', resident: nothing },
    ),
  ];
}

/** A row that every token needs, or the row of one of the prompt's. */
function scalesThatAreNaN(): WeightFault[] {
  const one = (of: GoodFolder, name: string, at: number, bytes: readonly number[], resident?: number) => ({
    title: `a NaN among the scales of ${name} in ${of}${resident === undefined ? '' : ' that streams'}`,
    of,
    damage: (folder: string) => overwrite(folder, name, at, bytes),
    shows: resident === undefined ? atGenerate : ({ fast: 'generate' } as const),
    ...(resident === undefined ? {} : { resident }),
    code: 'bad_weights',
    says: `/${name} ${badScale}`,
  });
  const float32NaN = [0, 0, 0xc0, 0x7f];
  const infinity = [0, 0, 0x80, 0xff];
  const bfloat16NaN = [0xc0, 0x7f];
  return [
    one('int8_row', 'q_proj.bin', 0, float32NaN),
    one('int8_row', 'q_proj.bin', 0, float32NaN, nothing),
    one('int8_row', 'down_proj.bin', 10 * (4 + 192), infinity),
    one('int8_row', 'embed_tokens.bin', 21 * (4 + 64), float32NaN),
    one('int4', 'gate_proj.bin', 5 * (4 + 32) + 2, bfloat16NaN),
    one('int4', 'lm_head.bin', 0, bfloat16NaN, nothing),
    one('ternary', 'v_proj.bin', 31 * (4 + 16), float32NaN),
    one('ternary', 'embed_tokens.bin', 21 * (4 + 16), float32NaN, nothing),
  ];
}

function unknownFormats(): WeightFault[] {
  const config = 'model_config.json';
  const one = (key: string, change: (text: string) => string): WeightFault => ({
    title: `${key} "int3"`,
    of: 'float32',
    damage: (folder) => rewrite(folder, config, change),
    shows: atLoad,
    code: 'bad_config',
    says: `/${config}: ${key} is not the name of a weight format`,
  });
  return [
    one('weight_format', (text) => text.replace(/("weight_format":\s*)"float32"/, '$1"int3"')),
    one('lm_head_format', (text) => text.replace(/("weight_format")/, '"lm_head_format":"int3",$1')),
  ];
}

/** vocab 512, hidden 64: 512 * 32 bytes of codes, 512 * 2 scales of 2 bytes, 512 bytes of ratios, the largest norm. */
function screenFaults(): WeightFault[] {
  const name = 'lm_head.screen';
  const bytes = 512 * 32 + 512 * 4 + 512 + 4;
  const one = (at: number, patched: readonly number[], title: string): WeightFault => ({
    title,
    of: 'screened',
    damage: (folder) => overwrite(folder, name, at, patched),
    shows: { fast: 'load' },
    resident: screenOnly,
    code: 'bad_weights',
    says: `/${name} ${badScale}`,
  });
  return [
    {
      title: 'a screen a byte short',
      of: 'screened',
      damage: (folder) => truncate(join(folder, name), bytes - 1),
      shows: atLoad,
      resident: screenOnly,
      code: 'bad_size',
      says: `/${name} has ${bytes - 1} bytes, its shape needs ${bytes}`,
    },
    one(bytes - 4, [0, 0, 0xc0, 0x7f], 'a screen whose largest norm is NaN'),
    one(512 * 32 + 2 * 700, [0xc0, 0x7f], 'a screen with a scale that is NaN'),
  ];
}
