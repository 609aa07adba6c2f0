import type { CardRecord } from './records.js';

/** What the seeds ask of a card: 64 MB for float32 weights. */
const leastCardBytes = 64_000_000;
/** What speed class 10 promises (SD Association), written sequentially. */
const CLASS_10_MB_PER_S = 10;

/** What seeds 001 and 002 ask of a card, held against what the board says of it. */
export function cardFindings({
  fs,
  bytes,
  files = 0,
  fragments = 0,
  read_bytes,
  read_us,
}: CardRecord): string[] {
  return [
    ...(fs === 'fat32' ? [] : [`the card is formatted as ${fs}, the seeds ask for fat32`]),
    ...(bytes >= leastCardBytes ? [] : [`the card has ${bytes} bytes, the seeds ask for 64 MB`]),
    ...(fragments <= files ? [] : [`${files} files lie in ${fragments} pieces: reads take longer seeks`]),
    ...speedFinding(read_bytes, read_us),
  ];
}

/** Bytes per microsecond are MB/s. A 1-bit bus carries less than class 10 promises, so that a shortfall proves little. */
function speedFinding(readBytes: number | undefined, readUs: number | undefined): string[] {
  if (readBytes === undefined || readUs === undefined || readUs === 0) return [];
  const rate = readBytes / readUs;
  if (rate >= CLASS_10_MB_PER_S) return [];
  return [
    `the card reads ${rate.toFixed(2)} MB/s; the seeds ask for class 10 (${CLASS_10_MB_PER_S} MB/s), more than a 1-bit bus carries`,
  ];
}
