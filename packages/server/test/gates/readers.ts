import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { incomingKey, type ObjectKey, originalsPrefix } from '../../src/domain/image/object-key.ts';
import type { LinkId } from '../../src/domain/image/share-link.ts';
import { parseTransform } from '../../src/domain/rendition/transform-parameters.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { json, ORIGIN } from '../services/service.ts';

/** Readers who ask for images in every way, all the time. */
export interface Readers {
  /** What they got that nobody may get. */
  readonly leaks: readonly string[];
  /** How often they were answered in each way. */
  readonly answers: ReadonlyMap<string, number>;
  /** Asks now in every way, with presigned GETs of what is stored now. */
  askAll(): Promise<void>;
  /** Ends them, after a last look in every way. */
  end(): Promise<void>;
}

export interface ReadersOptions {
  /** The key of the owner. */
  readonly key: string;
  /** Their images aren't to be seen. */
  readonly ids: readonly string[];
  /** Whether the service itself answers presigned GETs of the store. */
  readonly hasEndpoint: boolean;
}

interface Way {
  readonly name: string;
  readonly path: string;
  readonly init?: RequestInit;
  /** With the owner's key; otherwise whoever has the URL. */
  readonly isOwner?: true;
  /** Shows images, without bytes, also those that aren't ready. */
  readonly shows?: true;
}

const READERS = 50;
/** Together they ask about a thousand times a second: the uploads and scans need the CPU too. */
const PAUSE_MS = 50;
const LINK = 'A'.repeat(22) as LinkId;
const HOUR_MS = 3_600_000;

const LISTS = [
  '/images?user_id=ada',
  '/images?user_id=ada&tag=watched',
  '/images?user_id=ada&type=image/jpeg',
  '/images?user_id=ada&status=held',
  '/images?user_id=ada&status=pending',
  '/images?user_id=ada&status=ready',
];

const BYTES = ['', '/original', '/renditions/thumb', '/renditions/large', '/renditions/thumb?trashed=true'];
const DOWNLOADS = ['/download', '/download?format=jpeg', '/renditions/thumb/download'];

/** Every way to ask for an image. */
async function waysTo(service: ClosedService, id: ImageId, hasEndpoint: boolean): Promise<Way[]> {
  const { renderLinks, presetUrls, shareLinks, clock } = service.services;
  const image = { id, epoch: 0 };
  const createdAt = clock.now();
  const expiresAt = new Date(createdAt.getTime() + 1_000 * HOUR_MS);
  const link = { id: LINK, preset: null, createdAt, expiresAt };
  const render = renderLinks.make(image, parseTransform([['w', '8']], String), null);
  const signed = {
    'a signed render': `/images/${id}/render${render.slice(render.indexOf('?'))}`,
    'a signed preset': `/images/${id}/renditions/thumb?${presetUrls.queryFor(image, expiresAt)}`,
    'a link': `/images/${id}/links/${LINK}?${shareLinks.queryFor({ image, link }, expiresAt)}`,
    'a public preset': `/images/${id}/renditions/thumb`,
  };
  const variants: Readonly<Record<string, RequestInit>> = {
    GET: {},
    HEAD: { method: 'HEAD' },
    Range: { headers: { range: 'bytes=0-9' } },
    'If-None-Match': { headers: { 'if-none-match': '*' } },
    'If-Match': { headers: { 'if-match': '*' } },
  };
  const inAllVariants = (name: string, path: string, rest: Pick<Way, 'isOwner'>): Way[] =>
    Object.entries(variants).map(([variant, init]) => ({ name: `${name}, ${variant}`, path, init, ...rest }));
  const owner = { isOwner: true } as const;
  return [
    ...BYTES.flatMap((way) => inAllVariants(`the owner's ${way}`, `/images/${id}${way}`, owner)),
    ...DOWNLOADS.map((way) => ({ name: `the owner's ${way}`, path: `/images/${id}${way}`, ...owner })),
    ...Object.entries(signed).flatMap(([name, path]) => inAllVariants(name, path, {})),
    { name: 'a new link', path: `/images/${id}/links`, init: json({ what: 'original' }), ...owner },
    { name: 'metadata', path: `/images/${id}/metadata`, ...owner, shows: true },
    { name: 'metadata that waits', path: `/images/${id}/metadata?wait=1`, ...owner, shows: true },
    ...LISTS.map((path) => ({ name: path, path, ...owner, shows: true as const })),
    ...(hasEndpoint ? await presignedWays(service, id) : []),
  ];
}

