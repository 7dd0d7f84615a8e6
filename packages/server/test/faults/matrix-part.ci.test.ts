import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { TEST_TIERS } from '../../../../scripts/test-tiers.ts';
import { casesInRun, type MatrixCase } from './matrix-part.ts';

const KINDS = ['cut', 'late', 'silence'] as const;
const LASTS = ['once', 'for this call'] as const;
const SITES = [
  { name: 'PUT images', nth: 1 },
  { name: 'PUT images', nth: 2 },
  { name: 'GET images', nth: 1 },
] as const;
const CASES: readonly MatrixCase<(typeof KINDS)[number]>[] = ['upload', 'read', 'sweep', 'purge'].flatMap((scenario) =>
  SITES.flatMap((site) =>
    KINDS.flatMap((kind) => LASTS.map((lasts) => ({ scenario, fault: { ...site, kind, lasts } }))),
  ),
);

const different = (values: readonly string[]): number => new Set(values).size;

describe('the cases of a fault matrix', () => {
  let before: string | undefined;
  beforeEach(() => {
    before = process.env[TEST_TIERS];
  });
  afterEach(() => {
    if (before === undefined) delete process.env[TEST_TIERS];
    else process.env[TEST_TIERS] = before;
  });

  it('are all run by the long tier, and by hand', () => {
    process.env[TEST_TIERS] = 'long';
    assert.deepEqual(casesInRun(CASES), CASES);
    delete process.env[TEST_TIERS];
    assert.deepEqual(casesInRun(CASES), CASES);
  });

  it('are in part run by CI: each call of each scenario, each kind at each call, and each kind for each duration', () => {
    process.env[TEST_TIERS] = 'change,ci';
    const part = casesInRun(CASES);
    assert.ok(part.length < CASES.length / 3, `${part.length} of ${CASES.length}`);
    assert.equal(different(part.map(({ scenario, fault: { name, nth } }) => `${scenario} ${name} ${nth}`)), 4 * 3);
    assert.equal(different(part.map(({ fault: { kind, name } }) => `${kind} ${name}`)), 3 * 2);
    assert.equal(different(part.map(({ fault: { kind, lasts } }) => `${kind} ${lasts}`)), 3 * 2);
    assert.deepEqual(casesInRun(CASES), part, 'the same in each run');
  });
});
