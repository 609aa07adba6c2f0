import type { Document } from './text-file.js';

/** Those of `documents`, each once, whose ids are none of the others'; and how many were not taken. */
export function apartFrom(
  documents: readonly Document[],
  ...others: readonly (readonly Document[])[]
): { readonly kept: Document[]; readonly dropped: number } {
  const known = new Set(others.flat().map(contentOf));
  const kept = documents.filter((ids) => {
    const content = contentOf(ids);
    if (known.has(content)) return false;
    known.add(content);
    return true;
  });
  return { kept, dropped: documents.length - kept.length };
}

function contentOf(ids: Document): string {
  return ids.join(' ');
}
