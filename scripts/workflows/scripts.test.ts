import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { chmod, mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { skipWithout } from '../../test/servers/installed.ts';
import { ROOT, workflowIn } from './faults.ts';

const SCRIPTS = '.ci';

/** A script as a step of a workflow runs it. */
interface Run {
  readonly exitCode: number;
  readonly printed: string;
  /** What later steps and jobs read. */
  readonly output: string;
  /** What people read. */
  readonly summary: string;
  /** The calls of programs that have a stand-in. */
  readonly calls: readonly string[];
}

interface Given {
  readonly file: string;
  readonly script: string;
  /** A value for each variable that the step sets. */
  readonly values: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Stand-ins for programs, in bash. Each call is recorded. */
  readonly programs?: Readonly<Record<string, string>>;
}

const STEPS = await Promise.all(
  globSync('.github/workflows/*.yml', { cwd: ROOT }).map(async (path) => {
    const { jobs } = workflowIn(await readFile(join(ROOT, path), 'utf8'));
    return Object.values(jobs)
      .flatMap((job) => job.steps ?? [])
      .flatMap(({ run, env = {} }) => (run === undefined ? [] : { path, run, variables: Object.keys(env) }));
  }),
);

async function runStep({ file, script, values, files = {}, programs = {} }: Given): Promise<Run> {
  const step = STEPS.flat().find(
    ({ path, run }) => path.endsWith(`/${file}`) && run.startsWith(`${SCRIPTS}/${script}`),
  );
  assert.ok(step, `expected a step of ${file} that runs ${script}`);
  assert.deepEqual(Object.keys(values).toSorted(), step.variables.toSorted());
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-step-'));
  const inFolder = (name: string) => join(folder.path, name);
  for (const name of ['.ci', '.github']) await symlink(join(ROOT, name), inFolder(name));
  for (const name of ['output', 'summary', 'calls']) await writeFile(inFolder(name), '');
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(inFolder(path), '..'), { recursive: true });
    await writeFile(inFolder(path), content);
  }
  await mkdir(inFolder('bin'));
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(inFolder('bin'), name), `#!/usr/bin/env bash\necho "${name} $*" >> "$CALLS"\n${body}\n`);
    await chmod(join(inFolder('bin'), name), 0o755);
  }
  const env = {
    PATH: `${inFolder('bin')}:${process.env['PATH']}`,
    HOME: folder.path,
    GITHUB_OUTPUT: inFolder('output'),
    GITHUB_STEP_SUMMARY: inFolder('summary'),
    CALLS: inFolder('calls'),
    ...values,
  };
  const { exitCode, printed } = await promisify(execFile)('bash', ['-e', '-c', step.run], {
    cwd: folder.path,
    env,
  }).then(
    ({ stdout, stderr }) => ({ exitCode: 0, printed: `${stdout}${stderr}` }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      exitCode: error.code,
      printed: `${error.stdout}${error.stderr}`,
    }),
  );
  const [output = '', summary = '', calls = ''] = await Promise.all(
    ['output', 'summary', 'calls'].map((name) => readFile(inFolder(name), 'utf8')),
  );
  return { exitCode, printed, output, summary, calls: calls.split('\n').filter((line) => line !== '') };
}

const VERSION = '1.2.3';
const ASSETS = Object.fromEntries(
  ['client', 'cli', 'server'].map((name) => [`safelight-${name}-${VERSION}.tgz`, name]),
);
const sha = (algorithm: string, encoding: 'hex' | 'base64', text: string): string =>
  createHash(algorithm).update(text).digest(encoding);

/** dist/release/VERSION, as `npm run release -- --files` leaves it. */
const releaseOf = (version: string): Record<string, string> => {
  const files = Object.fromEntries(
    Object.entries(ASSETS).map(([name, content]) => [name.replace(VERSION, version), content]),
  );
  const sums = Object.entries(files).map(([name, content]) => `${sha('sha256', 'hex', content)}  ${name}\n`);
  const all = { ...files, 'notes.md': 'Notes', SHA256SUMS: sums.join('') };
  return Object.fromEntries(Object.entries(all).map(([name, content]) => [`dist/release/${version}/${name}`, content]));
};
const DAMAGED = { ...releaseOf(VERSION), [`dist/release/${VERSION}/safelight-cli-${VERSION}.tgz`]: 'other' };

