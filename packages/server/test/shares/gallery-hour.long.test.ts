import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { ACCEPT, seedLibrary } from '../../../web/test/seeded-library.fixture.ts';
import { repeatsOf } from '../repeats.ts';
import { keyFrom } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';

/** What the person has already. */
const LIBRARY = repeatsOf('libraryImages').count;
/** A folder that one person uploads at once. */
const UPLOADS = repeatsOf('folderUploads').count;
/**
 * A tile is asked for about 1,850 times a minute while a gallery is flung through: 110,000 an hour. They are sent as
 * fast as the service answers.
 */
const TILES = repeatsOf('tilesOfAnHour').count;
/** The whole list is read again so many times in that hour, in pages as the gallery's. */
const LISTS = 12;
const PAGE = 200;
const AT_ONCE = 8;

/** More than an address may send wrong signatures in a minute, of each kind. */
const LEAST_JUNK = 1_500;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface ListedImage {
  readonly image_id: string;
  readonly renditions: { readonly thumb: string };
}

describe('a service with AUTH=api-key and default limits, for one person at one address', () => {
  const stack = new AsyncDisposableStack();
  const agent = new Agent({ keepAlive: true, maxSockets: 2 * AT_ONCE });
  let service: RunningService;
  let key: string;
  before(async () => {
    stack.defer(() => agent.destroy());
    const folder = await mkdtemp(join(tmpdir(), 'safelight-hour-'));
    stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
    const newest = Date.now();
    const pictures = await Promise.all(
      [1, 2, 3].map(async (seed) => ({
        bytes: await testImage({ type: 'image/jpeg', width: 60, height: 40, seed }),
        filename: `${seed}.jpg`,
      })),
    );
    await seedLibrary(folder, {
      count: LIBRARY,
      at: (index) => new Date(newest - index * 60_000),
      pictures,
      owner: 'ada',
    });
    service = stack.use(await startService({ AUTH: 'api-key', LOG_LEVEL: 'error' }, folder));
    ({ key } = await keyFrom(service.folder, [
      'create',
      '--name',
      'gallery',
      '--owner',
      'ada',
      '--scopes',
      'images:read,images:write',
    ]));
  });
  after(() => stack.disposeAsync());

  async function send(url: string | URL, options: RequestOptions = {}, body?: Buffer | string): Promise<Answer> {
    const asked = request(new URL(url, service.origin), { agent, ...options });
    asked.end(body);
    const [response] = await once(asked, 'response');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: Buffer.concat(await Array.fromAsync(response)),
    };
  }
  const asAda = (path: string, options: RequestOptions = {}, body?: string): Promise<Answer> =>
    send(path, { ...options, headers: { ...options.headers, authorization: `Bearer ${key}` } }, body);

  async function upload(seed: number): Promise<void> {
    const asked = JSON.stringify({ content_type: 'image/png', filename: `${seed}.png`, tags: ['folder'] });
    const grant = await asAda('/uploads', { method: 'POST', headers: { 'content-type': 'application/json' } }, asked);
    assert.equal(grant.status, 201, String(grant.body));
    const { image_id, upload_url, headers } = JSON.parse(String(grant.body));
    const bytes = await testImage({ type: 'image/png', width: 16, height: 16, seed });
    const put = await send(
      upload_url,
      { method: 'PUT', headers: { ...headers, 'content-length': bytes.length } },
      bytes,
    );
    assert.equal(put.status, 200, String(put.body));
    const completed = await asAda(`/images/${image_id}/complete`, { method: 'POST' });
    assert.equal(completed.status, 200, String(completed.body));
  }

  async function wholeList(): Promise<readonly ListedImage[]> {
    const found: ListedImage[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await asAda(`/images?limit=${PAGE}${cursor && `&cursor=${cursor}`}`);
      assert.equal(page.status, 200, String(page.body));
      const { images, next_cursor } = JSON.parse(String(page.body));
      found.push(...images);
      cursor = next_cursor;
    }
    return found;
  }

  it('takes a folder and an hour of scrolling, while junk comes from the same address', async () => {
    await atOnce(UPLOADS, upload);
    const images = await wholeList();
    assert.equal(images.length, LIBRARY + UPLOADS);

    const first = new Map<string, Buffer>();
    async function tile(index: number): Promise<void> {
      const { image_id, renditions } = images[index % images.length] ?? assert.fail('expected an image');
      const { status, body } = await send(renditions.thumb, { headers: { accept: ACCEPT } });
      assert.equal(status, 200, String(body));
      const before = first.get(image_id) ?? body;
      first.set(image_id, before);
      assert.ok(body.equals(before));
      if (index % Math.ceil(TILES / LISTS) === 0) await wholeList();
    }
    let isScrolling = true;
    const junk = new Map<number, number>();
    async function sendJunk(): Promise<void> {
      for (let index = 0; isScrolling || index < LEAST_JUNK; index++) {
        const { status } = await send(junkUrl(images[index % images.length], index));
        junk.set(status, (junk.get(status) ?? 0) + 1);
      }
    }
    const junkSent = Promise.all(Array.from({ length: AT_ONCE }, sendJunk));
    await atOnce(TILES, tile).finally(() => {
      isScrolling = false;
    });
    await junkSent;
    assert.equal(first.size, images.length);
    assert.deepEqual([...junk.keys()].toSorted(), [403, 429]);
  });
});

/** With a signature of the right form: of another image, of none, of a render, of a link. */
function junkUrl(image: ListedImage | undefined, index: number): string {
  const { image_id, renditions } = image ?? assert.fail('expected an image');
  const url = new URL(renditions.thumb);
  const sig = Buffer.alloc(32, index).toString('base64url');
  url.searchParams.set('sig', sig);
  const kinds = [
    url.href,
    `/images/${image_id}/render?w=${1 + (index % 99)}&kid=${url.searchParams.get('kid')}&sig=${sig}`,
    `/images/${image_id}/links/${Buffer.alloc(16, index).toString('base64url').slice(0, 22)}?exp=9999999999&kid=${url.searchParams.get('kid')}&sig=${sig}`,
  ];
  return kinds[index % kinds.length] ?? url.href;
}

async function atOnce(times: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < times) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
