/** Telnet's own bytes (RFC 854 and 855). */
export const telnet = { se: 240, sb: 250, will: 251, wont: 252, do: 253, dont: 254, iac: 255 } as const;

/** The options that a serial server needs (RFC 856, 857, 858, 2217). */
export const telnetOption = { binary: 0, echo: 1, suppressGoAhead: 3, comPort: 44 } as const;

export type TelnetVerb = 251 | 252 | 253 | 254;

export type TelnetRecord =
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  | { readonly kind: 'negotiation'; readonly verb: TelnetVerb; readonly option: number }
  | { readonly kind: 'subnegotiation'; readonly option: number; readonly body: Uint8Array }
  /** A two-byte command such as NOP or AYT. */
  | { readonly kind: 'command'; readonly code: number }
  /** A subnegotiation that never ended, or ended wrongly; its bytes are discarded. */
  | { readonly kind: 'malformed'; readonly bytes: number };

/** Far more than any COM-PORT-OPTION body; a signature is text. */
const longestBody = 1024;

/** Takes a Telnet byte stream apart, however it is split. Never throws on what came. Data is taken as BINARY (RFC 856). */
export class TelnetParser {
  #state: 'data' | 'iac' | 'negotiation' | 'body' | 'body-iac' = 'data';
  #verb: TelnetVerb = telnet.will;
  #body: number[] = [];

  push(chunk: Uint8Array): TelnetRecord[] {
    const records: TelnetRecord[] = [];
    for (let at = 0; at < chunk.length; ) {
      if (this.#state === 'data') at = this.#takeData(chunk, at, records);
      else this.#take(chunk[at++] as number, records);
    }
    return records;
  }

  #takeData(chunk: Uint8Array, start: number, records: TelnetRecord[]): number {
    const found = chunk.indexOf(telnet.iac, start);
    const end = found < 0 ? chunk.length : found;
    if (end > start) records.push({ kind: 'data', bytes: chunk.slice(start, end) });
    if (found < 0) return end;
    this.#state = 'iac';
    return end + 1;
  }

  #take(byte: number, records: TelnetRecord[]): void {
    if (this.#state === 'iac') this.#takeCommand(byte, records);
    else if (this.#state === 'negotiation') {
      records.push({ kind: 'negotiation', verb: this.#verb, option: byte });
      this.#state = 'data';
    } else this.#takeBody(byte, records);
  }

  #takeCommand(byte: number, records: TelnetRecord[]): void {
    this.#state = 'data';
    if (byte === telnet.iac) records.push({ kind: 'data', bytes: Uint8Array.of(telnet.iac) });
    else if (byte === telnet.sb) this.#state = 'body';
    else if (isVerb(byte)) {
      this.#verb = byte;
      this.#state = 'negotiation';
    } else records.push({ kind: 'command', code: byte });
  }

  #takeBody(byte: number, records: TelnetRecord[]): void {
    if (this.#state === 'body-iac') this.#takeInBodyCommand(byte, records);
    else if (byte === telnet.iac) this.#state = 'body-iac';
    else this.#body.push(byte);
    if (this.#body.length > longestBody) this.#giveUp(records);
  }

  #takeInBodyCommand(byte: number, records: TelnetRecord[]): void {
    this.#state = 'body';
    if (byte === telnet.iac) this.#body.push(byte);
    else if (byte === telnet.se) this.#endBody(records);
    else this.#giveUp(records);
  }

  #endBody(records: TelnetRecord[]): void {
    const [option, ...body] = this.#body;
    if (option === undefined) this.#giveUp(records);
    else {
      records.push({ kind: 'subnegotiation', option, body: Uint8Array.from(body) });
      this.#restart();
    }
  }

  #giveUp(records: TelnetRecord[]): void {
    records.push({ kind: 'malformed', bytes: this.#body.length });
    this.#restart();
  }

  #restart(): void {
    this.#body = [];
    this.#state = 'data';
  }
}

function isVerb(byte: number): byte is TelnetVerb {
  return byte >= telnet.will && byte <= telnet.dont;
}

/** Doubles each 255, as data and bodies need it. Gives back `bytes` itself when there is none. */
export function escapeIac(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(telnet.iac)) return bytes;
  const escaped: number[] = [];
  for (const byte of bytes) {
    escaped.push(byte);
    if (byte === telnet.iac) escaped.push(byte);
  }
  return Uint8Array.from(escaped);
}

export function negotiation(verb: TelnetVerb, option: number): Uint8Array {
  return Uint8Array.of(telnet.iac, verb, option);
}

export function subnegotiation(option: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(telnet.iac, telnet.sb, option, ...escapeIac(body), telnet.iac, telnet.se);
}
