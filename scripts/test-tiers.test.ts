import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { TOPICS, type Topic } from '../test/acceptance/suite.ts';
import { testOptions } from './test-options.ts';
import { filesOf, IN_PART, REPEATED, TEST_TIERS, TIERS, testFiles, topicsOf, WAYS, type Way } from './test-tiers.ts';

const FILES = testFiles();
const WAYS_FOLDER = 'packages/server/test/acceptance';
const WAY_NAMES = Object.keys(WAYS) as Way[];
const ALL = Object.keys(TOPICS) as Topic[];

const textOf = (file: string): string => readFileSync(join(import.meta.dirname, '..', file), 'utf8');

/** What only CI's tier and the long one may need. */
const ELSEWHERE = [
  ...[
    'CEPH',
    'CLOUD',
    'QUEUED_CLOUD',
    'CHROMIUM',
    'NGINX',
    'CADDY',
    'REDIS',
    'STRACE',
    'FAKE_TIME',
    'POSTGRES',
    'POSTGRES_CLOUD',
  ],
  ...['REFERENCE', 'CORPUS', 'REQUESTS', 'CONTRACT_TOOLS', 'OLD_NODE'],
];
const SKIPPING = new RegExp(`\\bNO_(?:${ELSEWHERE.join('|')})\\b`);
/** One of its tests needs photographs; the others need nothing. */
const WITH_PHOTOGRAPHS = 'packages/server/test/docs/examples.test.ts';

/** Whether the file, or a file for tests that it imports at any depth, imports a reason to skip. */
function isSkippedElsewhere(file: string, seen = new Set<string>()): boolean {
  seen.add(file);
  return [...textOf(file).matchAll(/^import (\{[^}]*\}) from '(\.[^']+)'/gm)].some(([, names = '', from = '']) => {
    const imported = join(dirname(file), from);
    const isForTests = /\.(?:fixture|contract)\.ts$|\/test\/|^test\//.test(imported);
    return SKIPPING.test(names) || (isForTests && !seen.has(imported) && isSkippedElsewhere(imported, seen));
  });
}

function topicsIn(way: Way, tiers: string): readonly Topic[] {
  const before = process.env[TEST_TIERS];
  process.env[TEST_TIERS] = tiers;
  try {
    return topicsOf(way, ALL);
  } finally {
    if (before === undefined) delete process.env[TEST_TIERS];
    else process.env[TEST_TIERS] = before;
  }
}

describe('the tiers of tests', () => {
  it('hold each test file', () => {
    assert.ok(FILES.length > 400, `${FILES.length} files`);
    assert.deepEqual(filesOf(TIERS), FILES);
    assert.deepEqual(
      FILES.filter((file) => /\.\w+\.test\.ts$/.test(file) && !/\.(?:ci|long)\.test\.ts$/.test(file)),
      [],
      'another tier in a name',
    );
  });

  it('name only files that are there', () => {
    const named = [...REPEATED, ...IN_PART];
    assert.deepEqual(
      named.filter((path) => !FILES.some((file) => file.startsWith(path))),
      [],
    );
  });

  it('have each topic of each way once', () => {
    for (const way of WAY_NAMES) {
      const topics = TIERS.flatMap((tier) => topicsIn(way, tier));
      const only = (['rate-limits', 'gates'] as const).find((topic) => way === topic || way.startsWith(`${topic}-`));
      const held = way === 'gates' ? (['events'] as const) : [];
      const expected = only ? [only, ...held] : ALL;
      assert.deepEqual(topics.toSorted(), expected.toSorted(), way);
      assert.deepEqual(topicsIn(way, TIERS.join()).toSorted(), expected.toSorted(), way);
    }
  });

  it('know each way', () => {
    const ways = FILES.filter((file) =>
      /\b(?:describe(?:Way|OnCeph|Closed|Limited|BehindGate))\(\s*'/.test(textOf(file)),
    );
    assert.deepEqual(ways, WAY_NAMES.map((way) => `${WAYS_FOLDER}/${way}.test.ts`).toSorted());
    for (const way of WAY_NAMES) assert.match(textOf(`${WAYS_FOLDER}/${way}.test.ts`), new RegExp(`\\('${way}', `));
  });

  it('ask for npm packages alone in the first', () => {
    assert.deepEqual(
      filesOf(['change']).filter((file) => isSkippedElsewhere(file)),
      [WITH_PHOTOGRAPHS],
    );
  });
});

describe('the options of npm test', () => {
  it('choose tiers, or files', () => {
    const tiersFor = (args: string[], surroundings = {}) => testOptions(args, surroundings).tiers;
    assert.deepEqual(tiersFor([]), ['change']);
    assert.deepEqual(tiersFor([], { CI: 'true' }), ['change', 'ci']);
    assert.deepEqual(tiersFor(['--tier', 'ci', '--tier=long'], { CI: 'true' }), ['ci', 'long']);
    assert.equal(tiersFor(['a.test.ts'], { CI: 'true' }), undefined);
    assert.throws(() => tiersFor(['--tier', 'none']), /expected --tier change, ci, long; got none/);
    assert.deepEqual(testOptions([], {}).files, filesOf(['change']));
    assert.deepEqual(testOptions(['a.test.ts', '--tier', 'ci'], {}).files, ['a.test.ts']);
  });

  it('shard a run, and leave the others to node', () => {
    const options = ['--shard', '1/3', '--test-only', '--test-name-pattern=a b', 'a.test.ts'];
    assert.deepEqual(testOptions(options, {}).forNode, ['--test-shard=1/3', '--test-only', '--test-name-pattern=a b']);
  });

  it('are refused if a value of node stands apart', () => {
    assert.throws(
      () => testOptions(['a.test.ts', '--test-name-pattern', 'foo'], {}),
      /expected --test-name-pattern=VALUE or a test file; got --test-name-pattern foo/,
    );
    assert.deepEqual(testOptions(['--test-only', 'a.test.ts'], {}).files, ['a.test.ts']);
  });

  it('repeat more in the long tier, unless REPEATS is set', () => {
    const repeats = (args: string[], surroundings = {}) => testOptions(args, surroundings).repeats;
    assert.deepEqual([repeats([]), repeats(['--tier', 'long'])], [1, 4]);
    assert.deepEqual([repeats([], { REPEATS: '0' }), repeats(['--tier', 'long'], { REPEATS: '2' })], [0, 2]);
    assert.throws(() => repeats([], { REPEATS: 'many' }), /expected REPEATS to be a number/);
  });
});
