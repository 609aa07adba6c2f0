const lowerRates = [460_800, 230_400, 115_200] as const;

/** Whether a lower rate may help is not known: the lowest gets more than one try. */
const triesAtLowest = 3;

/** The rates of the attempts at flashing, in order: as asked for, then by steps down to 115200. */
export function flashRates(askedBaudRate: number): number[] {
  const lower = lowerRates.filter((rate) => rate < askedBaudRate);
  const steps = [askedBaudRate, ...lower];
  const lowest = steps.at(-1)!;
  return [...steps, ...Array.from({ length: triesAtLowest - 1 }, () => lowest)];
}
