import type { FlashOptions } from '../board/flash.js';

/** Where progress is shown. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Away from a terminal one line is enough for each so many percent. */
const quietStepPercent = 25;

/** Shows how far flashing is: one line that is overwritten on a terminal, else some lines. `end` ends that line. */
export function flashProgress(
  output: ProgressOutput,
): Required<Pick<FlashOptions, 'onProgress' | 'onRetry'>> & { end(): void } {
  const terminal = output.isTTY === true;
  let shown = -1;
  let open = false;
  const end = (): void => {
    if (open) output.write('\n');
    open = false;
  };
  return {
    onProgress({ offset, doneBytes, totalBytes }) {
      const percent = Math.floor((100 * doneBytes) / totalBytes);
      const step = terminal ? percent : Math.floor(percent / quietStepPercent) * quietStepPercent;
      if (step <= shown) return;
      shown = step;
      const text = `flashing 0x${offset.toString(16)}: ${step}% of ${totalBytes} bytes`;
      output.write(terminal ? `\r\x1b[K${text}` : `${text}\n`);
      open = terminal;
    },
    onRetry({ baudRate, reason }) {
      end();
      shown = -1;
      output.write(`${reason}\ntrying again at ${baudRate} baud\n`);
    },
    end,
  };
}
