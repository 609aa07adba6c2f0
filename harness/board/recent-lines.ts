/** The last lines of a log, for errors; blank lines left out, long ones shortened. */
export class RecentLines {
  private readonly lines: string[] = [];

  constructor(private readonly capacity: number = 12) {}

  add(text: string): void {
    const line = text.trim();
    if (line === '') return;
    this.lines.push(line.length > 200 ? `${line.slice(0, 200)}...` : line);
    if (this.lines.length > this.capacity) this.lines.shift();
  }

  /** Oldest first. */
  list(): readonly string[] {
    return [...this.lines];
  }
}
