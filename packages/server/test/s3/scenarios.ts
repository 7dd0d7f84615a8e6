import assert from 'node:assert/strict';
import sharp from 'sharp';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { AppError } from '../../src/domain/errors.ts';
import { tombstone } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { originalKey } from '../../src/domain/image/object-key.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { isOk, type Outcome, outcomeOf } from '../chance/outcome.ts';
import { always, failing, LATER, PASS, REFUSE } from '../gates/test-gate.ts';
import { plantCopy } from '../renditions/copied-images.ts';
import type { S3Service, S3ServiceOptions } from '../services/s3-service.ts';
import { json, post } from '../services/service.ts';

/** An action of a client or the sweeper that calls S3. */
export interface Scenario extends S3ServiceOptions {
  readonly name: string;
  /** Makes the same calls as another scenario, with another result if they fail permanently. */
  readonly isVariant?: true;
  /** Answers before its calls are done; the rest continues in the background. */
  readonly isAnsweredEarly?: true;
  /** Prepares the action; the id of its image. */
  prepare(service: S3Service): Promise<string>;
  /** Can be repeated until it is done. */
  act(service: S3Service, id: string): Promise<Outcome>;
}

/** Large enough for a body in several pieces. */
const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 1_024, height: 768 }));
const bad = new Uint8Array(Buffer.from('<html>no image</html>'));
const RANGE = { first: 1_000, last: 150_000 };

const LEASE_MS = 61_000;
const POSTPONED_MS = 61_000;
const PURGED_MS = 31 * 86_400_000;

async function granted(service: S3Service, body: Uint8Array<ArrayBuffer> = good): Promise<string> {
  const { image_id, upload_url, headers } = await service.grant();
  const response = await service.send(upload_url, { method: 'PUT', headers, body });
  assert.equal(response.status, 200, await response.text());
  return image_id;
}

const grantOfParts = (service: S3Service): Promise<Response> =>
  service.request('/uploads', json({ user_id: 'u', content_type: 'image/jpeg', size: good.length, parts: true }));

const askForParts = (service: S3Service, id: string): Promise<Response> =>
  service.request(`/uploads/${id}/parts`, json({}));

/** Its only part has arrived. */
async function grantedInParts(service: S3Service): Promise<string> {
  const answer = await grantOfParts(service);
  assert.equal(answer.status, 201, await answer.clone().text());
  const { image_id, parts } = (await answer.json()) as {
    image_id: string;
    parts: { urls: readonly { url: string; headers: Record<string, string> }[] };
  };
  for (const { url, headers } of parts.urls) {
    const { status } = await service.send(url, { method: 'PUT', headers, body: good });
    assert.equal(status, 200);
  }
  return image_id;
}

async function stored(service: S3Service): Promise<string> {
  const response = await service.request('/images/upload?user_id=u', post(good, 'image/jpeg'));
  assert.equal(response.status, 200, await response.clone().text());
  return ((await response.json()) as { image_id: string }).image_id;
}

const complete = async (service: S3Service, id: string, isDone = isOk): Promise<Outcome> =>
  outcomeOf(await service.request(`/images/${id}/complete`, { method: 'POST' }), isDone);

/** Asserts nothing about a truncated body, which its reader detects. */
async function read(service: S3Service, id: string, headers: Record<string, string>, expected: Uint8Array) {
  const response = await service.request(`/images/${id}`, { headers });
  if (!response.ok) return outcomeOf(response, () => false);
  const bytes = await response.bytes().catch(() => undefined);
  if (!bytes) return 'cut';
  return Buffer.compare(bytes, expected) === 0 ? 'done' : (`wrong: ${bytes.length} other bytes` as const);
}

async function rendition(service: S3Service, path: string): Promise<Outcome> {
  const response = await service.request(path);
  if (!response.ok) return outcomeOf(response, () => false);
  const bytes = await response.bytes().catch(() => undefined);
  if (!bytes) return 'cut';
  const { width } = await sharp(bytes).metadata();
  return width === 256 ? 'done' : `wrong: ${width} pixels wide`;
}

const thumb = (service: S3Service, id: string): Promise<Outcome> =>
  rendition(service, `/images/${id}/renditions/thumb`);

async function signed(service: S3Service, id: string): Promise<Outcome> {
  const answer = await service.request(`/images/${id}/render-url`, json({ w: 256 }));
  const { url } = (await answer.json()) as { url: string };
  const { pathname, search } = new URL(url);
  return rendition(service, `${pathname}${search}`);
}

