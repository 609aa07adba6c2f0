import { z } from 'zod';
import { rackSchema } from './rack-schema.js';

/** Where editors find the schema of the installed package, relative to its root. */
export const schemaFile = 'fixtures/racks/rack.schema.json';

/**
 * The JSON Schema of rack.yaml, for editors: what may be written, before `defaults` are given to the boards. What the
 * rack says as a whole (ids that repeat, hosts that are none) only `readRack` finds.
 */
export function rackJsonSchema(): object {
  return { ...z.toJSONSchema(rackSchema, { io: 'input' }), title: 'tokenrack rack file' };
}
