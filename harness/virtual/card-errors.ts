/** Error returns of firmware/ports/wasm/ABI.md. `readError` is any failure of the card itself. */
export const cardErrors = {
  noCard: -1,
  noFile: -2,
  readError: -3,
  pastEnd: -4,
  full: -5,
  exists: -6,
  readOnly: -7,
  noFolder: -8,
} as const;