async function withRenditions(service: S3Service): Promise<string> {
  const id = await stored(service);
  assert.equal(await thumb(service, id), 'done');
  assert.equal(await signed(service, id), 'done');
  return id;
}

async function withCopy(service: S3Service): Promise<string> {
  const id = await stored(service);
  await plantCopy(service, id as ImageId, { width: 1_024, height: 768 });
  return id;
}

const purge = async (service: S3Service, id: string): Promise<Outcome> =>
  outcomeOf(await service.request(`/images/${id}/renditions`, { method: 'DELETE' }), isOk);

const remove = async (service: S3Service, id: string): Promise<Outcome> =>
  outcomeOf(await service.request(`/images/${id}`, { method: 'DELETE' }), isOk);

async function sweepOnce(service: S3Service): Promise<Outcome> {
  const failures: unknown[] = [];
  const note = (error: unknown) => failures.push(error);
  const options = { holder: 'test', signal: new AbortController().signal };
  await sweep(hearingPostponed(service.services, note), options).catch(note);
  service.clock.offsetMs += POSTPONED_MS;
  const other = failures.filter((error) => !(error instanceof AppError) || error.code !== 'unavailable');
  if (other.length > 0) return `wrong: ${other}`;
  return failures.length === 0 ? 'done' : 'later';
}

