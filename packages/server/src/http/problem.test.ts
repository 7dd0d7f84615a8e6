import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PROBLEM_PARAMS } from '../domain/params-by-code.ts';
import { PROBLEMS } from './problem.ts';

const DOCS = new URL('../../../../docs/problems.md', import.meta.url);

describe('docs/problems.md', () => {
  it('has one entry for every error code, and none for anything else', () => {
    const entries = [...readFileSync(DOCS, 'utf8').matchAll(/^### (.+)$/gm)].map((match) => match[1]);
    assert.deepEqual(entries.toSorted(), Object.keys(PROBLEMS).toSorted());
  });

  it('names the params of each code, and no others', () => {
    const entries = readFileSync(DOCS, 'utf8').split(/^### /m).slice(1);
    const named = entries.flatMap((entry) => {
      const [, params] = /^Params: ((?:`\w+`,?\s)*`\w+`)\./m.exec(entry) ?? [];
      return params === undefined ? [] : [[entry.split('\n', 1)[0], Array.from(params.matchAll(/\w+/g), String)]];
    });
    assert.deepEqual(Object.fromEntries(named), PROBLEM_PARAMS);
  });
});
