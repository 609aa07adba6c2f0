/** Thrown through the firmware's stack: EN was pulled low from outside. */
export class ExternalReset extends Error {
  override readonly name = 'ExternalReset';
}

/** Thrown through the firmware's stack: the firmware asked for a software reset. */
export class SoftwareReset extends Error {
  override readonly name = 'SoftwareReset';
}

/** Thrown through everything: the board's power is gone. */
export class PowerOff extends Error {
  override readonly name = 'PowerOff';
}

/** Thrown through the firmware's stack: the firmware gave up, or broke the ABI's contract. */
export class FirmwareAbort extends Error {
  override readonly name = 'FirmwareAbort';
}
