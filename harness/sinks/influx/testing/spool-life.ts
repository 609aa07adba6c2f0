import { readFile } from 'node:fs/promises';
import { InfluxClient } from '../client.js';
import { Sender } from '../sender.js';
import { Spool } from '../spool.js';
import { diskFiles, type SpoolFiles } from '../spool-files.js';
import { Quarantine } from '../spool-quarantine.js';

/**
 * A process that spools the lines of a file and sends them, and kills itself by SIGKILL at an operation of the file system,
 * a write being cut in half: `node spool-life.js FOLDER URL LINES_FILE KILL_AT`. Prints `spooled` when the lines are kept.
 */
const [folder = '', url = '', linesFile = '', killAt = ''] = process.argv.slice(2);

let operations = 0;

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

function isLast(): boolean {
  return operations++ === Number(killAt);
}

const files: SpoolFiles = {
  ...(Object.fromEntries(
    Object.entries(diskFiles).map(([name, operation]) => [
      name,
      (...args: never[]) => {
        if (isLast()) die();
        return (operation as (...args: never[]) => unknown)(...args);
      },
    ]),
  ) as unknown as SpoolFiles),
  async create(path) {
    if (isLast()) die();
    const file = await diskFiles.create(path);
    return {
      async write(text) {
        if (isLast()) {
          await file.write(text.slice(0, text.length / 2));
          die();
        }
        await file.write(text);
      },
      async sync() {
        if (isLast()) die();
        await file.sync();
      },
      async close() {
        if (isLast()) die();
        await file.close();
      },
    };
  },
};

const spool = new Spool(folder, files);
using client = new InfluxClient({ url: new URL(url), database: 'tokenrack' });
const sender = new Sender({ spool, quarantine: new Quarantine(folder, files), writer: client, files });
await spool.append((await readFile(linesFile, 'utf8')).split('\n'));
process.stdout.write('spooled\n');
await sender.drain();
