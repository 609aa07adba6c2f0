import { palette } from './draw-theme.js';

/** A name keeps its colour from panel to panel, unless another series of the same panel already has it. */
export class SeriesColors {
  private readonly known = new Map<string, string>();

  /** Gives the colours of one panel's series. */
  forPanel(): (name: string) => string {
    const own = new Map<string, string>();
    return (name) => {
      const color = own.get(name) ?? this.choose(name, new Set(own.values()));
      own.set(name, color);
      this.known.set(name, color);
      return color;
    };
  }

  private choose(name: string, taken: ReadonlySet<string>): string {
    const before = this.known.get(name);
    if (before !== undefined && !taken.has(before)) return before;
    return palette.find((color) => !taken.has(color)) ?? palette[taken.size % palette.length]!;
  }
}
