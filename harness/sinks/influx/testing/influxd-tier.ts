import { describeWith } from '../../../testing/tier.js';
import { influxdAvailable } from './influxd.js';

/** A suite that needs a real `influxd`. */
export const describeWithInfluxd = describeWith('influxd', () =>
  influxdAvailable() !== undefined
    ? undefined
    : {
        title: 'runs where influxd is installed (Debian: apt install influxdb)',
        error: 'TOKENRACK_REQUIRE asks for influxd, and it could not be started',
      },
);
