import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../chance/random.ts';
import type { Answer, MortalService } from '../services/mortal-service.ts';
import { sha256Of } from '../services/record-check.ts';
import { jsonRequest } from '../uploads/upload-requests.ts';
import { channelsIn, isOf, type NumberedPicture } from './numbered-picture.ts';
import { OWNER, type ReplacedPicture } from './replaced-picture.ts';

/** The bytes that a picture may have, by their hash. */
type Allowed = ReadonlyMap<string, NumberedPicture>;

/** Reads pictures in every way while others replace them. */
export interface Reader {
  workUntilGone(service: MortalService): Promise<void>;
  /** How often it got bytes in each way. */
  readonly reads: ReadonlyMap<string, number>;
}

const WEEK_SECONDS = 604_800;
/** The decoders and the gate need the CPU too. */
const PAUSE_MS = 10;
/** URLs that are read again later. */
const KEPT_URLS = 40;

/** The answer, also that of the store to which the service redirects; undefined: none, or the service is busy. */
async function get(service: MortalService, target: string, headers = {}): Promise<Answer | undefined> {
  const answer = await service.send(target, { method: 'GET', headers });
  if (answer?.status === 503) return undefined;
  if (answer?.status !== 302) return answer;
  return service.send(answer.headers.get('location') ?? '', { method: 'GET', headers });
}

const requireStatus = (answer: Answer, ...expected: readonly number[]): void =>
  assert.ok(
    expected.includes(answer.status),
    `expected ${expected}; got ${answer.status} ${answer.text.slice(0, 500)}`,
  );

const requireWhole = (body: Uint8Array, allowed: Allowed): void =>
  assert.ok(allowed.has(sha256Of(body)), `expected verified bytes; got ${body.length} others`);

async function requireRendition(body: Uint8Array, allowed: Allowed): Promise<void> {
  const shown = await channelsIn(body);
  const isOne = [...allowed.values()].some((one) => isOf(shown, one));
  assert.ok(isOne, `expected a rendition of verified bytes; got one that shows ${shown}`);
}

/** The bytes, or the rendition, are those that only one client may have replaced. */
export async function readOne(
  service: MortalService,
  { id, sent, now }: ReplacedPicture,
  what: 'original' | 'rendition',
): Promise<boolean> {
  const answer = await get(service, `/images/${id}/${what === 'original' ? what : 'renditions/thumb'}`);
  if (!answer) return false;
  requireStatus(answer, 200);
  const allowed = new Map([...sent].filter(([sha256]) => now.has(sha256)));
  if (what === 'original') requireWhole(answer.body, allowed);
  else await requireRendition(answer.body, allowed);
  return true;
}

