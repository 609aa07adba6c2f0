import { InfluxClient } from './client.js';
import type { InfluxDestination } from './destination.js';
import { Sender } from './sender.js';
import { Spool } from './spool.js';
import { Quarantine } from './spool-quarantine.js';

/** Spools the lines and sends them meanwhile, as a run's sink does; until the server has them all. */
export async function sendBeside(
  lines: Iterable<string>,
  folder: string,
  destination: InfluxDestination,
): Promise<void> {
  using client = new InfluxClient(destination);
  const spool = new Spool(folder);
  const sender = new Sender({ spool, quarantine: new Quarantine(folder), writer: client });
  let spooling = true;
  const spooled = spool.append(lines).finally(() => {
    spooling = false;
  });
  while (spooling) {
    if ((await spool.segments()).length > 0) await drain(sender);
    else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await spooled;
  await drain(sender);
}

export async function drain(sender: Sender): Promise<void> {
  const outcome = await sender.drain();
  if (outcome.kind !== 'empty') throw new Error(`the server did not take all: ${JSON.stringify(outcome)}`);
}
