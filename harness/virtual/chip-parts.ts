import type { CounterBlock } from './board-counters.js';
import type { CardFault } from './card-faults.js';
import type { CardPower } from './card-power.js';
import type { ChipIdentity } from './chip-identity.js';
import { VirtualClock } from './clock.js';
import type { CostSettings } from './cost-model.js';
import type { CostTable } from './cost-table.js';
import type { FlashChip } from './flash-chip.js';
import { HostInput } from './host-input.js';
import type { Mailbox } from './mailbox.js';
import { type Pace, virtualPace } from './pace.js';
import { PowerSupply } from './power-supply.js';
import { boardPower } from './powered-flash.js';
import type { PsramFault } from './psram-faults.js';
import { type ModemLines, ResetPins } from './reset-pins.js';
import type { BoardMessage } from './thread-messages.js';
import { UartTransmitter } from './uart-transmitter.js';

/** The rate at which the mask ROM talks, and the app until it changes it. */
export const romBaud = 115_200;

/** What one board is made of, and how it starts. */
export interface ChipSetup {
  readonly chip: ChipIdentity;
  readonly flash: FlashChip;
  readonly table: CostTable;
  readonly settings: CostSettings;
  readonly counters: CounterBlock;
  readonly mailbox: Mailbox;
  readonly lines: ModemLines;
  readonly cardFolder: string | undefined;
  /** Absent: the card is locked. */
  readonly cardPower?: CardPower | undefined;
  /** Of the card's volume; absent: 8 GB. */
  readonly cardBytes?: number | undefined;
  readonly cardFaults?: readonly CardFault[] | undefined;
  readonly psramFaults?: readonly PsramFault[] | undefined;
  tell(message: BoardMessage): void;
  /** The loader is left, or an app that wrote to flash has ended: what flash holds now is what lasts. */
  keepFlash(flash: FlashChip): void;
  /** Absent: as fast as the machine allows. */
  makePace?(startUs: number, sleep: (sleepMs: number) => void): Pace;
}

/** What stays the same over all resets, wired together. */
export interface ChipParts extends ChipSetup {
  readonly clock: VirtualClock;
  readonly input: HostInput;
  readonly transmitter: UartTransmitter;
  readonly pace: Pace;
  readonly power: PowerSupply;
}

/** The clock goes on from where the counters' `timeUs` stands. */
export function wireChip(setup: ChipSetup): ChipParts {
  const { cardFolder, counters, flash, lines, mailbox, table, tell } = setup;
  const power = new PowerSupply();
  const input = new HostInput(mailbox, new ResetPins(lines), cardFolder, tell, power);
  const startUs = counters.get('timeUs');
  const pace = setup.makePace?.(startUs, (sleepMs) => input.sleep(sleepMs)) ?? virtualPace;
  const clock = new VirtualClock(startUs, (totalUs) => {
    power.use('us', totalUs - counters.get('timeUs'));
    counters.set('timeUs', totalUs);
    pace.keepUp(totalUs);
    power.check();
  });
  flash.powerBy(boardPower(clock, power));
  const transmitter = new UartTransmitter(clock, table.uart.txFifoBytes.value, romBaud, (sent) => {
    counters.add('uartSentBytes', sent.bytes.length);
    tell({ kind: 'bytes', ...sent });
  });
  return { ...setup, clock, input, transmitter, pace, power };
}

/** Blocks until there is something from the host. @throws ExternalReset, PowerOff, PowerLost */
export function idle({ clock, input, pace }: ChipParts): void {
  input.wait();
  clock.advanceTo(pace.wallUs() ?? 0);
}
