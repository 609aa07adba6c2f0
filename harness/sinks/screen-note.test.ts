import { expect } from 'chai';
import type { ResultMemory, ResultPlacement } from '../results/result.js';
import { formatScreenNote } from './screen-note.js';

const placement: ResultPlacement = {
  strategy: 'fast',
  batch: 5,
  screen: 'none',
  head: 'card',
  layers: 'flash',
  embed: 'card',
  headBytes: 0,
  screenBytes: 0,
  layerBytes: 2_801_664,
  embedBytes: 0,
  residentBytes: 0,
  bounceBytes: 32_768,
};

function memory(board: string, changed: Partial<ResultPlacement>): ResultMemory {
  const components = {
    embed: 1,
    attention: 1,
    mlp: 1,
    head: 1,
    stage: 1,
    kv: 1,
    logits: 1,
    work: 1,
    norms: 1,
  };
  return {
    board,
    psramBytes: 4_184_064,
    heapBytes: 244_912,
    context: 700,
    components,
    placement: { ...placement, ...changed },
  };
}

describe('note on a screen that was left out', () => {
  it('names the board, and the context that leaves room', () => {
    const note = formatScreenNote({
      memory: [memory('cam-1', { screenContext: 656 }), memory('cam-2', { screen: 'certain' })],
    });
    expect(note).to.contain('screen: none on cam-1').and.contain('at a context of 700 its 4.184 MB of PSRAM');
    expect(note).to.contain('a context of 656 leaves it room').and.not.contain('cam-2');
  });

  it('says when no context does', () => {
    expect(formatScreenNote({ memory: [memory('cam-1', { screenContext: 0 })] })).to.contain(
      'no context leaves it room',
    );
  });

  it('is empty when nothing was left out, or the board says nothing of places', () => {
    const { placement: _, ...bare } = memory('cam-1', {});
    expect(formatScreenNote({ memory: [memory('cam-1', {}), bare] })).to.equal('');
  });
});
