import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClient } from '../node.ts';

const answering = (status: number, type: string, body: string) => async () =>
  new Response(body, { status, headers: { 'content-type': type } });
const problem = (code: string) => JSON.stringify({ code, detail: `a sentence about ${code}` });

describe('a path in baseUrl is named', () => {
  for (const [what, fetch] of [
    ['a page', answering(200, 'text/html', '<!doctype html>')],
    ['no route', answering(404, 'application/problem+json', problem('route-not-found'))],
    ['no such method', answering(405, 'application/problem+json', problem('method-not-allowed'))],
  ] as const)
    it(`if the answer is ${what}`, async () => {
      const detail = /\. The URL of the service has the path \/docs: most have none, as https:\/\/images\.example$/;
      const client = createClient({ baseUrl: 'https://images.example/docs/', fetch, retries: 0 });
      await assert.rejects(client.service(), { detail });
      const right = createClient({ baseUrl: 'https://images.example/', fetch, retries: 0 });
      await assert.rejects(right.service(), ({ detail }: { detail: string }) => !detail.includes('has the path'));
    });

  it('in no other answer', async () => {
    const fetch = answering(404, 'application/problem+json', problem('image-not-found'));
    const client = createClient({ baseUrl: 'https://example.org/images', fetch });
    await assert.rejects(client.images.get('01932f00-0000-7000-8000-000000000001'), {
      code: 'image-not-found',
      status: 404,
      detail: 'a sentence about image-not-found',
    });
  });

  for (const baseUrl of ['https://images.example/?user_id=me', 'https://images.example/#top', 'images.example'])
    it(`and it has no query and no fragment: ${baseUrl}`, () => {
      assert.throws(() => createClient({ baseUrl }), /^TypeError: expected baseUrl as a URL such as .*; got /);
    });
});

describe('no connection names the address, and what else a browser may mean', () => {
  const failing = async () => {
    throw new TypeError('Failed to fetch');
  };
  const NONE = 'expected an answer; got no connection to https://images.example';
  for (const [page, detail] of [
    [undefined, NONE],
    ['https://images.example', NONE],
    ['https://app.example', `${NONE}, or none for pages of https://app.example: see its CORS_ORIGINS`],
  ] as const)
    it(`on ${page}`, async (test) => {
      Object.assign(globalThis, { location: page === undefined ? undefined : { origin: page } });
      test.after(() => Reflect.deleteProperty(globalThis, 'location'));
      const client = createClient({ baseUrl: 'https://images.example', fetch: failing, retries: 0 });
      await assert.rejects(client.service(), { code: 'network', detail });
    });
});

it('a request has its own number of further attempts, or the client’s', async () => {
  let asked = 0;
  const fetch = async () => {
    asked += 1;
    return new Response(problem('rate-limited'), {
      status: 429,
      headers: { 'content-type': 'application/problem+json' },
    });
  };
  const client = createClient({ baseUrl: 'https://images.example', fetch, retries: 1 });
  await assert.rejects(client.request('/images', { retries: 0 }), { code: 'rate-limited' });
  assert.equal(asked, 1);
  await assert.rejects(client.images.trashedRendition('a', 'thumb', { retries: 0 }), { status: 429 });
  assert.equal(asked, 2);
  await assert.rejects(client.request('/images'), { code: 'rate-limited' });
  assert.equal(asked, 4);
});
