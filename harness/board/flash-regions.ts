import { InfraError } from '../errors.js';
import type { FlashJob, RegionProgress } from './flash-job.js';
import { type BuildRun, md5Of, partsOf, runsOf } from './flash-parts.js';

/**
 * Makes the flash hold every region of the build: what it holds already, by MD5 of the region or of 64 KB of it, is left
 * alone. Afterwards every region is verified.
 * @throws InfraError `flash-verify`; what the session throws
 */
export async function writeRegions(job: FlashJob): Promise<void> {
  for (const region of job.regions) {
    if (!region.verified) await writeRegion(job, region);
    region.verified = true;
    report(job, region, region.file.bytes.length);
  }
}

async function writeRegion(job: FlashJob, region: RegionProgress): Promise<void> {
  const { file } = region;
  const expected = md5Of(file.bytes);
  job.phase = `reading ${hex(file.offset)}`;
  if ((await job.session.md5(file.offset, file.bytes.length)) === expected) return;
  const runs = runsOf(file, await missingParts(job, region));
  let doneBytes = file.bytes.length - runs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  for (const run of runs) {
    await writeRun(job, region, run, (fraction) =>
      report(job, region, doneBytes + fraction * run.bytes.length),
    );
    doneBytes += run.bytes.length;
  }
  await verify(job, region, expected);
}

/** With one part there is nothing to ask: the region's own MD5 has said it. */
async function missingParts({ session }: FlashJob, { file }: RegionProgress) {
  const parts = partsOf(file);
  if (parts.length === 1) return parts;
  const missing = [];
  for (const part of parts) {
    if ((await session.md5(part.offset, part.bytes.length)) !== part.md5) missing.push(part);
  }
  return missing;
}

async function writeRun(
  job: FlashJob,
  region: RegionProgress,
  run: BuildRun,
  onFraction: (fraction: number) => void,
): Promise<void> {
  const { session, timers, wire } = job;
  const [startUs, startBytes] = [timers.nowUs(), session.sentBytes];
  job.phase = `writing ${hex(run.offset)}`;
  await session.write(run, onFraction);
  const elapsedUs = timers.nowUs() - startUs;
  wire.elapsedUs += elapsedUs;
  wire.limitBytes += (elapsedUs / 1e6) * (session.baudRate / 10);
  wire.sentBytes += session.sentBytes - startBytes;
  wire.payloadBytes += run.bytes.length;
  region.writtenBytes += run.bytes.length;
}

async function verify(job: FlashJob, { file }: RegionProgress, expected: string): Promise<void> {
  const { offset, bytes } = file;
  job.phase = `verifying ${hex(offset)}`;
  const found = await job.session.md5(offset, bytes.length);
  if (found === expected) return;
  const message = `${job.port.path}: flash at ${hex(offset)} does not hold what was written (MD5 ${found}, not ${expected}); try a lower baud rate, a shorter cable, or another board`;
  throw new InfraError('flash-verify', message, { offset, expected, found });
}

/** Regions come one after the other, so what is before this one is done. */
function report({ regions, report: tell }: FlashJob, region: RegionProgress, doneOfRegion: number): void {
  const sizes = regions.map(({ file }) => file.bytes.length);
  const before = sizes.slice(0, regions.indexOf(region)).reduce((sum, size) => sum + size, 0);
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  tell({ offset: region.file.offset, doneBytes: before + Math.round(doneOfRegion), totalBytes });
}

function hex(offset: number): string {
  return `0x${offset.toString(16)}`;
}
