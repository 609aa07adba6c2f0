import type { VirtualBoard } from '../virtual-board.js';

/** A test's end of a board's cable: collects what the board says. */
export class BoardTalk {
  text = '';
  lastUs = 0;
  readonly #board: VirtualBoard;
  #wake: (() => void) | undefined;

  constructor(board: VirtualBoard) {
    this.#board = board;
    board.onBytes((bytes, boardTimeUs) => {
      this.text += Buffer.from(bytes).toString('latin1');
      this.lastUs = boardTimeUs;
      this.#wake?.();
    });
  }

  /** Waits until the text since `from` has `pattern`. The test's own timeout is the limit. */
  async until(pattern: RegExp | string, from = 0): Promise<string> {
    const found = () => this.text.slice(from).match(pattern)?.[0];
    while (found() === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return found()!;
  }

  /** Sends a line and gives the line that answers it. */
  async ask(line: string): Promise<string> {
    const from = this.text.length;
    this.#board.write(Buffer.from(`${line}\n`));
    return (await this.until(/.*\n/, from)).trimEnd();
  }

  async ready(): Promise<this> {
    await this.until(/ready\n/);
    return this;
  }
}
