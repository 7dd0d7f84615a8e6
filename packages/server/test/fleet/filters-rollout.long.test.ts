import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { startService } from '../services/running-service.ts';
import { startWorkerIn } from '../services/running-worker.ts';
import { json } from '../services/service.ts';

const PICTURE = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const HEADERS = { 'Content-Type': 'image/jpeg' };
const OWNER = 'ada';
const PLAIN = `/images?user_id=${OWNER}&limit=100`;
const FILTERED = `${PLAIN}&metadata.order=A17`;
/** A fill begins 65 s after processes that share records were given other names. */
const LONGEST_FILL_SECONDS = 300;

// In the long tier for the wait before the fill.
it('images that come while processes restart with other METADATA_FILTERS are all found, and no other list fails', {
  skip: NO_CLOUD,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const { path: folder } = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-')));
  const settings = { ...cloud.environment, ALLOW_OPEN: 'true', FINALIZE_ON_READ: 'off' };
  const start = (METADATA_FILTERS: string) => startService({ ...settings, METADATA_FILTERS }, folder);
  const worker = stack.use(await startWorkerIn(folder, settings)); // follows the others' names
  let one = await start('');
  let other = await start('');
  stack.defer(async () => {
    await one[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  const ids: string[] = [];
  const stopping = new AbortController();
  let asked = one; // never the process that restarts
  const work = (async () => {
    for (; !stopping.signal.aborted; await delay(100)) {
      const { origin } = asked;
      ids.push(await upload(origin));
      assert.equal((await fetch(`${origin}${PLAIN}`)).status, 200);
    }
  })();
  const more = (count: number) => {
    const enough = ids.length + count;
    return Promise.race([until(async () => ids.length >= enough), work]);
  };

  await more(5);
  await other[Symbol.asyncDispose]();
  other = await start('order');
  await more(10); // by the process without the name
  asked = other;
  await more(5);
  await one[Symbol.asyncDispose]();
  one = await start('order');
  await more(5);
  stopping.abort();
  await work;

  assert.equal((await fetch(`${one.origin}${FILTERED}`)).status, 503);
  for (let waited = 0; (await fetch(`${one.origin}${FILTERED}`)).status === 503; waited += 1) {
    assert.ok(waited < LONGEST_FILL_SECONDS, worker.output());
    await delay(1_000);
  }
  for (const { origin } of [one, other]) assert.deepEqual(await listed(`${origin}${FILTERED}`), ids.toSorted());
});

async function upload(origin: string): Promise<string> {
  const asked = json({ user_id: OWNER, content_type: 'image/jpeg', metadata: { order: 'A17' } });
  const { image_id, upload_url } = await answerOf(fetch(`${origin}/uploads`, asked));
  assert.equal(
    (await fetch(new URL(String(upload_url), origin), { method: 'PUT', headers: HEADERS, body: PICTURE })).status,
    200,
  );
  const { status } = await answerOf(fetch(`${origin}/images/${image_id}/complete`, { method: 'POST' }));
  assert.equal(status, 'ready');
  return String(image_id);
}

async function answerOf(response: Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await response;
  assert.ok(answer.ok, `${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** The ids of all pages, sorted. */
async function listed(url: string): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const page = await answerOf(fetch(`${url}${cursor === '' ? '' : `&cursor=${cursor}`}`));
    ids.push(...(page['images'] as readonly { readonly image_id: string }[]).map(({ image_id }) => image_id));
    cursor = page['next_cursor'];
  }
  return ids.toSorted();
}
