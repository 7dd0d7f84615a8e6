import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { json, post } from '../services/service.ts';
import { startFleetIn } from './fleet.ts';

/** The longest time until a change of a key counts in every process. */
const WITHIN_MS = 5_000;
const ASK_EVERY_MS = 200;

const SETTINGS = { AUTH: 'api-key', LOG_LEVEL: 'silent', SECRET_KEY: 'the-one-of-both-processes-on-one-table' };
const POST: RequestInit = { method: 'POST' };

interface Uploaded {
  readonly image_id: string;
  readonly renditions: { readonly thumb: string };
}

/** A process and the other one: each request says which of them answers. */
describe('two processes with one table, one bucket and one SECRET_KEY', { skip: NO_CLOUD }, () => {
  const stack = new AsyncDisposableStack();
  let [first, second]: string[] = [];
  let [admin, ada] = ['', ''];
  let picture: Uint8Array<ArrayBuffer>;
  before(async () => {
    const cloud = stack.use(await createCloud());
    const { path } = stack.use(await temporaryFolder());
    admin = (await keyFrom(path, ['create', '--admin'], { ...cloud.environment, ...SETTINGS })).key;
    const fleet = stack.use(await startFleetIn(cloud, { services: 2, workers: 0, environment: SETTINGS }));
    [first, second] = fleet.services.map(({ origin }) => origin);
    ada = (await newKey()).key;
    picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
  });
  after(() => stack.disposeAsync());

  const ask = (origin: string | undefined, path: string, credential: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${credential}`);
    return fetch(`${origin}${path}`, { ...init, headers });
  };
  const answered = async <Body>(...request: Parameters<typeof ask>): Promise<Body> => {
    const answer = await ask(...request);
    assert.ok(answer.ok, `${request[1]} answered ${answer.status}`);
    return (await answer.json()) as Body;
  };
  const newKey = (): Promise<{ key: string; key_id: string }> => {
    const fields = { name: 'app', owner: 'ada', scopes: ['images:read', 'images:write'] };
    return answered(first, '/keys', admin, json(fields));
  };
  const upload = (): Promise<Uploaded> => answered(first, '/images/upload', ada, post(picture, 'image/jpeg'));
  const tokenOf = async (key: string, fields: object = {}): Promise<string> =>
    (await answered<{ token: string }>(first, '/upload-tokens', key, json(fields))).token;
  const grant = json({ content_type: 'image/jpeg' });

  /** The status of the URL at a process, without a credential. */
  async function statusAt(origin: string | undefined, url: string): Promise<number> {
    const { pathname, search } = new URL(url);
    const answer = await fetch(`${origin}${pathname}${search}`);
    await answer.arrayBuffer();
    return answer.status;
  }
  async function requireAtBoth(url: string, status: number): Promise<void> {
    for (const origin of [first, second]) assert.equal(await statusAt(origin, url), status, `${url} at ${origin}`);
  }

  it('hand out the same URLs of presets, apart from their origin, and open each other’s', async () => {
    const { image_id, renditions } = await upload();
    const other = await answered<Uploaded>(second, `/images/${image_id}/metadata`, ada);
    const textOf = (url: string): string => url.slice(new URL(url).origin.length);
    assert.equal(textOf(other.renditions.thumb), textOf(renditions.thumb));
    await requireAtBoth(renditions.thumb, 200);
  });

  it('refuse a signed URL as soon as the other has revoked the links of its image', async () => {
    const { image_id, renditions } = await upload();
    const link = await answered<{ url: string }>(first, `/images/${image_id}/links`, ada, json({ what: 'original' }));
    const render = await answered<{ url: string }>(first, `/images/${image_id}/render-url`, ada, json({ w: 8 }));
    for (const url of [renditions.thumb, link.url, render.url]) await requireAtBoth(url, 200);
    await answered(first, `/images/${image_id}/revoke-links`, ada, POST);
    await requireAtBoth(renditions.thumb, 403);
    await requireAtBoth(render.url, 403);
    await requireAtBoth(link.url, 404);
  });

  it('refuse a link as soon as the other has revoked it, and only that one', async () => {
    const { image_id } = await upload();
    const path = `/images/${image_id}/links`;
    const make = () => answered<{ url: string; link_id: string }>(first, path, ada, json({ what: 'original' }));
    const [one, other] = [await make(), await make()];
    await requireAtBoth(one.url, 200);
    await answered(second, `${path}/${one.link_id}`, ada, { method: 'DELETE' });
    await requireAtBoth(one.url, 404);
    await requireAtBoth(other.url, 200);
  });

  it('show the presets of a public image until the other makes it private', async () => {
    const { image_id } = await upload();
    const url = `${first}/images/${image_id}/renditions/thumb`;
    const change = (visibility: string) =>
      answered(first, `/images/${image_id}`, ada, { ...json({ visibility }), method: 'PATCH' });
    await requireAtBoth(url, 401);
    await change('public');
    await requireAtBoth(url, 200);
    await change('private');
    await requireAtBoth(url, 401);
  });

  it('make links of one image at once, and never more than 50', async () => {
    const { image_id } = await upload();
    const path = `/images/${image_id}/links`;
    const links = json({ what: 'original' });
    for (let made = 0; made < 46; made += 1) await answered(first, path, ada, links);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask(index % 2 ? first : second, path, ada, links)),
    );
    const statuses = answers.map(({ status }) => status).filter((status) => status !== 503);
    assert.ok(statuses.every((status) => status === 201 || status === 409));
    const { count } = await answered<{ count: number }>(second, path, ada);
    assert.equal(count, 46 + statuses.filter((status) => status === 201).length);
    assert.ok(count <= 50);
  });

  it('permit exactly max_images of a token together', async () => {
    const token = await tokenOf(ada, { max_images: 5 });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 4 < 2
          ? ask(index % 2 ? first : second, '/uploads', token, grant)
          : ask(index % 2 ? first : second, '/images/upload', token, post(picture, 'image/jpeg')),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200 || status === 201).length, 5, statuses.join(' '));
    assert.ok(
      statuses.every((status) => [200, 201, 403].includes(status)),
      statuses.join(' '),
    );
    for (const origin of [first, second]) {
      const problem = (await (await ask(origin, '/uploads', token, grant)).json()) as { code: string };
      assert.equal(problem.code, 'upload-token-used-up');
    }
  });

  it('refuse the tokens of a key that was revoked in the first, within five seconds', async () => {
    const { key, key_id } = await newKey();
    const [token, kept] = [await tokenOf(key), await tokenOf(ada)];
    const statusOf = async (credential: string) => (await ask(second, '/uploads', credential, grant)).status;
    for (const one of [token, kept]) assert.equal(await statusOf(one), 201);
    assert.equal((await ask(first, `/keys/${key_id}`, admin, { method: 'DELETE' })).status, 200);
    const revokedMs = performance.now();
    while (performance.now() - revokedMs < WITHIN_MS && (await statusOf(token)) !== 401) await delay(ASK_EVERY_MS);
    assert.deepEqual([await statusOf(token), await statusOf(kept)], [401, 201]);
  });
});
