import type { BindingInterface } from '@serialport/bindings-cpp';

/** The machine's own serial ports. The native add-on is loaded only when somebody asks. */
export async function usbBinding(): Promise<BindingInterface> {
  const { autoDetect } = await import('@serialport/bindings-cpp');
  return autoDetect();
}
