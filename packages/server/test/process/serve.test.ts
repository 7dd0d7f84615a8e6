import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { mountReadOnly } from '../faults/file-systems.ts';
import { oldNode } from '../services/old-node.ts';
import { runService, startService } from '../services/running-service.ts';

const run = promisify(execFile);

const isRoot = process.getuid?.() === 0;

const temporaryFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'safelight-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

/** Root may write despite any mode, but not to a read-only mount. */
async function makeUnwritable(folder: string): Promise<AsyncDisposable> {
  if (isRoot) return mountReadOnly(folder);
  await chmod(folder, 0o555);
  return { [Symbol.asyncDispose]: () => chmod(folder, 0o755) };
}

const ON_POSIX = { skip: process.platform === 'win32' && 'Windows has a temporary folder for each user' };
const ROOT = { skip: process.geteuid?.() !== 0 && 'only root gives files away' };

describe('npm start', () => {
  it('prints one line with its address and an upload command, which works', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const lines = service.output().trim().split('\n');
    assert.equal(lines.length, 1, service.output());
    assert.match(
      lines[0] ?? '',
      /^Safelight listens on http:\/\/127\.0\.0\.1:\d+ .*curl -F file=@photo\.jpg -F user_id=me /,
    );
    const { decoders } = (await (await fetch(service.origin)).json()) as { decoders: string };
    assert.match(lines[0] ?? '', new RegExp(` - decoders: ${decoders}(?: expected, not measured)?$`));

    const form = new FormData();
    const jpeg = await testImage({ type: 'image/jpeg', width: 64, height: 48 });
    form.set('user_id', 'me');
    form.set('file', new File([new Uint8Array(jpeg)], 'photo.jpg', { type: 'image/jpeg' }));
    const target = /"(http:[^"]+)"/.exec(lines[0] ?? '')?.[1] ?? '';
    assert.equal((await fetch(target, { method: 'POST', body: form })).status, 201);
  });

  it('finishes the running request on SIGTERM, then ends with 0', async () => {
    await using service = await startService();
    const jpeg = await testImage({ type: 'image/jpeg', width: 640, height: 480 });
    const upload = request(`${service.origin}/images/upload?user_id=me`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg', 'Content-Length': jpeg.length, Expect: '100-continue' },
    });
    await once(upload, 'continue'); // the service has the request now
    upload.write(jpeg.subarray(0, 100));
    service.process.kill('SIGTERM');
    while (!service.output().includes('SIGTERM')) await once(service.process.stdout ?? service.process, 'data');
    upload.end(jpeg.subarray(100));

    const [response] = await once(upload, 'response');
    assert.equal(response.statusCode, 200);
    response.resume();
    const [exitCode] = await once(service.process, 'exit');
    assert.equal(exitCode, 0);
    await assert.rejects(fetch(service.origin));
  });

  it('keeps acknowledged images after a kill -9', async () => {
    await using folder = await temporaryFolder();
    const jpeg = await testImage({ type: 'image/jpeg', width: 64, height: 48 });
    const first = await startService({}, folder.path);
    const answer = await fetch(`${first.origin}/images/upload?user_id=me`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg' },
      body: new Uint8Array(jpeg),
    });
    const { image_id } = (await answer.json()) as { image_id: string };
    await first[Symbol.asyncDispose]();

    await using second = await startService({}, folder.path);
    const bytes = Buffer.from(await (await fetch(`${second.origin}/images/${image_id}`)).arrayBuffer());
    assert.deepEqual(bytes, jpeg);
  });

  it('logs one line per request, as JSON without a terminal, and never a query or a signature', async () => {
    await using service = await startService();
    const grant = await fetch(`${service.origin}/images/upload?user_id=someone`, { method: 'POST' });
    const { upload_url } = (await grant.json()) as { upload_url: string };
    await (await fetch(upload_url)).text();
    const id = grant.headers.get('x-request-id') ?? '';
    while (!service.output().includes('GET')) await once(service.process.stdout ?? service.process, 'data');

    const lines = service
      .output()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line))
      .filter(({ msg }) => msg === 'request');
    assert.deepEqual(
      lines.map(({ request_id, method, path, status }) => ({ own: request_id === id, method, path, status })),
      [
        { own: true, method: 'POST', path: '/images/upload', status: 200 },
        { own: false, method: 'GET', path: new URL(upload_url).pathname, status: 403 },
      ],
    );
    assert.doesNotMatch(JSON.stringify(lines), /X-Amz|Signature(?!DoesNotMatch)|\?/i);
  });

  it("logs a problem's code and detail with its request, without the client's text, and bounded", async () => {
    await using service = await startService();
    const refusals = [
      ['/images?limit=hunter2', 'invalid-request', 'limit: expected a whole number from 1 to 1000; got "…"'],
      ['/images?cursor=hunter2', 'invalid-cursor', /^expected /],
      ['/nowhere?secret=hunter2', 'route-not-found', 'expected a path that /docs lists; got /nowhere'],
      ['/api/images', 'route-not-found', /; got \/api\/images: did you mean `\/images`\?$/],
      [
        `/images?${Array.from({ length: 50 }, (_, index) => `p${index}=hunter2`).join('&')}`,
        'invalid-request',
        /\.\.\.$/,
      ],
    ] as const;
    for (const [path] of refusals) await (await fetch(`${service.origin}${path}`)).text();
    const answered = await fetch(`${service.origin}/health`);
    assert.equal(answered.status, 200);
    while (!service.output().includes('/health')) await once(service.process.stdout ?? service.process, 'data');

    const lines = service
      .output()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => JSON.parse(line) as { path: string; code?: string; detail?: string });
    assert.equal(lines.length, refusals.length + 1);
    for (const [index, [, code, detail]] of refusals.entries()) {
      assert.equal(lines[index]?.code, code);
      if (typeof detail === 'string') assert.equal(lines[index]?.detail, detail);
      else assert.match(lines[index]?.detail ?? '', detail);
      assert.ok((lines[index]?.detail ?? '').length <= 1_003);
    }
    assert.deepEqual([lines.at(-1)?.code, lines.at(-1)?.detail], [undefined, undefined]);
    assert.doesNotMatch(service.output(), /hunter2/);
  });

  it('reads .env', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, '.env'), 'PRESIGNED_EXPIRATION=77\n');
    await using service = await startService({}, folder.path);
    const { limits } = (await (await fetch(service.origin)).json()) as { limits: { presigned_seconds: number } };
    assert.equal(limits.presigned_seconds, 77);
  });
});