describe('scripts of workflows', { skip: skipWithout('bash', 'openssl', 'sha256sum') }, () => {
  it('are all used', () => {
    const used = STEPS.flat().flatMap(({ run }) =>
      run.startsWith(SCRIPTS) ? run.slice(SCRIPTS.length + 1).split(' ')[0] : [],
    );
    assert.deepEqual(
      globSync('{install,*.sh}', { cwd: join(ROOT, SCRIPTS) }).toSorted(),
      [...new Set(used)].toSorted(),
    );
  });

  describe('configured.sh', () => {
    it('says in the summary that AWS is not configured, and which variables lack', async () => {
      const values = { AWS_ROLE_ARN: '', AWS_REGION: 'eu-central-1', AWS_STAGE: '' };
      const run = await runStep({ file: 'aws.yml', script: 'configured.sh', values });
      assert.deepEqual([run.exitCode, run.output], [0, 'configured=false\n']);
      const said =
        'Acceptance on AWS: skipped: not configured. The repository lacks the variables: AWS_ROLE_ARN AWS_STAGE\n';
      assert.deepEqual([run.summary, run.printed], [said, said]);
    });

    it('says it of the registry of images', async () => {
      const values = { IMAGE_REGISTRY: '' };
      const run = await runStep({ file: 'release.yml', script: 'configured.sh', values });
      assert.deepEqual([run.exitCode, run.output], [0, 'configured=false\n']);
      assert.match(run.summary, /^Container image: skipped: not configured\. .*: IMAGE_REGISTRY\n$/);
    });

    it('says nothing if all is configured', async () => {
      const values = { IMAGE_REGISTRY: 'registry.example' };
      const run = await runStep({ file: 'release.yml', script: 'configured.sh', values });
      assert.deepEqual([run.exitCode, run.output, run.summary], [0, 'configured=true\n', '']);
    });
  });

  describe('require-success.sh', () => {
    const results = (RESULTS: string) => runStep({ file: 'ci.yml', script: 'require-success.sh', values: { RESULTS } });

    it('passes if every job succeeded', async () => assert.equal((await results('success success')).exitCode, 0));

    it('fails otherwise, and without a job', async () => {
      for (const text of ['success failure', 'cancelled success', 'success skipped', '']) {
        const { exitCode, printed } = await results(text);
        assert.deepEqual([exitCode, printed], [1, `expected success of every job; got ${text || 'no job'}\n`]);
      }
    });
  });

  describe('release-version.sh', () => {
    const check = (TAG: string, changelog: string, git = 'true') =>
      runStep({
        file: 'release.yml',
        script: 'release-version.sh',
        values: { TAG },
        files: { 'package.json': `{ "version": "${VERSION}" }`, 'CHANGELOG.md': changelog },
        programs: { git },
      });

    it('passes for the tag of the version that the CHANGELOG has', async () => {
      for (const heading of ['## 1.2.3', '## 1.2.3 - 2026-12-01', '## 1.2.3 (2026-12-01)', '## [1.2.3] - 2026-12-01']) {
        const { exitCode, printed } = await check('v1.2.3', `# Changelog\n\n## Unreleased\n\n${heading}\n`);
        assert.deepEqual([exitCode, printed], [0, 'Release 1.2.3\n'], heading);
      }
    });

    it('refuses a commit that main lacks', async () => {
      const { exitCode, printed, calls } = await check('v1.2.3', '## 1.2.3\n', 'exit 1');
      assert.deepEqual([exitCode, calls], [1, ['git merge-base --is-ancestor HEAD origin/main']]);
      assert.match(printed, /^expected a commit of main; got another: git push --atomic origin HEAD:main v1\.2\.3$/m);
    });

    it('refuses another tag, and a version that the CHANGELOG lacks', async () => {
      for (const tag of ['v1.2.4', '1.2.3', 'v1.2.3-rc.1']) {
        const { exitCode, printed } = await check(tag, '## 1.2.3\n');
        const expected = `expected the tag v1.2.3, the version of package.json; got ${tag}\n`;
        assert.deepEqual([exitCode, printed], [1, expected]);
      }
      for (const changelog of ['## Unreleased\n', '## 1.2.30\n', '## 1x2.3\n', '- 1.2.3\n']) {
        const { exitCode, printed } = await check('v1.2.3', changelog);
        assert.equal(exitCode, 1, changelog);
        assert.match(printed, /^expected a heading for 1\.2\.3 in CHANGELOG\.md; got none/);
      }
    });
  });

  describe('image-names.sh', () => {
    const names = (TAG: string) =>
      runStep({
        file: 'release.yml',
        script: 'image-names.sh',
        values: { TAG, IMAGE_REGISTRY: 'registry.example', IMAGE_NAME: 'Owner/Safelight' },
        programs: { git: `echo ${CREATED}` },
      });
    const CREATED = '2026-12-01T10:00:00+01:00';
    const labels = (version: string) => `name=${NAME}\nversion=${version}\ncreated=${CREATED}\n`;
    const NAME = 'registry.example/owner/safelight';

    it('tags a version as X.Y.Z and X.Y, in small letters', async () => {
      const { output, summary } = await names('v1.2.3');
      assert.equal(output, `${labels('1.2.3')}tags<<END\n${NAME}:1.2.3\n${NAME}:1.2\nEND\n`);
      assert.equal(summary, `Container image: ${NAME}:1.2.3 ${NAME}:1.2\n`);
    });

    it('tags a prerelease as itself only', async () => {
      const { output } = await names('v1.2.3-rc.1');
      assert.equal(output, `${labels('1.2.3-rc.1')}tags<<END\n${NAME}:1.2.3-rc.1\nEND\n`);
    });
  });

  describe('publish-packages.sh', () => {
    /** `npm view`: what the registry has of each package, as bash. */
    const npm = (view: string, version = '11.6.0') => `case "$1" in
      --version) echo ${version};;
      config) [ "$2" != get ] || echo https://registry.example/;;
      view) ${view};;
    esac`;
    const NOTHING = npm('exit 1');
    const integrity = (content: string) => `sha512-${sha('sha512', 'base64', content)}`;
    const publish = (
      program: string,
      { token = '', version = VERSION, files = releaseOf(version) } = {},
    ): Promise<Run> =>
      runStep({
        file: 'release.yml',
        script: 'publish-packages.sh',
        values: { TAG: `v${version}`, NODE_AUTH_TOKEN: token },
        files,
        programs: { npm: program },
      });
    const published = ({ calls }: Run) => calls.filter((call) => call.startsWith('npm publish'));
    const command = (name: string, tag = 'latest', version = VERSION) =>
      `npm publish ./safelight-${name}-${version}.tgz --access public --provenance --tag ${tag}`;

    it('publishes the client first, with provenance, and writes no token if npm trusts the workflow', async () => {
      const run = await publish(NOTHING);
      assert.equal(run.exitCode, 0, run.printed);
      assert.deepEqual(
        published(run),
        ['client', 'cli', 'server'].map((name) => command(name)),
      );
      assert.ok(!run.calls.some((call) => call.startsWith('npm config')));
      assert.match(run.summary, /^@safelight\/client 1\.2\.3: published$/m);
    });

    it('publishes a prerelease under another tag', async () => {
      const run = await publish(NOTHING, { version: '1.2.3-rc.1' });
      assert.deepEqual(published(run)[0], command('client', 'next', '1.2.3-rc.1'));
    });

    it('leaves npm’s default to the highest version', async () => {
      for (const [highest, tag] of [
        ['1.2.2', 'latest'],
        ['1.10.0', 'release-1.2'],
        ['2.0.0', 'release-1.2'],
      ] as const) {
        const run = await publish(npm(`[ "$3" = dist-tags.latest ] && echo ${highest}`));
        assert.deepEqual(published(run)[0], command('client', tag), highest);
      }
    });

    it('skips what the registry has', async () => {
      const run = await publish(npm(`[ "$2" != @safelight/client@${VERSION} ] || echo ${integrity('client')}`));
      assert.deepEqual(
        published(run),
        ['cli', 'server'].map((name) => command(name)),
      );
      assert.match(run.summary, /^@safelight\/client 1\.2\.3: skipped, the registry has it$/m);
    });

    it('fails if the registry has other bytes', async () => {
      const run = await publish(npm('echo sha512-other'));
      assert.deepEqual([run.exitCode, published(run)], [1, []]);
      assert.match(run.printed, /^expected @safelight\/client 1\.2\.3 with the integrity sha512-.*has sha512-other$/m);
    });

    it('has npm read a token from its variable, at whichever registry npm uses', async () => {
      const run = await publish(NOTHING, { token: 'secret' });
      const set = `npm config set --location=user //registry.example/:_authToken \${NODE_AUTH_TOKEN}`;
      assert.ok(run.calls.includes(set), run.calls.join('\n'));
      assert.doesNotMatch(`${run.calls.join('')}${run.printed}${run.summary}`, /secret/);
    });

    it('publishes nothing if a file is damaged, or with an npm that knows no trusted publishing', async () => {
      const damaged = await publish(NOTHING, { files: DAMAGED });
      assert.deepEqual([damaged.exitCode, damaged.calls], [1, []]);
      const old = await publish(npm('exit 1', '11.5.0'));
      assert.deepEqual([old.exitCode, published(old)], [1, []]);
      assert.match(old.printed, /^expected npm 11\.5\.1 or later; got 11\.5\.0$/m);
    });

    it('stops at the first package that npm refuses', async () => {
      const run = await publish(`${NOTHING}\n[ "$1" != publish ]`);
      assert.deepEqual([run.exitCode, published(run)], [1, [command('client')]]);
    });
  });

  describe('create-release.sh', () => {
    const create = async (
      gh: string,
      { version = VERSION, files = releaseOf(version), tags = ['v1.1.9', 'v1.2.3', 'v9.0.0-rc.1'] } = {},
    ): Promise<Run> => {
      const run = await runStep({
        file: 'release.yml',
        script: 'create-release.sh',
        values: { TAG: `v${version}`, GH_REPO: 'owner/safelight', GH_TOKEN: 'secret' },
        files,
        programs: { gh, git: `printf '%s\\n' ${tags.join(' ')}` },
      });
      return { ...run, calls: run.calls.filter((call) => call.startsWith('gh ')) };
    };
    const NO_RELEASE = '[ "$2" != view ]';
    const FILES = 'SHA256SUMS safelight-cli-1.2.3.tgz safelight-client-1.2.3.tgz safelight-server-1.2.3.tgz';
    const OPTIONS = '--title Safelight 1.2.3 --notes-file notes.md';

    it('makes a release with the notes and the files', async () => {
      const run = await create(NO_RELEASE);
      assert.equal(run.exitCode, 0, run.printed);
      assert.deepEqual(run.calls.slice(1), [`gh release create v1.2.3 --verify-tag ${OPTIONS} ${FILES}`]);
    });

    it('does not call a repair of an older version the latest', async () => {
      const { calls } = await create(NO_RELEASE, { tags: ['v1.2.3', 'v1.10.0'] });
      assert.match(calls[1] ?? '', /^gh release create v1\.2\.3 .* --latest=false /);
    });

    it('marks a prerelease', async () => {
      const { calls } = await create(NO_RELEASE, { version: '1.2.3-rc.1' });
      assert.match(calls[1] ?? '', /^gh release create v1\.2\.3-rc\.1 .* --prerelease /);
    });

    it('completes one that an earlier run began', async () => {
      assert.deepEqual((await create('true')).calls.slice(1), [
        `gh release upload v1.2.3 --clobber ${FILES}`,
        `gh release edit v1.2.3 ${OPTIONS} --draft=false`,
      ]);
    });

    it('makes none of damaged files', async () => {
      const run = await create(NO_RELEASE, { files: DAMAGED });
      assert.deepEqual([run.exitCode, run.calls], [1, []]);
    });
  });
});
