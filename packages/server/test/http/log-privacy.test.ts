import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json, post } from '../services/service.ts';
import { connectTo, lines } from './raw-connection.ts';

/** A word that occurs in this test's signatures and queries only. */
const SECRET = 'abcdef0123456789';
const QUERY = `X-Amz-Signature=${SECRET}&sig=${SECRET}&user_id=${SECRET}`;

/** Requests with every kind of outcome: answered, refused, malformed, cut off. */
const TARGETS = [
  `GET /images?${QUERY}&user_id=other HTTP/1.1`,
  `GET /nowhere?${QUERY} HTTP/1.1`,
  `GET /nowhere#?${QUERY} HTTP/1.1`,
  `GET http://localhost/health?${QUERY} HTTP/1.1`,
  `GET //host:99999/health?${QUERY} HTTP/1.1`,
  `GET /images\\x?${QUERY} HTTP/1.1`,
  `GET ftp://key:${SECRET}@localhost/?${QUERY} HTTP/1.1`,
  `OPTIONS *?${QUERY} HTTP/1.1`,
  `GET /objects/safelight/incoming/u/x?${QUERY} HTTP/1.1`,
  `PUT /objects/safelight/incoming/u/x?${QUERY} HTTP/1.1`,
  `GET /images/%zz/render?${QUERY} HTTP/1.1`,
  `GET /images/x HTTP/9.9?${QUERY}`,
  `?${QUERY}`,
];

async function ask(service: RunningService, ...head: string[]): Promise<void> {
  await using connection = await connectTo(service.origin);
  connection.socket.end(lines(...head));
  await connection.ended;
}

