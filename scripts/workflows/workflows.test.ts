import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { faultsOf, ROOT, workflowIn } from './faults.ts';

const FOLDER = join(ROOT, '.github/workflows');
const FILES = globSync('*.yml', { cwd: FOLDER }).toSorted();
const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');
const settingsIn = (path: string) => parse(readFileSync(join(ROOT, '.github', path), 'utf8'));

/** The jobs that may write, and what. */
const WRITES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'aws.yml': { acceptance: ['id-token'] },
  'codeql.yml': { analyze: ['security-events'] },
  'release.yml': {
    packages: ['id-token'],
    image: ['attestations', 'id-token', 'packages'],
    release: ['attestations', 'contents', 'id-token'],
  },
  'scorecard.yml': { analyze: ['security-events'] },
};

const SOUND = `on: push
permissions: {}
concurrency: one
jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with:
          persist-credentials: false
      - run: npm ci --prefix test/contract-tools
      - run: npm run check
      - run: .ci/install
`;

describe('the workflows', () => {
  it('are those that docs/releasing.md lists', () => {
    const listed = readFileSync(join(ROOT, 'docs/releasing.md'), 'utf8').matchAll(/^\| `(\w[\w-]*\.yml)` \|/gm);
    assert.deepEqual([...listed].map(([, file]) => file).toSorted(), FILES);
  });

  for (const file of FILES)
    it(`keep the rules: ${file}`, () => {
      assert.deepEqual(faultsOf(textOf(file), WRITES[file] ?? {}), []);
    });

  it('use one version of each action', () => {
    const pins = new Map<string, Set<string>>();
    for (const [, action = '', pin = ''] of FILES.map(textOf)
      .join('\n')
      .matchAll(/uses: ([\w.-]+\/[\w.-]+)\S*@(.+)$/gm))
      pins.set(action, (pins.get(action) ?? new Set()).add(pin));
    assert.ok(pins.size > 10);
    for (const [action, versions] of pins) assert.equal(versions.size, 1, action);
  });

  it('run every shard of the tests', () => {
    const { jobs } = workflowIn(textOf('ci.yml'));
    const { shard } = Object(jobs['test']).strategy.matrix;
    assert.deepEqual(
      shard,
      shard.map((_: string, index: number) => `${index + 1}/${shard.length}`),
    );
  });

  it('take everything that is released from no cache', () => {
    const setups = ['release.yml', 'aws.yml']
      .flatMap((file) => Object.values(workflowIn(textOf(file)).jobs))
      .flatMap((job) => job.steps ?? [])
      .filter(({ uses }) => uses?.startsWith('actions/setup-node@'));
    assert.ok(setups.length > 0);
    for (const step of setups) assert.equal(step.with?.['package-manager-cache'], false);
  });
});