describe('compiled code', ON_POSIX, () => {
  const own = `safelight-${process.geteuid?.()}`;
  /** Starts with `folder` as the temporary folder, and ends at once. */
  const start = (folder: string, environment: Record<string, string> = {}) =>
    runService(folder, { TMPDIR: folder, NODE_COMPILE_CACHE: '', ...environment }, [], ['--help']);

  it("is cached in a private folder of the user's own", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'node-compile-cache')); // where Node would look
    assert.equal((await start(folder.path)).exitCode, 0);
    assert.deepEqual(await readdir(join(folder.path, 'node-compile-cache')), []);
    assert.equal((await stat(join(folder.path, own))).mode & 0o777, 0o700);
    assert.notDeepEqual(await readdir(join(folder.path, own)), []);
  });

  it('is not cached if another user may have made that folder', async () => {
    await using folder = await temporaryFolder();
    const [path, elsewhere] = [join(folder.path, own), join(folder.path, 'elsewhere')];
    await mkdir(elsewhere);
    await mkdir(path);
    for (const mode of [0o777, 0o770, 0o702]) {
      await chmod(path, mode);
      assert.equal((await start(folder.path)).exitCode, 0);
      assert.deepEqual(await readdir(path), [], mode.toString(8));
    }
    await rm(path, { recursive: true });
    await symlink(elsewhere, path);
    assert.equal((await start(folder.path)).exitCode, 0);
    assert.deepEqual(await readdir(elsewhere), []);
    await rm(path);
    await writeFile(path, '');
    assert.equal((await start(folder.path)).exitCode, 0);
  });

  it("is never loaded from another user's folder", ROOT, async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, own), { mode: 0o700 });
    await chown(join(folder.path, own), 65_534, 65_534);
    assert.equal((await start(folder.path)).exitCode, 0);
    assert.deepEqual(await readdir(join(folder.path, own)), []);
  });

  it('is cached where NODE_COMPILE_CACHE says', async () => {
    await using folder = await temporaryFolder();
    const said = join(folder.path, 'said');
    assert.equal((await start(folder.path, { NODE_COMPILE_CACHE: said })).exitCode, 0);
    assert.notDeepEqual(await readdir(said), []);
    assert.ok(!(await readdir(folder.path)).includes(own));
  });
});

