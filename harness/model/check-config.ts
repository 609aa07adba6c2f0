import { ConfigError } from '../errors.js';
import type { LlamaConfig } from './checkpoint.js';

const SIZES = [
  'hiddenSize',
  'ffnSize',
  'layers',
  'heads',
  'kvHeads',
  'headSize',
  'vocabSize',
  'contextLength',
] as const;
/** Products of three such sizes stay exact in a double. */
const LARGEST_SIZE = 2 ** 24;

/**
 * Refuses a shape that no Llama can have. `path` is for the message.
 * @throws ConfigError `model-config`: one line with the numbers that contradict each other
 */
export function checkConfig(config: LlamaConfig, path: string): void {
  const fault = sizeFault(config) ?? headFault(config) ?? constantFault(config) ?? tokenFault(config);
  if (fault !== undefined) throw new ConfigError('model-config', `${path}: ${fault}`, { path });
}

function sizeFault(config: LlamaConfig): string | undefined {
  const name = SIZES.find(
    (size) => !Number.isInteger(config[size]) || config[size] < 1 || config[size] > LARGEST_SIZE,
  );
  return name && `${name} is ${config[name]}; it must be a whole number from 1 to ${LARGEST_SIZE}`;
}

function headFault({ heads, kvHeads, headSize }: LlamaConfig): string | undefined {
  if (heads % kvHeads !== 0) return `${heads} heads cannot share ${kvHeads} key-value heads evenly`;
  if (headSize % 2 !== 0) return `head size ${headSize} is odd; RoPE turns pairs`;
  return undefined;
}

function constantFault({ rmsNormEps, ropeTheta }: LlamaConfig): string | undefined {
  if (!(Number.isFinite(rmsNormEps) && rmsNormEps > 0))
    return `RMSNorm eps is ${rmsNormEps}; it must be positive`;
  if (!(Number.isFinite(ropeTheta) && ropeTheta > 0))
    return `RoPE theta is ${ropeTheta}; it must be positive`;
  return undefined;
}

function tokenFault({ bosId, eosIds, vocabSize }: LlamaConfig): string | undefined {
  const outside = [bosId, ...eosIds].find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (outside !== undefined)
    return `token id ${outside} (bos or eos) lies outside the vocabulary of ${vocabSize}`;
  return eosIds.length === 0 ? 'it names no end token (eos)' : undefined;
}
