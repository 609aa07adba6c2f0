import type { CostSettings } from '../virtual/cost-model.js';
import type { EntryName } from './cost-entries.js';

const always: Partial<Record<EntryName, string>> = {
  cpuMhz:
    'only cycles over MHz show in a time: the clock is taken as it stands, the cycles are relative to it',
  'memory.appTaskStackBytes': 'the firmware reports the rest of its stack, not its size',
  'cores.parallelSectionUs': 'the probe runs on one core',
  'memory.flashBandwidth': 'the probe reads no mapped flash',
  'uart.rxFifoBytes': 'a fact of the chip, no time',
  'uart.rxRingBytes': "the firmware's own choice, no time",
  'uart.rxFullThresholdBytes': "the driver's setting, no time of the board's clock",
  'uart.rxIdleSymbols': "the driver's setting, no time of the board's clock",
  'boot.psramTestUs': 'shows only within the time from reset to the app',
};

/** Why a figure keeps its value. `found`: what came out, when it made no sense. */
export function whyKept(name: EntryName, wiring: CostSettings, found: number | undefined): string {
  if (found === 0 && name === 'memory.psramBytes') return 'the board has none';
  if (found !== undefined) return `the samples give ${found}, which no board has`;
  if (name === 'card.sequentialOneBit' || name === 'card.sequentialFourBit')
    return `the card is in ${wiring.cardMode} mode, or was not measured`;
  if (name === 'card.directToPsram' && wiring.bounceBuffer) return 'reads go through a bounce buffer';
  if (name === 'memory.copyToPsramBandwidth' && !wiring.bounceBuffer) return 'there is no bounce buffer';
  if (name === 'card.chainWalkUs' && wiring.fastSeek) return 'the link map spares it';
  if (name.startsWith('flash.')) return 'the loader works on flash before the firmware’s clock runs';
  return always[name] ?? 'there are no samples of it';
}
