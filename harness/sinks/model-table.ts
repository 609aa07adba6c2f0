import type { Checkpoint } from '../model/checkpoint.js';
import type { CardFolder } from '../model/export-card.js';
import type { ModelInfo } from '../model/model-info.js';
import { formatQuantity } from '../results/quantity.js';
import { plainTable } from './plain-table.js';

/** A model for people: shape, tensors, memory on the board. */
export function formatModelInfo(checkpoint: Checkpoint, hash: string, info: ModelInfo): string {
  const { config, name, source } = checkpoint;
  const table = plainTable(
    [
      { head: 'tensor' },
      { head: 'shape' },
      { head: 'parameters', align: 'right' },
      { head: 'float32', align: 'right' },
    ],
    info.tensors.map((tensor) => [
      tensor.name,
      tensor.shape.join(' x '),
      group(tensor.parameters),
      `${group(tensor.float32Bytes)} B`,
    ]),
  );
  const { psram, macs } = info;
  return [
    `${name} (${source.format}, ${source.dtype}), hash ${hash.slice(0, 12)}`,
    `hidden ${config.hiddenSize}, FFN ${config.ffnSize}, ${config.layers} layer(s), ${config.heads} heads, ` +
      `${config.kvHeads} KV heads of ${config.headSize}, vocabulary ${config.vocabSize}, context ${config.contextLength}, ` +
      `head ${config.tiedHead ? 'tied' : 'untied'}`,
    table,
    `${group(info.parameters)} parameters, ${group(info.normParameters)} of them norms; ${formatQuantity(info.float32Bytes, 'bytes')} in float32`,
    `a token: ${group(macs.total)} multiply-accumulates (attention ${group(macs.attention)}, MLP ${group(macs.mlp)}, head ${group(macs.head)}), ` +
      `${formatQuantity(info.streamedBytes, 'bytes')} streamed`,
    `PSRAM at context ${info.contextLength}: KV cache ${group(psram.kvCacheBytes)} + stage ${group(psram.stageBytes)} + logits ${group(psram.logitsBytes)} ` +
      `= ${group(psram.totalBytes)} of ${group(psram.availableBytes)} B: ${psram.fits ? 'fits' : 'does not fit'}; longest context ${psram.longestContext}`,
    '',
  ].join('\n');
}

export function formatCard(card: CardFolder, tokenizerPath: string | undefined): string {
  const table = plainTable(
    [{ head: 'file' }, { head: 'bytes', align: 'right' }, { head: 'SHA-256' }],
    card.files.map((file) => [file.name, group(file.bytes), file.sha256.slice(0, 16)]),
  );
  const tokenizer =
    tokenizerPath === undefined ? 'no tokenizer found: the card has none' : `tokenizer ${tokenizerPath}`;
  return `${table}\n${card.folder}: manifest ${card.manifestHash}; ${tokenizer}\n`;
}

function group(value: number): string {
  return value.toLocaleString('en-US');
}
