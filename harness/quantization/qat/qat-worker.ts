import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../../errors.js';
import type { TrainingNews, TrainingTask } from './qat.js';
import { trainQuantized } from './train-quantized.js';

const port = parentPort!;
const stopping = new AbortController();
port.on('message', () => stopping.abort());

const { checkpoint, recipe, documents, options } = workerData as TrainingTask;
try {
  const trained = await trainQuantized(checkpoint, recipe, documents, {
    ...options,
    signal: stopping.signal,
    onProgress: (progress) => say({ kind: 'progress', progress }),
  });
  say({ kind: 'done', trained });
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
