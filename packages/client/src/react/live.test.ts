import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createClient } from '../index.ts';
import { createImageList, pagesFrom } from './image-list.ts';
import { onChanges } from './live.ts';

/** Time that passes by `pass` alone. */
function mockTime(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let elapsedMs = 0;
  t.mock.method(performance, 'now', () => elapsedMs);
  return {
    skip(ms: number): void {
      elapsedMs += ms;
    },
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second += 1) {
        elapsedMs += 1_000;
        t.mock.timers.tick(1_000);
        for (let n = 0; n < 10; n += 1) await turn();
      }
    },
  };
}

const EXPIRED = { status: 410, code: 'cursor-expired', detail: 'x' };
const FULL = { status: 429, code: 'overloaded', detail: 'x' };
const FORBIDDEN = { status: 403, code: 'forbidden', detail: 'x' };

/** A stream that has begun. */
const begun = (end: 'stays open' | 'ends'): Response =>
  new Response(
    new ReadableStream({
      start(stream) {
        stream.enqueue(new TextEncoder().encode(':\nid: a\n\n'));
        if (end === 'ends') stream.close();
      },
    }),
    { headers: { 'content-type': 'text/event-stream' } },
  );

it('a log that forgets is followed again after growing pauses, and lists are read again each time', async (t) => {
  const { pass, skip } = mockTime(t);
  t.mock.method(Math, 'random', () => 0.5);
  let [asked, lists] = [0, 0];
  let held: Promise<void> | undefined;
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: async (url, init) => {
      if (new URL(String(url)).pathname === '/') return Response.json({ events: true });
      if (new Headers(init?.headers).has('last-event-id')) {
        await (held ?? turn());
        return Response.json(EXPIRED, { status: 410 });
      }
      asked += 1;
      return asked < 100 ? begun('ends') : Response.json(FORBIDDEN, { status: 403 });
    },
  });

  const leave = onChanges(client, 'ada', () => {
    lists += 1;
  });
  await pass(180);
  assert.ok(asked >= 7 && asked <= 12, `expected about ten requests in three minutes; got ${asked}`);
  assert.equal(lists, asked);

  const lasting = Promise.withResolvers<void>();
  held = lasting.promise;
  const before = asked;
  await pass(61);
  assert.equal(asked, before + 1);
  skip(61_000);
  lasting.resolve();
  held = undefined;
  await pass(3);
  assert.equal(asked, before + 2, 'soon after a stream that lasted');
  leave();
});

const FAILURES: Readonly<Record<string, { readonly path?: string; readonly answer: () => Response }>> = {
  'the service is away when a page opens': {
    path: '/',
    answer() {
      throw new TypeError('fetch failed');
    },
  },
  'the service refuses to tell changes': { path: '/events', answer: () => Response.json(FORBIDDEN, { status: 403 }) },
  'no token can be made': {
    answer() {
      throw new Error('signed out');
    },
  },
};
for (const [what, { path, answer }] of Object.entries(FAILURES))
  it(`changes are followed again within a minute after ${what}`, async (t) => {
    const { pass } = mockTime(t);
    let [asked, followed, lists] = [0, 0, 0];
    let fails = true;
    const client = createClient({
      baseUrl: 'http://localhost',
      retries: 0,
      async token() {
        asked += 1;
        if (path === undefined && fails) answer();
        return 'token';
      },
      async fetch(url) {
        const { pathname } = new URL(String(url));
        asked += 1;
        if (pathname === path && fails) return answer();
        if (pathname === '/') return Response.json({ events: true });
        followed += 1;
        return begun('stays open');
      },
    });
    t.after(
      onChanges(client, 'ada', () => {
        lists += 1;
      }),
    );
    await pass(29);
    assert.ok(asked <= 3, `expected no second attempt yet; got ${asked} requests`);
    assert.equal(lists, 0);
    fails = false;
    await pass(33);
    assert.deepEqual([followed, lists], [1, 1]);
  });

it('lists are read again once a stream begins, however long the service had no place for it', async (t) => {
  const { pass } = mockTime(t);
  let [asked, lists] = [0, 0];
  let isFull = true;
  const client = createClient({
    baseUrl: 'http://localhost',
    async fetch(url) {
      if (new URL(String(url)).pathname === '/') return Response.json({ events: true });
      asked += 1;
      return isFull ? Response.json(FULL, { status: 429, headers: { 'retry-after': '20' } }) : begun('stays open');
    },
  });
  t.after(
    onChanges(client, 'ada', () => {
      lists += 1;
    }),
  );
  await pass(240);
  assert.ok(asked > 5, `expected more than five requests in four minutes; got ${asked}`);
  assert.equal(lists, 0);
  isFull = false;
  await pass(60);
  assert.equal(lists, 1);
});

it('a list shows no error any more once it has been read again', async () => {
  let answer = () => Response.json(FORBIDDEN, { status: 403 });
  const client = createClient({ baseUrl: 'http://localhost', fetch: async () => answer() });
  const list = createImageList(pagesFrom(client, {}), 50);
  await list.refresh();
  assert.notEqual(list.snapshot().error, undefined);
  answer = () => Response.json({ images: [], next_cursor: null });
  await list.renew();
  assert.equal(list.snapshot().error, undefined);
});

it('an image whose date changes between two pages is listed once, at its later place', async () => {
  const pages = [
    { images: [{ image_id: 'a' }, { image_id: 'b', revision: 1 }], next_cursor: '1' },
    { images: [{ image_id: 'b', revision: 2 }], next_cursor: '2' },
    { images: [{ image_id: 'c' }, { image_id: 'd' }], next_cursor: null },
  ];
  const client = createClient({ baseUrl: 'http://localhost', fetch: async () => Response.json(pages.shift()) });
  const list = createImageList(pagesFrom(client, { order: 'taken-newest' }), 2);
  await list.refresh();
  await list.more();
  const { images, hasMore } = list.snapshot();
  assert.deepEqual([images.map(({ image_id }) => image_id).join(''), images[1]?.revision], ['abcd', 2]);
  assert.equal(hasMore, false);
});

it('a service without a log is asked once', async (t) => {
  const { pass } = mockTime(t);
  let asked = 0;
  const client = createClient({
    baseUrl: 'http://localhost',
    fetch: async () => {
      asked += 1;
      return Response.json({ events: false });
    },
  });
  t.after(onChanges(client, 'ada', () => undefined));
  await pass(120);
  assert.equal(asked, 1);
});

for (const code of ['missing-scope', 'route-not-found'])
  it(`the log isn't asked again after ${code}, which no later request changes`, async (t) => {
    const { pass } = mockTime(t);
    let asked = 0;
    const client = createClient({
      baseUrl: 'http://localhost',
      fetch: async (url) => {
        if (new URL(String(url)).pathname === '/') return Response.json({ events: true });
        asked += 1;
        return Response.json({ status: 403, code, detail: 'x' }, { status: 403 });
      },
    });
    const leave = onChanges(client, 'ada', () => assert.fail('nothing was followed'));
    await pass(300);
    assert.equal(asked, 1);
    leave();
  });
