import { rackJsonSchema } from '../rack/rack-json-schema.js';

/** Prints what editors check rack.yaml against. */
export function printSchema(): void {
  process.stdout.write(`${JSON.stringify(rackJsonSchema(), undefined, 2)}\n`);
}
