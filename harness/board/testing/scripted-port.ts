import { SerialPortStream, type OpenOptions as StreamOpenOptions } from '@serialport/stream';

// By way of the stream's types: bindings-interface has no types of its own for an ES module.
type BindingInterface = StreamOpenOptions['binding'];
type BindingPort = Awaited<ReturnType<BindingInterface['open']>>;
type OpenOptions = Parameters<BindingInterface['open']>[0];
type SetOptions = Parameters<BindingPort['set']>[0];
type UpdateOptions = Parameters<BindingPort['update']>[0];
type PortStatus = Awaited<ReturnType<BindingPort['get']>>;

/** The device's side of a {@link ScriptedPort}: what a test sees of the host, and what it lets the host see. */
export class ScriptedPort implements BindingPort {
  readonly openOptions: Required<OpenOptions>;
  isOpen = true;
  /** Every write of the host. */
  readonly written: string[] = [];
  /** Every setting of the lines, as the binding got them. */
  readonly lineSettings: SetOptions[] = [];
  readonly baudRates: number[] = [];
  /** Called with each write; what it returns is sent back in this order. */
  onWrite: (text: string) => readonly string[] = () => [];
  onSet: (options: SetOptions) => void = () => {};
  private readonly waiting: Buffer[] = [];
  private reader: { fill(): void; fail(error: Error): void } | undefined;

  constructor(options: OpenOptions) {
    this.openOptions = options as Required<OpenOptions>;
  }

  /** The device sends; chunks arrive as they are given. */
  send(...chunks: readonly (string | Uint8Array)[]): void {
    for (const chunk of chunks.filter(({ length }) => length > 0)) {
      this.waiting.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : Buffer.from(chunk));
    }
    this.reader?.fill();
  }

  /** As if the cable was pulled. */
  unplug(): void {
    this.reader?.fail(new Error('device gone'));
  }

  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    return new Promise((resolve, reject) => {
      const fill = () => {
        const chunk = this.waiting.shift();
        if (chunk === undefined) return;
        const bytesRead = chunk.copy(buffer, offset, 0, length);
        if (bytesRead < chunk.length) this.waiting.unshift(chunk.subarray(bytesRead));
        this.reader = undefined;
        resolve({ buffer, bytesRead });
      };
      this.reader = { fill, fail: reject };
      fill();
    });
  }

  async write(buffer: Buffer): Promise<void> {
    const text = buffer.toString('latin1');
    this.written.push(text);
    this.send(...this.onWrite(text));
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.reader?.fail(Object.assign(new Error('closed'), { canceled: true }));
  }

  async update(options: UpdateOptions): Promise<void> {
    this.baudRates.push(options.baudRate);
  }

  async set(options: SetOptions): Promise<void> {
    this.lineSettings.push(options);
    this.onSet(options);
  }

  async get(): Promise<PortStatus> {
    return { cts: false, dsr: false, dcd: false };
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    return { baudRate: this.baudRates.at(-1) ?? this.openOptions.baudRate };
  }

  async flush(): Promise<void> {
    this.waiting.length = 0;
  }

  async drain(): Promise<void> {}
}

/** An open stream over a device that a test scripts. */
export async function openScriptedPort(): Promise<{ stream: SerialPortStream; device: ScriptedPort }> {
  let device: ScriptedPort | undefined;
  const binding: BindingInterface = {
    list: async () => [],
    open: async (options) => {
      device = new ScriptedPort(options);
      return device;
    },
  };
  const stream = new SerialPortStream({ binding, path: 'scripted', baudRate: 115_200, autoOpen: false });
  await new Promise<void>((resolve, reject) => stream.open((error) => (error ? reject(error) : resolve())));
  return { stream, device: device! };
}

/** Lets everything that is ready run: promises, streams and their ticks. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
