import type { GridPosition, PanelSpec } from './panel.js';

/** A panel before it has its place. */
export type Unplaced = Omit<PanelSpec, 'grid'>;

/** One row of the grid: a height, and panels with their widths, from the left. */
export interface Shelf {
  readonly height: number;
  readonly panels: readonly (readonly [width: number, panel: Unplaced])[];
}

/** Stacks the shelves from the top, without gaps. */
export function place(shelves: readonly Shelf[]): readonly PanelSpec[] {
  let y = 0;
  return shelves.flatMap(({ height, panels }) => {
    const placed = placeShelf(panels, y, height);
    y += height;
    return placed;
  });
}

function placeShelf(panels: Shelf['panels'], y: number, h: number): readonly PanelSpec[] {
  let x = 0;
  return panels.map(([w, panel]) => {
    const grid: GridPosition = { x, y, w, h };
    x += w;
    return { ...panel, grid };
  });
}
