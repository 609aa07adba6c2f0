import { ConfigError, InfraError } from '../errors.js';
import { readImageHeader } from '../image/read-image.js';
import type { FlashJob } from './flash-job.js';
import type { FlashedChip } from './flash-result.js';

/**
 * Finds out who the board is, before anything is written.
 * @throws InfraError `wrong-chip`, `wrong-board`, `wrong-revision`
 */
export async function identify({ port, build, session, expectedMac, knownAs }: FlashJob): Promise<ChipFacts> {
  const chip = await session.connect();
  if (chip !== 'ESP32' || build.chip !== 'esp32') {
    const message = `${port.path}: the build is for ${build.chip}, the board has an ${chip}, and only ESP32 is supported; nothing was flashed`;
    throw new InfraError('wrong-chip', message, { chip });
  }
  const { mac, revision } = await session.identify();
  if (expectedMac !== undefined && mac !== expectedMac) {
    const name = knownAs(mac);
    const found = name === undefined ? mac : `${mac}, which is ${name}`;
    const message = `${port.path}: expected board ${expectedMac}, found ${found}; nothing was flashed, check rack.yaml and the cables`;
    throw new InfraError('wrong-board', message, { mac, expectedMac });
  }
  checkRevision({ port, build }, revision);
  return { mac, chip, revision };
}

export type ChipFacts = Omit<FlashedChip, 'flashBytes'>;

/** The lowest revision that all images of the build run on is their header's (ESP-IDF, min_chip_rev_full). */
function checkRevision({ port, build }: Pick<FlashJob, 'port' | 'build'>, revision: number): void {
  for (const { offset, bytes } of build.files) {
    const needed = readImageHeader(bytes)?.minRevision ?? 0;
    if (needed <= revision) continue;
    const message = `${port.path}: the image for 0x${offset.toString(16)} of build ${build.id} needs chip revision ${revisionText(needed)}, the board has ${revisionText(revision)}; nothing was flashed, build it for this chip`;
    throw new InfraError('wrong-revision', message, { revision, needed });
  }
}

/**
 * The flash chip's size, when the build fits into it.
 * @throws InfraError `no-flash-chip`; ConfigError `flash-too-small`
 */
export function checkFlashSize({ port, build }: FlashJob, flashBytes: number | undefined): number {
  if (flashBytes === undefined) {
    const message = `${port.path}: the flash chip does not answer; check power (feed 5 V) and what is wired to the flash pins`;
    throw new InfraError('no-flash-chip', message);
  }
  const neededBytes = Math.max(0, ...build.files.map(({ offset, bytes }) => offset + bytes.length));
  if (neededBytes <= flashBytes) return flashBytes;
  const message = `build ${build.id} needs ${neededBytes} bytes of flash, the board at ${port.path} has ${flashBytes}`;
  throw new ConfigError('flash-too-small', message, { neededBytes, flashBytes });
}

function revisionText(revision: number): string {
  return `v${Math.floor(revision / 100)}.${revision % 100}`;
}
