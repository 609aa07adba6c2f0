import type { SerialPortStream } from '@serialport/stream';
import type { Build, BuildFile } from '../image/build-folder.js';
import type { FlashedChip, FlashProgress } from './flash-result.js';
import type { FlashSession } from './flash-session.js';
import type { Timers } from './timers.js';

/** What can be flashed: a build, or anything that says for which chip it is and what goes where. */
export type Flashable = Pick<Build, 'id' | 'chip' | 'files'>;

/** What is known of a region, over all attempts. */
export interface RegionProgress {
  readonly file: BuildFile;
  writtenBytes: number;
  /** By MD5, since the chip was last reset. */
  verified: boolean;
}

/** One call of `flashBuild`, over all its attempts. */
export interface FlashJob {
  readonly port: SerialPortStream;
  readonly build: Flashable;
  readonly timers: Timers;
  readonly expectedMac: string | undefined;
  readonly knownAs: (mac: string) => string | undefined;
  readonly report: (progress: FlashProgress) => void;
  readonly regions: readonly RegionProgress[];
  /** Of the attempt that is being made. */
  session: FlashSession;
  chip: FlashedChip | undefined;
  /** What is being done, for error messages. */
  phase: string;
  /** Still to be erased as a whole. */
  eraseAll: boolean;
  readonly wire: {
    payloadBytes: number;
    sentBytes: number;
    elapsedUs: number;
    /** What the wire could have carried in that time. */
    limitBytes: number;
  };
}