describe('a fault of a workflow', () => {
  const planted = (from: string, to: string) => {
    const text = SOUND.replace(from, to);
    assert.notEqual(text, SOUND);
    return faultsOf(text, {});
  };
  const step = (run: string) => planted('npm run check', run);

  it('is missing from a sound one', () => assert.deepEqual(faultsOf(SOUND, {}), []));

  it('is detected: events and permissions', () => {
    assert.deepEqual(planted('on: push', 'on: { pull_request_target: {} }'), ['the event pull_request_target']);
    assert.deepEqual(planted('permissions: {}', 'permissions: write-all'), ['the workflow may write write-all']);
    assert.deepEqual(planted('permissions: {}\n', ''), ['no permissions of the workflow']);
    assert.deepEqual(planted('permissions: {}', 'permissions: { contents: write }'), [
      'the workflow may write contents',
    ]);
    assert.deepEqual(planted('contents: read', 'contents: write'), ['test: may write contents']);
    assert.deepEqual(planted('    permissions:\n      contents: read\n', ''), ['test: no permissions']);
  });

  it('is detected: limits', () => {
    assert.deepEqual(planted('    timeout-minutes: 5\n', ''), ['test: no timeout']);
    assert.deepEqual(planted('concurrency: one\n', ''), ['no concurrency group']);
  });

  it('is detected: actions', () => {
    for (const used of [
      'actions/checkout@v7 # v7.0.1',
      'actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1',
      'actions/checkout@3d3c42e # v7.0.1',
    ])
      assert.deepEqual(planted('actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1', used), [
        `not pinned by commit, with the tag as a comment: ${used}`,
      ]);
    assert.deepEqual(planted('persist-credentials: false', 'fetch-depth: 1'), [
      'a checkout that leaves its token in .git',
    ]);
  });

  it('is detected: commands', () => {
    assert.deepEqual(step(`npm test -- "\${{ github.event.pull_request.title }}"`), [
      `an expression in the text of a command: npm test -- "\${{ github.event.pull_request.title }}"`,
    ]);
    for (const run of ['npm run check && rm -rf .', 'npm run check | tee log', 'npm test -- "$(id)"'])
      assert.deepEqual(step(run), [`more than one command: ${run}`]);
    for (const run of [
      'npm run gone',
      'npm install',
      'npm ci --prefix docs',
      'npx tsc',
      '.ci/gone.sh',
      'scripts/pack.ts',
      'node scripts/pack.ts',
      'node scripts/node.js scripts/gone.ts',
    ])
      assert.deepEqual(step(run), [`expected npm ci, a script of npm or a file of the project; got ${run}`]);
  });
});

describe('.github/dependabot.yml', () => {
  interface Update {
    readonly 'package-ecosystem': string;
    readonly directory: string;
    readonly schedule: { readonly interval: string };
    readonly cooldown: { readonly 'default-days': number };
    readonly groups: object;
  }
  const { version, updates } = settingsIn('dependabot.yml') as {
    readonly version: number;
    readonly updates: readonly Update[];
  };

  it('updates every lockfile, the actions and the images: weekly, in groups, after seven days', () => {
    assert.equal(version, 2);
    assert.deepEqual(
      updates.map((one) => `${one['package-ecosystem']} ${one.directory}`),
      [
        'npm /',
        'npm /bench/peers',
        'npm /deploy/aws',
        'npm /test/contract-tools',
        'github-actions /',
        'docker /deploy',
        'docker-compose /deploy',
      ],
    );
    for (const update of updates) {
      assert.ok(existsSync(join(ROOT, update.directory)), update.directory);
      assert.equal(update.schedule.interval, 'weekly');
      assert.equal(update.cooldown['default-days'], 7);
      assert.ok(Object.keys(update.groups).length > 0);
    }
  });

  it('names each lockfile of npm', () => {
    const folders = globSync('**/package-lock.json', { cwd: ROOT, exclude: ['**/node_modules', 'dist'] });
    assert.deepEqual(
      folders.map((path) => `/${path.replace(/\/?package-lock\.json$/, '')}`).toSorted(),
      updates.filter((one) => one['package-ecosystem'] === 'npm').map(({ directory }) => directory),
    );
  });
});

describe('the forms for issues', () => {
  const forms = globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: ROOT }).filter((path) => !path.endsWith('config.yml'));
  const TYPES = ['markdown', 'input', 'textarea', 'dropdown', 'checkboxes'];

  it('have what GitHub requires', () => {
    assert.equal(forms.length, 2);
    for (const path of forms) {
      const { name, description, body } = settingsIn(path.replace('.github/', ''));
      assert.ok(name && description, path);
      for (const { type, attributes } of body) {
        assert.ok(TYPES.includes(type), `${path}: ${type}`);
        assert.ok(type === 'markdown' ? attributes.value : attributes.label, path);
      }
      const ids: unknown[] = body.flatMap(({ id = [] }) => id);
      assert.ok(ids.length > 0 && new Set(ids).size === ids.length, path);
    }
  });

  it('send vulnerabilities to SECURITY.md', () => {
    for (const path of forms) assert.match(readFileSync(join(ROOT, path), 'utf8'), /SECURITY\.md/, path);
  });
});
