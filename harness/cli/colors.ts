import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours on a terminal that shows them, and nowhere else: not in files, pipes and CI logs. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  return pc.createColors(stream.isTTY === true && pc.isColorSupported);
}
