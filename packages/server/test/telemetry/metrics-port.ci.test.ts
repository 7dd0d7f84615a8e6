import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { runService, startService } from '../services/running-service.ts';
import { askPort, samplesIn, sumOf } from './prometheus-text.ts';

/** Prints the URL of every module of OpenTelemetry's packages that the process loads. */
const LISTS_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (found.url.includes('@opentelemetry')) process._rawDebug('loads ' + found.url);
      return found;
    },
  });
`)}`;
const NODE_OPTIONS = `--import=${LISTS_MODULES}`;

const USERS = Array.from({ length: 20 }, (_, index) => `person-${index}@example.org`);

interface Made {
  readonly image_id: string;
}

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

/** Requests with a credential. */
const asking =
  (origin: string, key: string) =>
  async <Result>(path: string, init: RequestInit = {}): Promise<Result> => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${key}`);
    const answer = await fetch(`${origin}${path}`, { ...init, headers });
    assert.ok(answer.ok, `${path}: expected success; got ${answer.status} ${await answer.clone().text()}`);
    return (await answer.json()) as Result;
  };

/** One user's key, picture, grant and token: all that names a user or opens something. */
async function useService(origin: string, admin: string, user: string, bytes: Buffer): Promise<readonly string[]> {
  const terms = { name: `key of ${user}`, owner: user, scopes: ['images:read', 'images:write'] };
  const { key, key_id } = await asking(origin, admin)<{ key: string; key_id: string }>('/keys', json(terms));
  const ask = asking(origin, key);
  const picture = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: new Uint8Array(bytes) };
  const { image_id } = await ask<Made>(`/images/upload?tags=tag-of-${user}`, picture);
  const granted = await ask<Made>('/uploads', json({ content_type: 'image/png' }));
  const { token, token_id } = await ask<{ token: string; token_id: string }>('/upload-tokens', json({}));
  await ask(`/images/${image_id}/metadata`);
  await fetch(`${origin}/${user}/${image_id}?${user}`);
  return [user, encodeURIComponent(user), key, key_id, image_id, granted.image_id, token, token_id, `tag-of-${user}`];
}

describe('METRICS_PORT', () => {
  it('serves the metrics of a closed service, in which no user, key, image or token is named', async () => {
    const port = await freePort();
    const environment = { AUTH: 'api-key', RATE_LIMITS: 'off', METRICS_PORT: String(port), NODE_OPTIONS };
    await using service = await startService(environment);
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const bytes = await testImage({ type: 'image/png', width: 16, height: 16 });
    const given = await Promise.all(USERS.map((user) => useService(service.origin, admin, user, bytes)));

    const ask = (path: string, init?: Parameters<typeof askPort>[1]) =>
      askPort(`http://127.0.0.1:${port}${path}`, init);
    const { headers, text } = await ask('/metrics');
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
    for (const one of [admin, ...given.flat()]) assert.ok(!text.includes(one), `${one} in the metrics`);

    const samples = samplesIn(text);
    const all = USERS.length;
    const uploads = (state: string) => sumOf(samples, 'safelight_uploads_total', { state });
    assert.deepEqual([uploads('granted'), uploads('ready'), uploads('rejected')], [all, all, 0]);
    const operations = (operation: string) => sumOf(samples, 'safelight_operations_total', { operation });
    assert.deepEqual([operations('createKey'), operations('createUpload')], [all, all]);
    const requests = 'http_server_request_duration_count';
    assert.equal(sumOf(samples, requests, { http_route: '/keys', http_response_status_code: '201' }), all);
    assert.equal(sumOf(samples, requests, { error_type: 'route-not-found' }), all);
    assert.equal(sumOf(samples, 'http_server_active_requests'), 0);
    for (const gauge of ['process_memory_usage', 'safelight_disk_free', 'safelight_decoder_processes'])
      assert.ok(sumOf(samples, gauge) > 0, gauge);
    assert.equal(sumOf(samples, 'safelight_decoder_confinement'), 1);
    const deadLetters = samples.flatMap(({ name, value }) => (name === 'safelight_dead_letters' ? value : []));
    assert.deepEqual(deadLetters, [0], 'expected what the sweeper measures at the start');
    for (const { name } of samples) {
      const family = name.replace(/_(?:bucket|sum|count)$/, '');
      const isDescribed = [name, family].some(
        (one) => text.includes(`# HELP ${one} `) && text.includes(`# TYPE ${one} `),
      );
      assert.ok(isDescribed, `${name} without HELP and TYPE`);
    }

    const others: [path: string, init: Parameters<typeof askPort>[1], status: number][] = [
      ['/', undefined, 404],
      ['/health', undefined, 404],
      ['/metrics/', undefined, 404],
      ['/images', undefined, 404],
      ['/metrics', { method: 'POST', body: 'x' }, 405],
      ['/metrics', { method: 'DELETE' }, 405],
      ['/metrics', { method: 'HEAD' }, 200],
    ];
    for (const [path, init, status] of others) {
      const answer = await ask(path, init);
      assert.deepEqual([answer.status, answer.text], [status, ''], `${init?.method ?? 'GET'} ${path}`);
    }
    assert.match(service.output(), /loads .*sdk-metrics/, 'expected the list of modules to see the SDK');
  });

  it('serves a page that promtool accepts', { skip: skipWithout('promtool') }, async () => {
    const port = await freePort();
    await using service = await startService({ METRICS_PORT: String(port), USAGE: 'on' });
    const bytes = await testImage({ type: 'image/png', width: 16, height: 16 });
    const picture = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: new Uint8Array(bytes) };
    assert.equal((await fetch(`${service.origin}/images/upload?user_id=me`, picture)).status, 200);
    const { text: page } = await askPort(`http://127.0.0.1:${port}/metrics`);
    assert.match(page, /^safelight_uploads_total\{state="ready"\} 1$/m);
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: page, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  it('unset: no package of OpenTelemetry is loaded, nor for OTEL_ variables alone', async () => {
    await using service = await startService({
      NODE_OPTIONS,
      OTEL_SERVICE_NAME: 'images',
      WORKER_METRICS_PORT: '9465',
    });
    const bytes = await testImage({ type: 'image/png', width: 16, height: 16 });
    const picture = { method: 'POST', headers: { 'Content-Type': 'image/png' }, body: new Uint8Array(bytes) };
    assert.equal((await fetch(`${service.origin}/images/upload?user_id=me`, picture)).status, 200);
    assert.doesNotMatch(service.output(), /opentelemetry/);
  });

  it('in use: the start fails with a sentence that names the port and the variable', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    const { exitCode, output } = await runService(folder.path, { METRICS_PORT: String(port) });
    taken.close();
    assert.equal(exitCode, 1);
    const sentence = `Port ${port} is in use on 127.0.0.1; set METRICS_PORT to another one.`;
    assert.equal(output.trim(), `Safelight can't start. ${sentence}`);
  });
});
