import { naiveSection } from './better-than-naive.js';
import type { MeasuredBuilds } from './build-facts.js';
import { type Claim, type ClaimCounts, countClaims } from './claim.js';
import { formatSection, type TableSection, tally } from './section.js';
import { seed000Sections } from './seed-000.js';
import { seed004Sections } from './seed-004.js';
import type { SeedTable } from './table-recipes.js';

/** The tables of one model, and all claims with their verdicts. */
export interface SeedTables {
  readonly model: string;
  readonly sections: readonly TableSection[];
  readonly counts: ClaimCounts;
}

/** The tables of some seeds over the builds of one model; whether each method beats naive comes last. */
export function seedTables(builds: MeasuredBuilds, seeds: readonly SeedTable[]): SeedTables {
  const sections = [
    ...(seeds.includes('000') ? seed000Sections(builds) : []),
    ...(seeds.includes('004') ? seed004Sections(builds) : []),
    naiveSection(builds),
  ];
  return { model: builds.model, sections, counts: countClaims(claimsOf(sections)) };
}

/** For people: each table with the claims that do not hold, and a count of all. */
export function formatSeedTables({ model, sections }: SeedTables): string {
  const heading = `Tables of the seeds, measured on ${model}`;
  return `${[heading, '='.repeat(heading.length), tally(claimsOf(sections)), ...sections.map((section) => `\n${formatSection(section)}`)].join('\n')}\n`;
}

function claimsOf(sections: readonly TableSection[]): Claim[] {
  return sections.flatMap(({ claims }) => claims);
}