describe('a misspelled variable', () => {
  it('is reported at the start, without its value', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, '.env'), 'S3_BUCKETT=hunter2\nauth=api-key\nGATES=hunter2\n');
    await using service = await startService({ AWS_ENDPOINT_URL_SNS: 'http://127.0.0.1:1' }, folder.path);
    const warnings = service.output().match(/^.*"level":40.*no variable of this service.*$/gm) ?? [];
    assert.equal(warnings.length, 3, service.output());
    assert.match(warnings[0] ?? '', /S3_BUCKETT is set, but is no variable of this service: did you mean S3_BUCKET\?/);
    assert.match(warnings[1] ?? '', /auth in .env is no variable of this service, .*: did you mean AUTH\?/);
    assert.match(warnings[2] ?? '', /GATES in \.env is no variable of this service: `--help` lists them\./);
    assert.doesNotMatch(service.output(), /hunter2/);
  });
});

describe('a line of .env that sets nothing', () => {
  it('is reported at the start, by its number and without its value', async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, '.env'), '# ours\nSECRET_KEY hunter2\nMAX_UPLOAD_MB=7\n');
    await using service = await startService({}, folder.path);
    const [first, second] = service.output().match(/"level":40.*/g) ?? [];
    assert.match(first ?? '', /MAX_UPLOAD_MB is set, but .*: did you mean MAX_UPLOAD_BYTES\?/);
    assert.match(second ?? '', /Line 2 of \.env sets nothing: expected NAME=value; got SECRET_KEY without \\"=\\"\./);
    assert.doesNotMatch(service.output(), /hunter2/);
  });
});

describe("the keys of an issuer's tokens", () => {
  it('that cannot be fetched are reported at the start, which waits for nothing', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    try {
      for (const [url, reason] of [
        ['http://127.0.0.1:1/jwks.json', /expected an answer from http:\/\/127\.0\.0\.1:1\/jwks\.json; got /],
        [`http://127.0.0.1:${port}/jwks.json`, /The operation was aborted due to timeout/],
      ] as const) {
        await using service = await startService({ AUTH: 'jwt', JWT_AUDIENCE: 'images', JWT_JWKS_URL: url });
        const signal = AbortSignal.timeout(60_000);
        while (!service.output().includes('signing keys'))
          await once(service.process.stdout ?? service.process, 'data', { signal });
        assert.match(
          service.output(),
          /"level":40.*The signing keys of tokens can't be read; until they can, every token/,
        );
        assert.match(service.output(), reason);
        assert.equal((await fetch(`${service.origin}/readyz`)).status, 200);
      }
    } finally {
      silent.close();
    }
  });
});