/** A finalizer that died after its copy. */
async function abandoned(service: S3Service): Promise<string> {
  const id = await granted(service);
  const image = await service.record(id);
  assert.equal(image?.status, 'pending');
  if (image?.status !== 'pending') return id;
  const claim = { attempt: 'dead', leaseUntil: new Date(service.clock.now().getTime()) };
  assert.ok(await service.services.images.replace(image, { ...image, claim }));
  await using file = await service.services.staging.stage(chunks(good), { maxBytes: good.length });
  await service.services.objects.put(originalKey(image, 'dead'), file, { contentType: 'image/jpeg' });
  service.clock.offsetMs += LEASE_MS;
  return id;
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Deleted by a process that died before it removed the bytes. */
async function deleted(service: S3Service): Promise<string> {
  const id = await stored(service);
  const image = await service.record(id);
  assert.ok(image?.status === 'ready');
  assert.ok(await service.services.images.replace(image, tombstone(image, service.clock.now())));
  service.clock.offsetMs += 2 * 60_000;
  return id;
}

/** Its time in the trash has ended. */
async function purgeable(service: S3Service): Promise<string> {
  const id = await withRenditions(service);
  const answer = await service.request(`/images/${id}/trash`, { method: 'POST' });
  assert.equal(answer.status, 200, await answer.text());
  service.clock.offsetMs += PURGED_MS;
  return id;
}

/** An upload of which the gate says this. */
const grantedFor =
  (answer: S3Service['gate']['answer']) =>
  (service: S3Service): Promise<string> => {
    service.gate.answer = answer;
    return granted(service);
  };

/** A held image that is due, of which the gate will say this. */
const heldFor =
  (answer: S3Service['gate']['answer']) =>
  async (service: S3Service): Promise<string> => {
    const id = await grantedFor(failing)(service);
    assert.equal(await complete(service, id), 'done');
    assert.equal((await service.record(id))?.status, 'held');
    service.gate.answer = answer;
    service.clock.offsetMs += POSTPONED_MS;
    return id;
  };

/** Until the image has this status. */
const sweepUntil =
  (status: string) =>
  async (service: S3Service, id: string): Promise<Outcome> => {
    const swept = await sweepOnce(service);
    const now = (await service.record(id))?.status;
    if (swept !== 'done' || now === status) return swept;
    return now === 'held' ? 'later' : `wrong: ${now}`;
  };

const gateRules = {};

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a direct upload',
    prepare: async () => '',
    async act(service) {
      return outcomeOf(await service.request('/images/upload?user_id=u', post(good, 'image/jpeg')), isOk);
    },
  },
  {
    name: 'a direct upload with an Idempotency-Key',
    isVariant: true,
    prepare: async () => '',
    async act(service) {
      const upload = post(good, 'image/jpeg', { 'Idempotency-Key': 'one' });
      return outcomeOf(await service.request('/images/upload?user_id=u', upload), isOk);
    },
  },
  { name: 'a finalize', prepare: granted, act: complete },
  {
    name: 'a grant of parts',
    prepare: async () => '',
    act: async (service) => outcomeOf(await grantOfParts(service), ({ status }) => status === 201),
  },
  {
    name: 'a request for more parts',
    prepare: grantedInParts,
    act: async (service, id) => outcomeOf(await askForParts(service, id), isOk),
  },
  { name: 'a finalize of parts', prepare: grantedInParts, act: complete },
  {
    name: 'a delete of an upload in parts',
    isAnsweredEarly: true,
    prepare: grantedInParts,
    act: remove,
  },
  {
    name: 'a finalize of bytes that are not an image',
    isVariant: true,
    prepare: (service) => granted(service, bad),
    act: (service, id) => complete(service, id, ({ status }) => status === 400),
  },
  { name: 'a finalize after another that died', isVariant: true, prepare: abandoned, act: complete },
  { name: 'a finalize in a bucket with versions', isVariant: true, isVersioned: true, prepare: granted, act: complete },
  {
    name: 'a read of an upload that has just arrived',
    isVariant: true,
    prepare: granted,
    act: (service, id) => read(service, id, {}, good),
  },
  {
    name: 'a list that finds an upload that has just arrived',
    isVariant: true,
    isAnsweredEarly: true,
    environment: { FINALIZE_ON_READ: 'on' },
    prepare: granted,
    async act(service, id) {
      const response = await service.request('/images?user_id=u');
      if (!response.ok) return `wrong: ${response.status}`; // a list succeeds regardless of uploads
      return (await response.text()).includes(id) ? 'done' : 'later';
    },
  },
  { name: 'a read', prepare: stored, act: (service, id) => read(service, id, {}, good) },
  {
    name: 'a read of a range',
    isVariant: true,
    prepare: stored,
    act: (service, id) => {
      const { first, last } = RANGE;
      return read(service, id, { Range: `bytes=${first}-${last}` }, good.subarray(first, last + 1));
    },
  },
  { name: 'a rendition', prepare: stored, act: thumb },
  { name: 'a signed rendition', prepare: stored, act: signed },
  { name: 'a rendition from a working copy', isVariant: true, prepare: withCopy, act: signed },
  {
    name: 'a rendition with BYTES=redirect',
    isVariant: true,
    environment: { BYTES: 'redirect' },
    prepare: stored,
    act: async (service, id) =>
      outcomeOf(await service.request(`/images/${id}/renditions/thumb`), ({ status }) => status === 302),
  },
  { name: 'a purge', prepare: withRenditions, act: purge },
  {
    name: 'a sweep that makes eager renditions',
    isVariant: true,
    environment: { EAGER_PRESETS: 'thumb' },
    prepare: stored,
    act: sweepOnce,
  },
  { name: 'a delete', isAnsweredEarly: true, prepare: stored, act: remove },
  {
    name: 'a delete of an image with renditions',
    isVariant: true,
    isAnsweredEarly: true,
    prepare: withRenditions,
    act: remove,
  },
  {
    name: 'a delete in a bucket with versions',
    isVersioned: true,
    isAnsweredEarly: true,
    prepare: stored,
    act: remove,
  },
  {
    name: 'a sweep of an arrived upload',
    isVariant: true,
    environment: { S3_LACKS: 'checksums,header-signing,lifecycle' },
    prepare: granted,
    act: sweepOnce,
  },
  { name: 'a sweep that purges a trashed image', isVariant: true, prepare: purgeable, act: sweepOnce },
  {
    name: 'a sweep of objects left by a delete',
    prepare: deleted,
    act: sweepOnce,
  },
  {
    name: 'a finalize of an image that its gate holds',
    isVariant: true,
    gateRules,
    prepare: grantedFor(always(LATER)),
    act: complete,
  },
  {
    name: 'a finalize of an image that its gate refuses',
    isVariant: true,
    gateRules,
    prepare: grantedFor(always(REFUSE)),
    act: (service, id) => complete(service, id, ({ status }) => status === 400),
  },
  {
    name: 'a direct upload that its gate holds',
    isVariant: true,
    gateRules,
    prepare: async ({ gate }) => {
      gate.answer = always(LATER);
      return '';
    },
    async act(service) {
      return outcomeOf(await service.request('/images/upload?user_id=u', post(good, 'image/jpeg')), isOk);
    },
  },
  {
    name: 'a sweep whose gate passes the image',
    isVariant: true,
    gateRules,
    prepare: heldFor(always(PASS)),
    act: sweepUntil('ready'),
  },
  {
    name: 'a sweep whose gate refuses the image',
    gateRules,
    prepare: heldFor(always(REFUSE)),
    act: sweepUntil('rejected'),
  },
];
