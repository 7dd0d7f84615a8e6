import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPatterns } from './patterns.ts';

describe('patterns', () => {
  it('without a slash are about names in any folder, in any case', () => {
    const { includesFile } = createPatterns(['*.jpg'], []);
    assert.deepEqual(['a.jpg', 'deep/B.JPG', 'a.png', 'jpg'].map(includesFile), [true, true, false, false]);
  });

  it('with a slash are about paths, and an exclusion wins', () => {
    const { includesFile, excludesFolder } = createPatterns(['2026/**'], ['raw', '2026/old']);
    assert.deepEqual(['2026/a.jpg', '2025/a.jpg', '2026/raw'].map(includesFile), [true, false, false]);
    assert.deepEqual(['raw', 'deep/raw', '2026/old', 'old'].map(excludesFolder), [true, true, true, false]);
  });
});
