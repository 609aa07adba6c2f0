/**
 * A field's value says its type by its own: a number is a float field, a bigint an integer field (64 bits, signed), a
 * string a string field. A name never changes its type (dashboards/SCHEMA.md), since InfluxDB refuses the second.
 */
export type FieldValue = number | bigint | string;

/**
 * One point of InfluxDB. Tag values are as people wrote them; what line protocol cannot carry is escaped on the way out
 * (`escapeTag`). Unmeasured is absent: a field is never undefined, NaN or infinite.
 */
export interface Point {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  /** At least one. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Nanoseconds since 1970, UTC. */
  readonly timestampNs: bigint;
}