describe('npm start with an error', () => {
  const cases: {
    name: string;
    skip?: string | false;
    says: RegExp;
    run: (folder: string) => ReturnType<typeof runService>;
  }[] = [
    {
      name: 'a port in use',
      says: /Port \d+ is in use on 127\.0\.0\.1; set PORT/,
      async run(folder) {
        const taken = createServer().listen(0, '127.0.0.1');
        await once(taken, 'listening');
        const address = taken.address();
        try {
          return await runService(folder, { PORT: String(typeof address === 'object' ? address?.port : 0) });
        } finally {
          taken.close();
        }
      },
    },
    {
      name: 'a data folder that is a file',
      says: /Can't use the data folder \S+file \(.*\); set DATA_DIR/,
      async run(folder) {
        await writeFile(join(folder, 'file'), '');
        return runService(folder, { DATA_DIR: join(folder, 'file') });
      },
    },
    {
      name: 'a data folder it may not write to',
      skip: isRoot && skipWithout('mount'),
      says: /Can't use the data folder .*; set DATA_DIR/,
      async run(folder) {
        await using _ = await makeUnwritable(folder);
        return await runService(folder);
      },
    },
    {
      name: 'a secret that is a folder',
      says: /DATA_DIR: expected a readable file \S*secret; got an error: EISDIR/,
      async run(folder) {
        await mkdir(join(folder, 'data', 'secret'), { recursive: true });
        return runService(folder, { DATA_DIR: join(folder, 'data') });
      },
    },
    {
      name: 'a file with the secret that is missing',
      says: /SECRET_KEY_FILE: expected a readable file; got an error: ENOENT.*\/none/,
      run: (folder) => runService(folder, { SECRET_KEY_FILE: join(folder, 'none') }),
    },
    {
      name: "a missing file with the keys of an issuer's tokens",
      says: /JWT_JWKS_FILE: expected a file with a JSON Web Key Set; got an error of \S+none: ENOENT/,
      run: (folder) => runService(folder, { AUTH: 'jwt', JWT_AUDIENCE: 'images', JWT_JWKS_FILE: join(folder, 'none') }),
    },
    {
      name: 'a file of another kind in its place',
      says: /JWT_JWKS_FILE: .*got an error of \S+key\.pem: /,
      async run(folder) {
        const path = join(folder, 'key.pem');
        await writeFile(path, '-----BEGIN PUBLIC KEY-----\n');
        return runService(folder, { AUTH: 'jwt', JWT_AUDIENCE: 'images', JWT_JWKS_FILE: path });
      },
    },
    {
      name: '.env that is a folder',
      says: /\.env: expected a file that this user can read, or none; got EISDIR/,
      async run(folder) {
        await mkdir(join(folder, '.env'));
        return runService(folder);
      },
    },
    {
      name: 'a second service on the same folder',
      says: /Another Safelight service uses the data folder/,
      async run(folder) {
        await using _first = await startService({}, folder);
        return await runService(folder);
      },
    },
    {
      name: 'an old Node',
      says: /needs Node 24 or later; this is v20\.1\.0/,
      run(folder) {
        const versions = "Object.defineProperty(process,'versions',{value:{node:'20.1.0'}});";
        const version = "Object.defineProperty(process,'version',{value:'v20.1.0'});";
        return runService(folder, {}, ['--import', `data:text/javascript,${versions}${version}`]);
      },
    },
    {
      name: 'several wrong settings, all reported at once',
      says: /PORT: expected a whole number from 0 to 65535; got eighty\n.*CORS_ORIGINS: expected origins.*got \*/s,
      run: (folder) => runService(folder, { PORT: 'eighty', CORS_ORIGINS: '*' }),
    },
    {
      name: 'a public address without authentication',
      says: /HOST: expected 127\.0\.0\.1.*ALLOW_OPEN=true; got 0\.0\.0\.0/,
      run: (folder) => runService(folder, { HOST: '0.0.0.0' }),
    },
  ];

  for (const { name, skip, says, run } of cases) {
    it(`prints a sentence and ends with 1: ${name}`, { skip }, async () => {
      await using folder = await temporaryFolder();
      const { exitCode, output } = await run(folder.path);
      assert.equal(exitCode, 1, output);
      assert.match(output, says);
      assert.doesNotMatch(output, /\n\s+at /, 'no stack trace');
    });
  }

  it('prints it on a machine with an old Node', async (t) => {
    const old = await oldNode();
    if (!old) return t.skip('needs a Node before 24 in the path');
    const start = join(import.meta.dirname, '../../src/bin/start.js');
    await assert.rejects(run(old, [start]), {
      code: 1,
      stderr: /^Safelight needs Node 24 or later; this is v\d+.*\n$/,
    });
  });

  it('keeps its secret private', async () => {
    await using folder = await temporaryFolder();
    await using _service = await startService({}, folder.path);
    const { mode } = await stat(join(folder.path, 'data/secret'));
    assert.equal(mode & 0o777, 0o600);
  });
});
