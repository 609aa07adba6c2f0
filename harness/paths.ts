import { fileURLToPath } from 'node:url';

/** The package's own folder (with firmware/, fixtures/, scenarios/), wherever the package is installed. */
export const packageRoot: string = fileURLToPath(new URL('../', import.meta.url));
