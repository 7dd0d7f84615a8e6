import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PROBLEMS } from './problem.ts';

const DOCS = new URL('../../../../docs/problems.md', import.meta.url);

describe('docs/problems.md', () => {
  it('has one entry for every error code, and none for anything else', () => {
    const entries = [...readFileSync(DOCS, 'utf8').matchAll(/^### (.+)$/gm)].map((match) => match[1]);
    assert.deepEqual(entries.toSorted(), Object.keys(PROBLEMS).toSorted());
  });
});
