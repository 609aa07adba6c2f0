/** So much of what one party said is shown: the end of it. */
const SHOWN_LINES = 60;

/** What happened or was said, each line with its time. */
export class Diary {
  private readonly lines: string[] = [];
  private begun = '';

  /** One event. */
  note(text: string): void {
    this.finishLine();
    this.lines.push(`${now()} ${text}`);
  }

  /** A piece of a process's output: its lines get the time of their first byte. */
  hear(text: string): void {
    const pieces = text.split('\n');
    pieces.forEach((piece, index) => {
      if (this.begun === '' && piece !== '') this.begun = `${now()} `;
      this.begun += piece;
      if (index < pieces.length - 1) this.finishLine();
    });
  }

  get text(): string {
    return [...this.lines, ...(this.begun === '' ? [] : [this.begun])].join('\n');
  }

  /** Its last lines, below a title. */
  shown(title: string): string {
    return lastLines(title, this.text);
  }

  private finishLine(): void {
    if (this.begun !== '') this.lines.push(this.begun);
    this.begun = '';
  }
}

export function lastLines(title: string, text: string, count = SHOWN_LINES): string {
  const lines = text.trimEnd().split('\n');
  const left = lines.length - count;
  const head = left > 0 ? `${title} (${left} lines before these):` : `${title}:`;
  return [head, ...lines.slice(-count).map((line) => `  ${line}`)].join('\n');
}

/** Of the day: everything in a trial happens within minutes. */
function now(): string {
  return new Date().toISOString().slice(11, 23);
}