/** Presigned GETs of whatever the store has of the image, as nobody gets them. */
async function presignedWays({ services }: ClosedService, id: ImageId): Promise<Way[]> {
  const { objects, presigner } = services;
  const owned = { userId: 'ada', id };
  const stored = await Array.fromAsync(objects.list(originalsPrefix(owned)), ({ key }) => key);
  const presigned = async (key: ObjectKey): Promise<Way> => {
    const options = {
      publicOrigin: ORIGIN,
      expiresInSeconds: 86_400,
      contentType: 'image/jpeg',
      disposition: 'inline',
    };
    const { url } = await presigner.presignGet(key, options);
    return { name: `a presigned GET of ${key.split('/')[0]}`, path: url.replace(ORIGIN, '') };
  };
  return Promise.all([incomingKey('ada', id), ...stored].map(presigned));
}

/** Until `end`, fifty readers ask for these images, each in its own order. */
export function startReaders(service: ClosedService, { key, ids, hasEndpoint }: ReadersOptions): Readers {
  const leaks: string[] = [];
  const answers = new Map<string, number>();
  let rounds = Number.POSITIVE_INFINITY;

  async function ask(way: Way): Promise<void> {
    const answer = await (way.isOwner ? service.as(key, way.path, way.init) : service.request(way.path, way.init));
    answers.set(way.name, (answers.get(way.name) ?? 0) + 1);
    const text = await answer.text();
    if (answer.status >= 400) return;
    if (!way.shows) leaks.push(`${way.name}: ${answer.status}`);
    else for (const shown of shownIn(text)) if (ids.includes(shown.image_id)) leaks.push(...leaksIn(way, shown));
  }

  async function read(nth: number): Promise<void> {
    for (let round = 0; round < rounds; round += 1) {
      const all = (await Promise.all(ids.map((id) => waysTo(service, id as ImageId, hasEndpoint)))).flat();
      for (let index = 0; index < all.length; index += 1) {
        await delay(PAUSE_MS);
        await ask(all[(nth * 7 + index) % all.length] ?? assert.fail());
        if (rounds === 0) break;
      }
    }
  }

  async function askAll(): Promise<void> {
    const all = (await Promise.all(ids.map((id) => waysTo(service, id as ImageId, hasEndpoint)))).flat();
    for (const way of all) await ask(way);
  }

  const reading = Array.from({ length: READERS }, (_, nth) => read(nth));
  return {
    leaks,
    answers,
    askAll,
    async end() {
      rounds = 0;
      await Promise.all(reading);
      await askAll();
    },
  };
}

interface Shown {
  readonly image_id: string;
  readonly status: string;
  readonly [name: string]: unknown;
}

const shownIn = (text: string): readonly Shown[] => {
  const body = JSON.parse(text) as Shown | { images: readonly Shown[] };
  return 'images' in body ? (body.images as readonly Shown[]) : [body];
};

const OF_READY = ['s3_key', 's3_url', 'placeholder', 'dominant_color', 'renditions'];

const leaksIn = ({ name }: Way, shown: Shown): string[] => [
  ...(shown.status === 'ready' ? [`${name}: ready`] : []),
  ...OF_READY.filter((field) => shown[field] !== null && shown[field] !== undefined).map((f) => `${name}: ${f}`),
];
