import type { RackedBoard, WaitingJob } from '../waiting-job.js';

export interface Shape {
  readonly name: string;
  readonly jobs: readonly WaitingJob[];
  readonly boards: readonly RackedBoard[];
}

/** A stream of numbers from 0 to below `limit` that the seed determines (xorshift32, G. Marsaglia 2003). */
export function seededNumbers(seed: number): (limit: number) => number {
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Racks and queues that make a scheduler work hard, each in its own way. */
export function hardShapes(jobCount: number, boardCount: number): Shape[] {
  return [
    farm(jobCount, boardCount),
    ownDemands(jobCount, boardCount),
    chain(jobCount, boardCount),
    pairs(jobCount, boardCount),
    nested(jobCount, boardCount),
    mostlyRefused(jobCount, boardCount),
    oneLength(jobCount, boardCount),
    teams(jobCount, boardCount),
  ];
}

/** A farm as one would have it: a few labels, a few builds, every board for many jobs. */
function farm(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(1);
  const labels = (): string[] => [`rev${random(2) ? 3 : 1}`, `card-${random(4)}`];
  return {
    name: 'a farm with few classes',
    jobs: times(jobCount, (at) =>
      jobOf(at, random(2) ? [labels()[random(2)]!] : [], random(600_000), `build-${random(5)}`),
    ),
    boards: times(boardCount, (at) => boardOf(at, labels(), `build-${random(5)}`)),
  };
}

/** No two jobs want the same, and every board has half of all labels. */
function ownDemands(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(2);
  const words = times(40, (at) => `label-${at}`);
  return {
    name: 'every job with labels and refusals of its own',
    jobs: times(jobCount, (at) => ({
      ...jobOf(at, [words[random(40)]!, words[random(40)]!], random(1_000_000), `build-${random(50)}`),
      notOn: [macOf(random(boardCount)), macOf(random(boardCount))],
    })),
    boards: times(boardCount, (at) =>
      boardOf(
        at,
        words.filter(() => random(2) === 0),
        `build-${random(50)}`,
      ),
    ),
  };
}

/** Job k fits the boards k and k + 1, and the shortest of all fits the first only: everybody has to move up. */
function chain(jobCount: number, boardCount: number): Shape {
  const links = boardCount - 1;
  return {
    name: 'chains that move everybody by one',
    jobs: times(jobCount, (at) =>
      jobOf(at, [`link-${at % links}`], (jobCount - at) * 10, `build-${at % links}`),
    ),
    boards: times(boardCount, (at) => boardOf(at, [`link-${at}`, `link-${at - 1}`], `build-${at}`)),
  };
}

/** Each job fits two boards somewhere, so that the last boards are only found by long ways. */
function pairs(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(7);
  const edges = times(jobCount, () => [random(boardCount), random(boardCount)]);
  const labels = times(boardCount, (): string[] => []);
  edges.forEach((edge, at) => {
    for (const board of edge) labels[board]!.push(`edge-${at}`);
  });
  return {
    name: 'two boards for each job, anywhere',
    jobs: times(jobCount, (at) => jobOf(at, [`edge-${at}`], random(1e6), `build-${random(3)}`)),
    boards: times(boardCount, (at) => boardOf(at, labels[at]!, `build-${random(3)}`)),
  };
}

/** Job k fits the first boards up to k, and those with most choice choose first. */
function nested(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(3);
  return {
    name: 'nested demands, the choosiest last',
    jobs: times(jobCount, (at) => {
      const reach = boardCount - (at % boardCount);
      return jobOf(at, [`up-to-${reach}`], 1e9 - at, `build-${random(20)}`);
    }),
    boards: times(boardCount, (at) =>
      boardOf(
        at,
        times(boardCount - at, (more) => `up-to-${at + more + 1}`),
        `build-${random(20)}`,
      ),
    ),
  };
}

/** Most jobs fit a tenth of the boards, which are soon gone. */
function mostlyRefused(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(4);
  return {
    name: 'most jobs for a tenth of the boards',
    jobs: times(jobCount, (at) =>
      jobOf(at, random(20) === 0 ? [] : ['rare', `rare-${random(30)}`], random(1e6), `build-${random(9)}`),
    ),
    boards: times(boardCount, (at) =>
      boardOf(
        at,
        at % 10 === 0 ? ['rare', ...times(20, () => `rare-${random(30)}`)] : [],
        `build-${random(9)}`,
      ),
    ),
  };
}

/** Nobody knows how long anything takes: all jobs are one tier, and only reflashes tell them apart. */
function oneLength(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(5);
  return {
    name: 'lengths unknown, every job with a build of its own',
    jobs: times(jobCount, (at) => ({
      ...jobOf(
        at,
        [`label-${random(30)}`, `label-${random(30)}`],
        undefined,
        `build-${random(2 * boardCount)}`,
      ),
    })),
    boards: times(boardCount, (at) =>
      boardOf(
        at,
        times(20, () => `label-${random(30)}`),
        `build-${random(2 * boardCount)}`,
      ),
    ),
  };
}

/** A third of all jobs want two to five boards of a machine. */
function teams(jobCount: number, boardCount: number): Shape {
  const random = seededNumbers(6);
  return {
    name: 'a third of the jobs want several boards',
    jobs: times(jobCount, (at) => {
      const job = jobOf(at, [`card-${random(4)}`], random(1e6), `build-${random(9)}`);
      return random(3) === 0 ? { ...job, requires: { ...job.requires, count: 2 + random(4) } } : job;
    }),
    boards: times(boardCount, (at) =>
      boardOf(at, [`card-${random(4)}`, `card-${random(4)}`], `build-${random(9)}`),
    ),
  };
}

function jobOf(at: number, labels: string[], expectedMs: number | undefined, build: string): WaitingJob {
  return { id: `job-${at}`, requires: { labels, count: 1 }, expectedMs, build };
}

/** Ten boards to a machine. */
function boardOf(at: number, labels: string[], build: string): RackedBoard {
  return { mac: macOf(at), machine: `host-${Math.floor(at / 10)}`, labels, build };
}

export function macOf(at: number): string {
  return `24:6f:28:7a:${[at >> 8, at & 0xff].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`;
}

export function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