describe('the log', () => {
  for (const format of ['json', 'pretty']) {
    it(`has no query, no signature and no name of a file for any outcome of a request (${format})`, async () => {
      await using service = await startService({ LOG_LEVEL: 'debug', LOG_FORMAT: format });
      for (const host of ['localhost', 'a b', `x@${SECRET}?${QUERY}`])
        for (const target of TARGETS) await ask(service, target, `Host: ${host}`);

      const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
      const filename = 'Diagnosis%20of%20Ada.jpg';
      const upload = async (): Promise<string> => {
        const target = `${service.origin}/images/upload?user_id=u&filename=${filename}`;
        const uploaded = await fetch(target, post(picture, 'image/jpeg'));
        return ((await uploaded.json()) as { image_id: string }).image_id;
      };
      const [id, other] = [await upload(), await upload()];
      const linked = await fetch(`${service.origin}/images/${other}/download?user_id=u`);
      const { download_url: original } = (await linked.json()) as { download_url: string };
      assert.match(original, /Diagnosis/);
      const { pathname } = new URL(original);
      for (const one of [original, `${service.origin}${pathname}`, original.replace(/\/(?=[^/?]*Diagnosis)/, '%2F')])
        await (await fetch(one)).bytes();
      await ask(service, `GET ${pathname} HTTP/1.1`);
      await ask(service, `GET /${pathname} HTTP/1.1`, 'Host: localhost');
      await ask(service, 'PUT /objects/safelight/Diagnosis.jpg HTTP/1.1', 'Host: localhost');
      const granted = await fetch(
        `${service.origin}/images/upload`,
        json({ user_id: 'u', content_type: 'image/jpeg', filename: 'a.jpg' }),
      );
      const { upload_url: url } = (await granted.json()) as { upload_url: string };

      // Internal faults, which are logged with their errors: records without bytes, and a read-only store.
      const objects = join(service.folder, 'data/objects');
      await rename(join(objects, 'safelight'), join(objects, 'elsewhere')).catch(async () => {
        for (const name of await readdir(objects))
          if (name !== 'tmp') await rename(join(objects, name), join(objects, `${name}-`));
      });
      assert.equal((await fetch(`${service.origin}/images/${id}?user_id=u&sig=${SECRET}`)).status, 500);
      await rm(join(objects, 'tmp'), { recursive: true });
      const headers = { 'Content-Type': 'image/jpeg' };
      const { status } = await fetch(url, { method: 'PUT', headers, body: picture });
      assert.equal(status, 503);
      await fetch(`${service.origin}/last?${QUERY}`);
      await until(async () => service.output().includes('/last'));

      const log = service.output().replace(/^.*listens on.*$/m, '');
      assert.match(log, /failed/);
      assert.doesNotMatch(log, /Diagnosis/);
      assert.match(log, new RegExp(`/objects/safelight/images/u/${other}/[\\w-]+/…`));
      assert.doesNotMatch(log, new RegExp(`${SECRET}|X-Amz-[\\w-]*=|sig=|\\?[\\w%]`, 'i'));
    });
  }

  it('has no secret of an API key, wherever a client puts it', async () => {
    await using service = await startService({
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
      AUTH: 'api-key',
      RATE_LIMITS: 'off',
    });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(`${service.origin}${path}`, { ...init, headers: { Authorization: `Bearer ${admin}`, ...init.headers } });
    const made = await ask(
      '/keys',
      json({ name: 'test', owner: 'ada', scopes: ['images:read'] }, { Authorization: `Bearer ${admin}` }),
    );
    const { key } = (await made.json()) as { key: string };
    for (const secret of [admin, key, key.slice(0, -9)]) {
      for (const path of [`/keys/${secret}`, `/images/${secret}/metadata`, `/${secret}`, `/keys?cursor=${secret}`])
        await ask(path);
      const encoded = [...secret].map((one) => `%${one.charCodeAt(0).toString(16)}`).join('');
      for (const one of [secret.replaceAll('_', '%5f'), encoded, encodeURIComponent(encoded)])
        await ask(`/keys/${one}`, { method: 'DELETE' });
      await ask('/images', { headers: { Authorization: `Bearer ${secret}`, 'X-User-Id': encoded } });
      await ask('/images', { headers: { Authorization: `Bearer ${secret}x` } });
      await ask('/images', { headers: { Authorization: `Bearer ${secret}`, 'X-User-Id': secret } });
      await ask(
        '/keys',
        json({ name: secret, [secret]: secret, scopes: [secret] }, { Authorization: `Bearer ${admin}` }),
      );
    }
    const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2lnbmF0dXJlLW9mLWEtand0';
    for (const token of [jwt, jwt.replaceAll('.', '%2e'), encodeURIComponent(jwt.replaceAll('.', '%2e'))])
      for (const path of [`/${token}`, `/images/${token}/metadata`, `/objects/safelight/${token}`]) await ask(path);
    await ask('/last');
    await until(async () => service.output().includes('/last'));
    const log = service.output();
    assert.match(log, /"reason":"malformed"/);
    assert.doesNotMatch(log, /eyJzdWIi|c2lnbmF0/);
    assert.doesNotMatch(log, /(?:%(?:25)*[2-7][0-9a-f]){40}/i, 'expected no key with every character encoded');
    for (const secret of [admin, key]) {
      assert.ok(!log.includes(secret.slice(27, 59)));
      assert.ok(log.includes(secret.slice(10, 26)), 'expected the id, by which an operator finds the key');
    }
  });

  it('has no secret and no URL of a webhook, nor the keys that sign', async () => {
    await using service = await startService({
      LOG_LEVEL: 'debug',
      LOG_FORMAT: 'json',
      AUTH: 'api-key',
      RATE_LIMITS: 'off',
      EVENTS: 'on',
    });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const ask = async (path: string, init: RequestInit = {}) => {
      const headers = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' };
      return (await (await fetch(`${service.origin}${path}`, { ...init, headers })).json()) as {
        webhook_id: string;
        secret: string;
        detail: string;
      };
    };
    const url = 'https://127.0.0.1.example/hunter2-in-the-path';
    const { webhook_id: id, secret } = await ask('/webhooks', json({ url }));
    const rotated = await ask(`/webhooks/${id}/rotate`, { method: 'POST' });
    await ask(`/webhooks/${id}/test`, { method: 'POST' });
    for (const wrong of ['http://10.0.0.1/hunter2', 'https://ada:hunter2@shop.example/', 'hunter2', `${url}#`]) {
      await ask('/webhooks', json({ url: wrong }));
      await ask(`/webhooks/${id}`, { ...json({ url: wrong, secret }), method: 'PATCH' });
    }
    await ask(`/webhooks/${id}`, { method: 'DELETE' });
    await ask('/last');
    await until(async () => service.output().includes('/last'));
    const log = service.output();
    assert.ok(log.includes(id), 'expected the id in the audit');
    for (const text of [secret, rotated.secret]) assert.ok(!log.includes(text.slice(6, 40)));
    assert.doesNotMatch(log, /hunter2|whsec_/);
  });

  it('has no signature of a shared picture, whether it is shown or refused', async () => {
    await using service = await startService({ LOG_LEVEL: 'debug', LOG_FORMAT: 'json', AUTH: 'api-key' });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const headers = { Authorization: `Bearer ${admin}`, 'X-User-Id': 'ada' };
    const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const uploaded = await fetch(`${service.origin}/images/upload`, post(picture, 'image/jpeg', headers));
    const { image_id } = (await uploaded.json()) as { image_id: string };
    const described = await fetch(`${service.origin}/images/${image_id}/metadata`, { headers });
    const { renditions } = (await described.json()) as { renditions: { thumb: string } };
    const sig = new URL(renditions.thumb).searchParams.get('sig') ?? assert.fail();
    assert.equal(sig.length, 43);
    const [path = '', query = ''] = renditions.thumb.split('?');
    const statuses = new Set<number>();
    for (const url of [
      renditions.thumb,
      `${renditions.thumb}&sig=${sig}`,
      `${renditions.thumb}x`,
      `${renditions.thumb}${'x'.repeat(99)}`,
      `${path}?sig=${sig}`,
      `${path}?exp=${sig}&sig=${sig}`,
      `${path}?v=${sig}&exp=1`,
      `${path}none?${query}`,
      `${service.origin}/images/${image_id}/render?${query}`,
      `${service.origin}/images/${image_id}/render?w=8&${query.replace(/^v=\w+&/, '')}`,
      `${service.origin}/images/${image_id}/render?w=8&sig=${sig}&sig=${sig}`,
      `${service.origin}/images/${image_id}/original?${query}`,
    ])
      for (const credential of [{}, headers]) statuses.add((await fetch(url, { headers: credential })).status);
    assert.deepEqual([...statuses].toSorted(), [200, 400, 401, 403, 404]);
    await fetch(`${service.origin}/last`);
    await until(async () => service.output().includes('/last'));
    const lines = service.output().split('\n');
    assert.deepEqual(
      lines.filter((line) => line.includes(sig)),
      [],
    );
  });

  it('has no signature of a link, whether the link is made, opened, refused or revoked', async () => {
    await using service = await startService({ LOG_LEVEL: 'debug', LOG_FORMAT: 'json' });
    const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const uploaded = await fetch(`${service.origin}/images/upload?user_id=u`, post(picture, 'image/jpeg'));
    const { image_id: id } = (await uploaded.json()) as { image_id: string };
    const links = `${service.origin}/images/${id}/links`;
    const made = await fetch(links, json({ what: 'original' }));
    assert.deepEqual([uploaded.status, made.status], [200, 201]);
    const { url, link_id } = (await made.json()) as { url: string; link_id: string };
    const { search, searchParams } = new URL(url);
    const sig = searchParams.get('sig') ?? '';
    assert.equal(sig.length, 43);
    const statusOf = async (target: string, method = 'GET') => (await fetch(target, { method })).status;
    assert.equal(await statusOf(url), 200);
    for (const query of [
      `&sig=${sig}`,
      `&${encodeURIComponent(search.slice(1))}=1`,
      `&kid=${sig}`,
      `&download=${sig}`,
      `&exp=${sig}`,
      `&user_id=${sig}`,
    ])
      assert.equal(await statusOf(`${url}${query}`), 400, query.slice(0, 10));
    for (const exp of [`${sig}`, '1']) await statusOf(`${links}/${link_id}?exp=${exp}&kid=0&sig=${sig}`);
    for (const mark of ['%3F', '&']) assert.equal(await statusOf(`${links}/${link_id}${mark}${search.slice(1)}`), 404);
    assert.equal(await statusOf(`${links}/${link_id}${search}`, 'PUT'), 405);
    assert.equal(await statusOf(`${links}/${link_id}${search}`, 'DELETE'), 200);
    assert.equal(await statusOf(url), 404);
    await fetch(`${service.origin}/last`);
    await until(async () => service.output().includes('/last'));
    const log = service.output();
    assert.match(log, /link-not-found/);
    const parts = [sig.slice(0, 12), sig.slice(-12)];
    assert.deepEqual(
      log.split('\n').filter((line) => parts.some((part) => line.includes(part))),
      [],
    );
  });

  it('has no upload token, wherever a client puts it', async () => {
    await using service = await startService({ LOG_LEVEL: 'debug', LOG_FORMAT: 'json', AUTH: 'api-key' });
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const ask = (credential: string, path: string, init: RequestInit = {}) =>
      fetch(`${service.origin}${path}`, {
        ...init,
        headers: { ...init.headers, Authorization: `Bearer ${credential}` },
      });
    const minted = await ask(admin, '/upload-tokens', json({ user_id: 'ada', metadata: { a: 'x'.repeat(300) } }));
    const { token, token_id } = (await minted.json()) as { token: string; token_id: string };
    for (const secret of [token, token.slice(0, -9)]) {
      for (const path of [`/${secret}`, `/images/${secret}/metadata`, `/images/x?token=${secret}`])
        for (const credential of [admin, secret]) await ask(credential, path);
      await ask(admin, `/images/${secret.replaceAll('_', '%5f').replaceAll('.', '%2e')}`, { method: 'DELETE' });
      await ask(secret, '/uploads', json({ content_type: 'image/png' }, { 'Idempotency-Key': secret }));
      await ask(secret, '/uploads', json({ content_type: 'image/gif' }, { 'Idempotency-Key': secret }));
      await ask(admin, '/images', { headers: { 'X-User-Id': secret.slice(0, 128) } });
      await ask(admin, '/upload-tokens', json({ user_id: secret, tags: [secret], [secret]: secret }));
    }
    await ask(admin, '/last');
    await until(async () => service.output().includes('/last'));
    const log = service.output();
    assert.ok(log.includes(token_id), 'expected the id in the audit');
    const [claims = '', tag = ''] = token.slice('slu_'.length).split('.');
    for (const part of [claims.slice(0, 40), claims.slice(-40), tag.slice(0, 20)]) assert.ok(!log.includes(part), part);
  });
});
