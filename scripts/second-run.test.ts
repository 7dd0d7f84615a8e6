import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filesForSecondRun, goesByChance, MOST_SECOND_RUNS } from './second-run.ts';
import { testFiles } from './test-tiers.ts';

const STEADY = testFiles().filter((file) => !goesByChance(file));
const SOME = STEADY.slice(0, MOST_SECOND_RUNS);

describe('a second run of failed test files', () => {
  it('has each file once, and no more than a few', () => {
    assert.deepEqual(filesForSecondRun([...SOME, ...SOME]), SOME);
    assert.deepEqual(filesForSecondRun(STEADY.slice(0, MOST_SECOND_RUNS + 1)), []);
    assert.deepEqual(filesForSecondRun([]), []);
    assert.deepEqual(filesForSecondRun([...SOME.slice(1), '']), [], 'a failure of no file');
  });

  it('is not there if one of the files goes by chance', () => {
    for (const file of [
      'packages/server/test/chance/races.ci.test.ts',
      'packages/server/test/events/kill.ci.test.ts',
      'packages/server/test/s3/faults.ci.test.ts',
      'packages/server/test/links/changed-links.test.ts', // by its repeat count
      'packages/server/src/records/images/sqlite/sqlite.test.ts', // the long tier repeats it
    ]) {
      assert.equal(goesByChance(file), true, file);
      assert.deepEqual(filesForSecondRun([SOME[0] ?? '', file]), []);
    }
    assert.equal(goesByChance('packages/web/test/live.ci.test.ts'), false);
  });
});