export function createReader(random: Random, pictures: readonly ReplacedPicture[]): Reader {
  const reads = new Map<string, number>();
  const links = new Map<string, string>();
  const tags = new Map<string, string>();
  const urls: { readonly url: string; readonly sent: Allowed; readonly what: 'bytes' | 'rendition' }[] = [];

  /** The URL in the answer, which works until the bytes are replaced; in a store until they are removed, or longer. */
  async function download(service: MortalService, path: string): Promise<string | undefined> {
    const answer = await get(service, path);
    if (!answer) return undefined;
    requireStatus(answer, 200);
    return (JSON.parse(answer.text) as { download_url: string }).download_url;
  }

  async function readDownload(service: MortalService, one: (typeof urls)[number]): Promise<boolean> {
    const answer = await service.send(one.url, { method: 'GET' });
    if (answer?.status !== 200) {
      if (answer && answer.status !== 503) requireStatus(answer, 403, 404);
      return false;
    }
    if (one.what === 'bytes') requireWhole(answer.body, one.sent);
    else await requireRendition(answer.body, one.sent);
    return true;
  }

  async function readNew(
    service: MortalService,
    path: string,
    rest: Omit<(typeof urls)[number], 'url'>,
  ): Promise<boolean> {
    const url = await download(service, path);
    if (url === undefined) return false;
    urls.splice(random.below(KEPT_URLS), urls.length < KEPT_URLS ? 0 : 1, { url, ...rest });
    return readDownload(service, { url, ...rest });
  }

  /** Whether bytes came, which are right. */
  const WAYS: Readonly<Record<string, (service: MortalService, picture: ReplacedPicture) => Promise<boolean>>> = {
    async original(service, { id, sent }) {
      const answer = await get(service, `/images/${id}/original`);
      if (!answer) return false;
      requireStatus(answer, 200);
      requireWhole(answer.body, sent);
      return true;
    },

    async HEAD(service, { id, sent }) {
      const answer = await service.send(`/images/${id}/original`, { method: 'HEAD' });
      if (!answer || answer.status === 503) return false;
      requireStatus(answer, 200);
      const tag = answer.headers.get('etag') ?? '';
      tags.set(id, tag);
      assert.equal(answer.headers.get('content-length'), String(sent.get(tag.slice(1, -1))?.bytes.length));
      return true;
    },

    async range(service, { id, sent }) {
      const start = random.below(30);
      const end = start + random.below(30);
      const answer = await get(service, `/images/${id}/original`, { Range: `bytes=${start}-${end}` });
      if (!answer) return false;
      requireStatus(answer, 206);
      const [, size] = /^bytes \d+-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '') ?? [];
      const found = [...sent.values()].some(
        ({ bytes }) => bytes.length === Number(size) && answer.body.equals(bytes.subarray(start, end + 1)),
      );
      assert.ok(found, `expected a part of verified bytes; got ${answer.body.length} others of ${size}`);
      return true;
    },

    async 'two ranges'(service, { id, sent }) {
      const path = `/images/${id}/original`;
      const first = await get(service, path, { Range: 'bytes=0-29' });
      if (!first) return false;
      requireStatus(first, 206);
      const rest = await get(service, path, { Range: 'bytes=30-', 'If-Match': first.headers.get('etag') ?? '' });
      if (!rest) return false;
      requireStatus(rest, 206, 412);
      if (rest.status === 206) requireWhole(Buffer.concat([first.body, rest.body]), sent);
      return rest.status === 206;
    },

    async 'If-None-Match'(service, { id, sent }) {
      const tag = tags.get(id) ?? '"none"';
      const answer = await get(service, `/images/${id}/original`, { 'If-None-Match': tag });
      if (!answer) return false;
      requireStatus(answer, 200, 304);
      if (answer.status === 304) assert.ok(sent.has(tag.slice(1, -1)), tag);
      else requireWhole(answer.body, sent);
      return true;
    },

    async link(service, { id, sent }) {
      if (!links.has(id)) {
        const created = await service.send(
          `/images/${id}/links`,
          jsonRequest({ what: 'original', expires_in: WEEK_SECONDS }, { 'X-User-Id': OWNER }),
        );
        if (!created || created.status === 503) return false;
        requireStatus(created, 201);
        links.set(id, (JSON.parse(created.text) as { url: string }).url);
      }
      const answer = await get(service, links.get(id) ?? '');
      if (!answer) return false;
      requireStatus(answer, 200);
      requireWhole(answer.body, sent);
      return true;
    },

    download: (service, { id, sent }) => readNew(service, `/images/${id}/download`, { sent, what: 'bytes' }),

    'download as JPEG': (service, { id, sent }) =>
      readNew(service, `/images/${id}/download?format=jpeg`, { sent, what: 'rendition' }),

    'download of a rendition': (service, { id, sent }) =>
      readNew(service, `/images/${id}/renditions/thumb/download`, { sent, what: 'rendition' }),

    'former download': async (service) => urls.length > 0 && readDownload(service, random.pick(urls)),

    async rendition(service, { id, sent }) {
      const answer = await get(service, `/images/${id}/renditions/thumb`);
      if (!answer) return false;
      requireStatus(answer, 200);
      await requireRendition(answer.body, sent);
      return true;
    },
  };

  return {
    reads,
    async workUntilGone(service) {
      while (!service.isGone()) {
        const [name, read] = random.pick(Object.entries(WAYS));
        const picture = random.pick(pictures);
        const hasRead = await read(service, picture).catch((cause: unknown) => {
          throw new Error(`expected old or new bytes of ${picture.id} by ${name}`, { cause });
        });
        reads.set(name, (reads.get(name) ?? 0) + (hasRead ? 1 : 0));
        await delay(PAUSE_MS);
      }
    },
  };
}
