import type { MeasuredBuilds } from './build-facts.js';
import type { TableSection } from './section.js';
import { compressionSection, storageSection } from './seed-004-compression.js';
import { errorSection, layerSection } from './seed-004-errors.js';
import { hardwareSection, serverSection } from './seed-004-machines.js';
import { enhancementSection, methodSection, recommendationSection } from './seed-004-methods.js';
import { chatSection, memorySection, speedSection } from './seed-004-speed.js';

/** All tables of seed 004 in its order, with measured figures beside its claims. */
export function seed004Sections(builds: MeasuredBuilds): TableSection[] {
  return [
    compressionSection(builds),
    storageSection(builds),
    errorSection(builds),
    layerSection(builds),
    speedSection(builds),
    memorySection(builds),
    methodSection(builds),
    chatSection(builds),
    serverSection(),
    hardwareSection(),
    recommendationSection(builds),
    enhancementSection(),
  ];
}
