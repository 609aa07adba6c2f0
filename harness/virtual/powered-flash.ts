import type { VirtualClock } from './clock.js';
import type { FlashOperation, FlashPower } from './flash-chip.js';
import type { PowerSupply } from './power-supply.js';

/** A flash chip's power and time on a board: operations take virtual time, and a cut may end one in the middle. */
export function boardPower(clock: VirtualClock, supply: PowerSupply): FlashPower {
  return {
    run(operation, perform) {
      const { durationUs } = operation;
      const part = Math.min(supply.lasts('us', durationUs), ...countedParts(supply, operation));
      perform(part);
      if (operation.kind === 'program') supply.use('flashBytes', part * operation.bytes);
      supply.use('flashOperations', part);
      clock.advance(part * durationUs); // the clock tells the supply of the time
      supply.check();
    },
  };
}

function countedParts(supply: PowerSupply, { kind, bytes }: FlashOperation): number[] {
  const ofBytes = kind === 'program' ? supply.lasts('flashBytes', bytes) : 1;
  return [ofBytes, supply.lasts('flashOperations', 1)];
}
