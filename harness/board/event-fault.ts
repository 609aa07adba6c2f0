import type { FailureClass } from '../errors.js';
import { BoardError, type BoardErrorCode } from './board-error.js';
import type { BootEvent, LogEvent } from './log-event.js';

interface Fault {
  readonly code: BoardErrorCode;
  readonly failureClass: FailureClass;
  readonly what: string;
  readonly next: string;
}

/** What the host knew when the event came: it goes into the error. */
export interface FaultContext {
  readonly board: string;
  readonly waitedFor: string;
  readonly lastLines: readonly string[];
  /** Whether a reset of the board ends what the host is doing. */
  readonly resetIsFault: boolean;
}

/**
 * The error that an event means for whoever waits; undefined when it means none. By DESIGN "Verdicts", a
 * brownout, a refused image and a reset that nobody's code asked for are the lab's (infra-fail); a panic, a
 * watchdog reset and a software reset are the build's (product-fail).
 */
export function faultOf(event: LogEvent, context: FaultContext): BoardError | undefined {
  const fault = findFault(event, context.resetIsFault);
  return fault === undefined ? undefined : faultError(fault, context, { event });
}

/** The error for a board that started anew unseen, by what its app says of the reset. */
export function restartFault(reset: string, context: Omit<FaultContext, 'resetIsFault'>): BoardError {
  return faultError(appRestarted(reset), context, {});
}

function faultError(
  fault: Fault,
  { board, waitedFor, lastLines }: Omit<FaultContext, 'resetIsFault'>,
  evidence: { readonly event?: LogEvent },
): BoardError {
  const message = `board ${board}: ${fault.what} while the host waited for ${waitedFor}: ${fault.next}`;
  return new BoardError(fault.code, fault.failureClass, message, {
    board,
    waitedFor,
    lastLines,
    ...evidence,
  });
}

function findFault(event: LogEvent, resetIsFault: boolean): Fault | undefined {
  switch (event.kind) {
    case 'panic':
      return {
        code: 'board-panic',
        failureClass: 'product-fail',
        what: `panic (${event.reason})`,
        next: 'decode its backtrace with the ELF file of the build',
      };
    case 'brownout':
      return brownout;
    case 'image-fault':
      return {
        code: 'image-fault',
        failureClass: 'infra-fail',
        what: `refuses its flash content (${event.text})`,
        next: 'flash it again',
      };
    case 'loader-waiting':
      return {
        code: 'in-loader',
        failureClass: 'infra-fail',
        what: 'sits in the ROM loader',
        next: 'IO0 is held low at reset: release it (DTR, jumper), then reset',
      };
    case 'boot':
      return event.cause === 'brownout' ? brownout : resetIsFault ? resetFault(event) : undefined;
    case 'record':
      return resetIsFault && event.record.r === 'boot' ? appRestarted(event.record.reset) : undefined;
    default:
      return undefined;
  }
}

const brownout: Fault = {
  code: 'board-brownout',
  failureClass: 'infra-fail',
  what: 'brownout',
  next: 'feed it 5 V from a supply that holds under load, with a short cable',
};

function resetFault(event: BootEvent): Fault {
  if (event.cause === 'watchdog') {
    return {
      code: 'board-watchdog',
      failureClass: 'product-fail',
      what: `watchdog reset (${event.resetReason})`,
      next: 'the firmware blocked for too long: look at the last lines',
    };
  }
  const itsOwn = event.cause === 'software' || event.cause === 'deep-sleep';
  return {
    code: 'board-reset',
    failureClass: itsOwn ? 'product-fail' : 'infra-fail',
    what: `reset on its own (${event.resetReason})`,
    next: itsOwn
      ? 'the firmware restarted: look at the last lines'
      : 'check power, cable and who else holds the port',
  };
}

/** The ROM's banner was lost, or came at another baud rate: only the app's word tells the cause. */
function appRestarted(reset: string): Fault {
  if (reset === 'brownout') return brownout;
  const ofTheLab = reset === 'poweron' || reset === 'external';
  return {
    code: appRestartCodes.get(reset) ?? 'board-reset',
    failureClass: ofTheLab ? 'infra-fail' : 'product-fail',
    what: `restarted its app (${reset})`,
    next: ofTheLab ? 'check power, cable and who else holds the port' : 'look at the last lines',
  };
}

const appRestartCodes: ReadonlyMap<string, BoardErrorCode> = new Map([
  ['panic', 'board-panic'],
  ['watchdog', 'board-watchdog'],
]);
