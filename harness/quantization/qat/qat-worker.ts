import { setMaxListeners } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../errors.js';
import { gptqStart } from './gptq-start.js';
import type { TrainingNews, TrainingTask } from './qat.js';
import { simdRounding } from './simd-rounding.js';
import { trainQuantized } from './train-quantized.js';

const port = parentPort!;
const stopping = new AbortController();
// Each part of the text that GPTQ looks at listens for the end.
setMaxListeners(0, stopping.signal);
port.on('message', () => stopping.abort());

const { checkpoint, recipe, documents, options } = workerData as TrainingTask;
try {
  const rounding = await simdRounding(checkpoint.config, recipe);
  const { tensors } = await trainQuantized(checkpoint, rounding, documents, {
    ...options,
    ...(options.plan.start === 'gptq'
      ? { start: () => gptqStart(checkpoint, recipe, documents, stopping.signal) }
      : {}),
    signal: stopping.signal,
    onProgress: (progress) => say({ kind: 'progress', progress }),
  });
  say({ kind: 'done', tensors });
} catch (error) {
  if (stopping.signal.aborted) say({ kind: 'stopped' });
  else if (error instanceof ConfigError) say(refusal(error));
  else throw error;
}

function refusal({ code, message, details: { cause: _, ...details } }: ConfigError): TrainingNews {
  return { kind: 'refused', code, message, details };
}

function say(news: TrainingNews): void {
  port.postMessage(news);
}
