import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { decompressionBomb, testImage, truncated } from '../../../../test/pictures/test-images.ts';
import { RATE_POLICIES, RATE_POLICY_OF } from '../../src/domain/access/rate-limits.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { CONTRACT, OPERATIONS, type Operation, type Problem, requireDescribed } from '../http/contract.ts';
import { keyFrom } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { block } from '../users/block.ts';
import { below, completeUpload, grantUpload } from './guest-uploads.ts';

const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const MAX_DIRECT_BYTES = 5 * 1_048_576;

const FIRST_KEY = { 'Idempotency-Key': 'first' };
const TAKEN_ID = 'taken';

/** Ids for requests; each provocation gets its own. */
interface Images {
  ready(): Promise<string>;
  pending(): Promise<string>;
  trashed(): Promise<string>;
  /** The path and query of the URL of any rendition of the image in `path`. */
  signed(path: string): Promise<string>;
  /** The id of an image with as many links as it can have. */
  full(): Promise<string>;
  /** The id of a key whose successor was used. */
  rotatedKey(): Promise<string>;
  /** Makes as many webhooks as there may be. */
  allWebhooks(): Promise<void>;
  /** The path of a webhook. */
  webhook(): Promise<string>;
  /** The path of an album. */
  album(): Promise<string>;
  /** The path of an album with as many links as it can have. */
  fullAlbum(): Promise<string>;
  /** The path and query of the URL of a link to an album. */
  albumLink(terms: object): Promise<string>;
  /** The id of a pending upload by that link. */
  grantedByLink(path: string): Promise<string>;
  /** Sends a POST before the one that is refused. */
  post(path: string, request: Omit<Asked, 'path'>): Promise<void>;
  /** At the closed service: the path and query of a contributing link of that user. */
  closedLink(owner: string, terms?: object): Promise<string>;
  /** There: the path of a verified upload of a guest to an album of ada, which waits for her if the terms say so. */
  contribution(terms: object): Promise<string>;
  /** Decides about it, as ada. */
  decide(path: string, body: object): Promise<void>;
  /** Revokes that link. */
  revoke(path: string): Promise<void>;
  /** The path and query of the URL of a preset that a link shows, which also allows this. */
  sharedPicture(allow?: readonly string[]): Promise<string>;
  /** A pending one of the closed service. */
  granted(): Promise<string>;
  /** The path and query of the URL of a link to an original. */
  link(): Promise<string>;
  /** The id of a grant with these bytes. */
  sent(bytes: Uint8Array<ArrayBuffer>, type: 'image/jpeg' | 'image/png'): Promise<string>;
}

interface Asked {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** At the service with AUTH=api-key, with this credential. */
  readonly as?: Caller;
  /** At a service that limits each caller to one request of each kind an hour, after that request. */
  readonly isSecond?: true;
}

/**
 * Callers of the closed service: a stranger, users with one scope each, a moderator, a service that may erase ada, an
 * admin, the holder of an upload token that is used up, a user without space, and one whose data was deleted.
 */
type Caller = 'nobody' | 'reader' | 'writer' | 'moderator' | 'eraser' | 'admin' | 'uploader' | 'full' | 'erased';

/** A request that makes the operation answer a problem, with the operation's own method. */
type Provocation = (images: Images) => Promise<Asked>;

const jpeg = async () => new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const png = async () => new Uint8Array(await testImage({ type: 'image/png', width: 64, height: 48 }));
const cut = async () => new Uint8Array(truncated(Buffer.from(await jpeg())));
const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>');

const to =
  (path: string, request: Omit<Asked, 'path'> = {}): Provocation =>
  async () => ({ path, ...request });

const json = (value: unknown) => ({
  body: typeof value === 'string' ? value : JSON.stringify(value),
  headers: { 'Content-Type': 'application/json' },
});

const raw =
  (type: string, bytes: () => Promise<Uint8Array<ArrayBuffer>>): Provocation =>
  async () => ({ path: '/images/upload?user_id=ada', body: await bytes(), headers: { 'Content-Type': type } });

const form =
  (
    type: string,
    bytes: () => Promise<Uint8Array<ArrayBuffer>>,
    headers: Record<string, string> = {},
    fields: Record<string, string> = {},
  ): Provocation =>
  async () => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    data.set('file', new File([await bytes()], 'a.png', { type }));
    const encoded = new Response(data);
    const contentType = encoded.headers.get('content-type') ?? '';
    const body = new Uint8Array(await encoded.arrayBuffer());
    return { path: '/images?user_id=ada', body, headers: { ...headers, 'Content-Type': contentType } };
  };

/** Refusals of a direct upload's bytes. */
const badBytes = (sent: (type: string, bytes: () => Promise<Uint8Array<ArrayBuffer>>) => Provocation) => ({
  'empty-upload': sent('image/png', async () => new Uint8Array()),
  'upload-too-large': sent('image/png', async () => new Uint8Array(MAX_DIRECT_BYTES + 1)),
  'type-mismatch': sent('image/jpeg', png),
  'unreadable-image': sent('image/jpeg', cut),
  'too-many-pixels': sent('image/png', async () => new Uint8Array(decompressionBomb())),
});

const of =
  (image: (images: Images) => Promise<string>, path: string, request: Omit<Asked, 'path'> = {}): Provocation =>
  async (images) => ({ path: path.replace('{id}', await image(images)), ...request });

const ready = (images: Images) => images.ready();
const pending = (images: Images) => images.pending();
const unknown = async () => UNKNOWN;

const DECISION = { gate: 'human-review', sha256: '0'.repeat(64), verdict: 'pass' };

const bodyProblems = (path: string, tooManyBytes: number): Record<string, Provocation> => ({
  'malformed-body': to(path, json('{"user_id":')),
  'upload-too-large': to(path, json(`{"user_id":"${'a'.repeat(tooManyBytes)}"}`)),
});

const change = (path: string): Record<string, Provocation> => ({
  ...bodyProblems(path.replace('{id}', UNKNOWN), 131_072),
  forbidden: of(ready, path, { ...json({}), headers: { 'X-User-Id': 'mallory', 'Content-Type': 'application/json' } }),
  'image-not-found': of(unknown, path, json({})),
  'image-not-ready': of((images) => images.sent(svg, 'image/png'), path, json({})),
  'revision-conflict': of(ready, path, { ...json({}), headers: { 'If-Match': '"1"' } }),
  'external-id-taken': of(ready, path, json({ external_id: TAKEN_ID })),
});

const notReady = (path: string, request: Omit<Asked, 'path'> = {}): Record<string, Provocation> => ({
  'image-not-found': of(unknown, path, request),
  'image-not-ready': of(pending, path, request),
});

const complete = '/images/{id}/complete';

const preset = '/images/{id}/renditions/thumb';

const served = (path: string): Record<string, Provocation> => ({
  ...notReady(path),
  'revision-conflict': of(ready, path, { headers: { 'If-Match': '"of other bytes"' } }),
  'range-not-satisfiable': of(ready, path, { headers: { Range: 'bytes=9999999-' } }),
});

const purge = (path: string): Record<string, Provocation> => ({
  ...notReady(path),
  forbidden: of(ready, `${path}?user_id=mallory`),
});

/** The provocations, at the signed URL. */
const signed = (provocations: Record<string, Provocation>): Record<string, Provocation> =>
  Object.fromEntries(
    Object.entries(provocations).map(([code, provoke]): [string, Provocation] => [
      code,
      async (images) => {
        const { path, ...rest } = await provoke(images);
        return { ...rest, path: await images.signed(path) };
      },
    ]),
  );

/** The provocations at the closed service, with the key of an admin. */
const byAdmin = (provocations: Record<string, Provocation>): Record<string, Provocation> =>
  Object.fromEntries(
    Object.entries(provocations).map(([code, provoke]): [string, Provocation] => [
      code,
      async (images) => ({ ...(await provoke(images)), as: 'admin' }),
    ]),
  );

const UNKNOWN_LINK = 'pV4mYk0sQx2fT7hJb9NcRw';
const ORIGINAL = { what: 'original' };

const link =
  (headers: Record<string, string>): Provocation =>
  async (images) => ({ path: await images.link(), headers });

/** An upload by a token that is used up, and one of a user without space. */
const beyondShare = (provoke: Provocation): Record<string, Provocation> => ({
  'upload-token-used-up': async (images) => ({ ...(await provoke(images)), as: 'uploader' }),
  'quota-exceeded': async (images) => {
    const asked = await provoke(images);
    return { ...asked, path: asked.path.replace('?user_id=ada', ''), as: 'full' };
  },
});

const UNKNOWN_KEY = '/keys/0000000000000000';
const UNKNOWN_ALBUM = `/albums/${UNKNOWN}`;

const ofAlbum =
  (rest: string, request: Omit<Asked, 'path'> = {}): Provocation =>
  async (images) => ({ path: `${await images.album()}${rest}`, ...request });

/** The longest password in any escaping, and the rest. */
const MAX_LINK_BYTES = 3_424;
const PASSWORD = 'correct horse';

/** The path of a link of an album, with `part` behind its id. */
const albumLinkUrl = async (images: Images, part: string, terms: object = {}): Promise<string> =>
  (await images.albumLink(terms)).replace('?', `${part}?`);

const albumLink =
  (part: string, terms: object = {}, request: Omit<Asked, 'path'> = {}): Provocation =>
  async (images) => ({ path: await albumLinkUrl(images, part, terms), ...request });

const ofAlbumLink = (part: string, request: Omit<Asked, 'path'> = {}): Record<string, Provocation> => ({
  'link-not-found': async (images) => ({ path: await revoked(images, part), ...request }),
  'signature-invalid': async (images) => ({
    path: (await albumLinkUrl(images, part)).replace(/sig=.*/, 'sig=x'),
    ...request,
  }),
});

async function revoked(images: Images, part: string): Promise<string> {
  const path = await images.albumLink({});
  await images.revoke(path);
  return path.replace('?', `${part}?`);
}

const PASS = { verdict: 'pass' };
const SECRET = 'a'.repeat(32);
const CONTRIBUTING = { allow: ['contribute'] };
const PHOTO = { content_type: 'image/jpeg', size: 1 };
const UNKNOWN_UPLOAD = `/uploads/${UNKNOWN}`;

/** The request of a guest. */
const byGuest = (request: Omit<Asked, 'path'> = {}): Omit<Asked, 'path'> => ({
  ...request,
  headers: { ...request.headers, 'Guest-Secret': SECRET },
});

const photo = (headers: Record<string, string> = {}, fields: object = {}): Omit<Asked, 'path'> => {
  const { body, headers: typed } = json({ ...PHOTO, ...fields });
  return byGuest({ body, headers: { ...typed, ...headers } });
};

const ofGuests = (part: string, request: Omit<Asked, 'path'>): Record<string, Provocation> => ({
  ...ofAlbumLink(part, request),
  'password-required': albumLink(part, { ...CONTRIBUTING, password: PASSWORD }, request),
  forbidden: albumLink(part, {}, request),
});

/** The second of two uploads by a link with these terms. */
const secondGrant =
  (terms: object, headers: Record<string, string> = {}): Provocation =>
  async (images) => {
    const path = await albumLinkUrl(images, '/uploads', { ...CONTRIBUTING, ...terms });
    await images.post(path, photo(headers));
    return { path, ...photo(headers, { filename: 'another.jpg' }) };
  };

const contributed =
  (terms: object, part = '', request: Omit<Asked, 'path'> = {}): Provocation =>
  async (images) => ({ path: `${await images.contribution(terms)}${part}`, ...request });

const asFile = (path: string): string => path.replace(/\/renditions\/thumb\?v=[^&]*&/, '/download?');

const ofSharedPicture = (change = (path: string): string => path): Record<string, Provocation> => {
  const asked =
    (request: Omit<Asked, 'path'>, edit = (path: string): string => path): Provocation =>
    async (images) => ({ path: edit(change(await images.sharedPicture())), ...request });
  return {
    'link-not-found': asked({}, (path) => path.replace(/\/albums\/[^/]+/, '/albums/none')),
    'signature-invalid': asked({}, (path) => path.replace(/sig=.*/, 'sig=x')),
    'revision-conflict': asked({ headers: { 'If-Match': '"of other bytes"' } }),
    'range-not-satisfiable': asked({ headers: { Range: 'bytes=9999999-' } }),
  };
};

const CONTENT = '/images/{id}/content';

const content =
  (type: string, bytes: () => Promise<Uint8Array<ArrayBuffer>>): Provocation =>
  async (images) =>
    of(ready, CONTENT, { body: await bytes(), headers: { 'Content-Type': type } })(images);

const UNKNOWN_WEBHOOK = `/webhooks/${UNKNOWN}`;
const WEBHOOK = { url: 'https://shop.example/hooks' };

const PROVOCATIONS: Record<string, Record<string, Provocation>> = {
  upload: {
    ...bodyProblems('/images/upload', 8 * 1_048_576),
    'unsupported-body': to('/images/upload', { body: 'a,b', headers: { 'Content-Type': 'text/csv' } }),
    ...badBytes(raw),
    'unsupported-type': to('/images/upload', json({ user_id: 'ada', content_type: 'image/bmp' })),
    'external-id-taken': to(`/images/upload?user_id=ada&external_id=${TAKEN_ID}`),
    'idempotency-conflict': to('/images/upload?user_id=ada&content_type=image/png', { headers: FIRST_KEY }),
    ...beyondShare(raw('image/jpeg', jpeg)),
  },
  createUpload: {
    ...bodyProblems('/uploads', 524_288),
    'unsupported-body': to('/uploads', { body: 'a,b', headers: { 'Content-Type': 'text/csv' } }),
    'unsupported-type': to('/uploads', json({ user_id: 'ada', content_type: 'image/bmp' })),
    'external-id-taken': to('/uploads', json({ user_id: 'ada', content_type: 'image/png', external_id: TAKEN_ID })),
    'idempotency-conflict': to('/uploads', {
      ...json({ user_id: 'ada', content_type: 'image/png' }),
      headers: { ...FIRST_KEY, 'Content-Type': 'application/json' },
    }),
    ...beyondShare(to('/uploads', json({ content_type: 'image/png' }))),
  },
  uploadImage: {
    ...badBytes(form),
    'malformed-body': to('/images', { body: 'x', headers: { 'Content-Type': 'multipart/form-data' } }),
    'unsupported-body': to('/images', { body: 'a,b', headers: { 'Content-Type': 'text/csv' } }),
    'unsupported-type': form('image/bmp', png),
    'external-id-taken': form('image/png', png, {}, { external_id: TAKEN_ID }),
    'idempotency-conflict': form('image/png', png, FIRST_KEY),
    ...beyondShare(form('image/png', png)),
  },
  replaceContent: {
    ...badBytes(content),
    'unsupported-body': of(ready, CONTENT, { body: 'a,b', headers: { 'Content-Type': 'text/csv' } }),
    'unsupported-type': of(ready, CONTENT, { body: 'x', headers: { 'Content-Type': 'image/bmp' } }),
    'idempotency-conflict': async (images) => {
      const replaced = await content('image/png', png)(images);
      return { ...replaced, headers: { ...replaced.headers, ...FIRST_KEY } };
    },
    ...notReady(CONTENT, { body: 'x', headers: { 'Content-Type': 'image/png' } }),
    forbidden: of(ready, CONTENT, { body: 'x', headers: { 'X-User-Id': 'mallory', 'Content-Type': 'image/png' } }),
    'revision-conflict': of(ready, CONTENT, { body: 'x', headers: { 'If-Match': '"1"', 'Content-Type': 'image/png' } }),
  },
  grantUploads: bodyProblems('/images/uploads', 4 * 1_048_576),
  deleteImages: bodyProblems('/images/delete', 4 * 1_048_576),
  trashImages: bodyProblems('/images/trash', 4 * 1_048_576),
  restoreImages: bodyProblems('/images/restore', 4 * 1_048_576),
  findKnown: bodyProblems('/images/known', 131_072),
  changeImages: bodyProblems('/images/change', 4 * 1_048_576),
  trashImage: {
    forbidden: of(ready, '/images/{id}/trash?user_id=mallory'),
    ...notReady('/images/{id}/trash'),
  },
  restoreImage: {
    forbidden: of((images) => images.trashed(), '/images/{id}/restore?user_id=mallory'),
    'image-not-found': of(ready, '/images/{id}/restore'),
  },
  listImages: {
    'invalid-cursor': to('/images?cursor=abc'),
    'unsupported-type': to('/images?content_type=image/bmp'),
  },
  listMonths: { 'invalid-cursor': to('/images/months?cursor=abc') },
  readImage: served('/images/{id}'),
  readOriginal: served('/images/{id}/original'),
  downloadImage: notReady('/images/{id}/download'),
  deleteImage: {
    forbidden: of(ready, '/images/{id}?user_id=mallory'),
    'image-not-found': of(unknown, '/images/{id}'),
  },
  readRendition: {
    ...served(preset),
    'unknown-preset': of(ready, '/images/{id}/renditions/tiny'),
    'signature-invalid': of(ready, `${preset}?sig=x`),
  },
  downloadRendition: {
    ...notReady(`${preset}/download`),
    'unknown-preset': of(ready, '/images/{id}/renditions/tiny/download'),
  },
  purgeRendition: { ...purge(preset), 'unknown-preset': of(ready, '/images/{id}/renditions/tiny') },
  purgeRenditions: purge('/images/{id}/renditions'),
  renderImage: {
    ...signed(served('/images/{id}/render')),
    'image-not-found': to('/images/nobody/render'),
    'signature-invalid': of(ready, '/images/{id}/render?w=1'),
  },
  linkToRender: {
    ...bodyProblems(`/images/${UNKNOWN}/render-url`, 16_384),
    'image-not-found': of(unknown, '/images/{id}/render-url', json({})),
  },
  linkToRenders: bodyProblems('/render-urls', 1_048_576),
  createAlbum: bodyProblems('/albums', 32_768),
  listAlbums: { 'invalid-cursor': to('/albums?user_id=ada&cursor=abc') },
  describeAlbum: { 'album-not-found': to(UNKNOWN_ALBUM) },
  changeAlbum: {
    ...bodyProblems(UNKNOWN_ALBUM, 32_768),
    'album-not-found': to(UNKNOWN_ALBUM, json({ title: 'Porto' })),
    forbidden: ofAlbum('?user_id=mallory', json({ title: 'Porto' })),
    'revision-conflict': ofAlbum('', {
      ...json({ title: 'Porto' }),
      headers: { 'If-Match': '"9"', 'Content-Type': 'application/json' },
    }),
  },
  deleteAlbum: { 'album-not-found': to(UNKNOWN_ALBUM), forbidden: ofAlbum('?user_id=mallory') },
  changeAlbumImages: {
    ...bodyProblems(`${UNKNOWN_ALBUM}/images`, 4 * 1_048_576),
    'album-not-found': to(`${UNKNOWN_ALBUM}/images`, json({ add: [UNKNOWN] })),
    forbidden: ofAlbum('/images?user_id=mallory', json({ add: [UNKNOWN] })),
  },
  createAlbumLink: {
    ...bodyProblems(`${UNKNOWN_ALBUM}/links`, MAX_LINK_BYTES),
    'album-not-found': to(`${UNKNOWN_ALBUM}/links`, json({})),
    forbidden: ofAlbum('/links?user_id=mallory', json({})),
    'too-many-links': async (images) => ({ path: `${await images.fullAlbum()}/links`, ...json({}) }),
  },
  listAlbumLinks: { 'album-not-found': to(`${UNKNOWN_ALBUM}/links`) },
  changeAlbumLink: {
    ...bodyProblems(`${UNKNOWN_ALBUM}/links/${UNKNOWN_LINK}`, MAX_LINK_BYTES),
    'album-not-found': to(`${UNKNOWN_ALBUM}/links/${UNKNOWN_LINK}`, json({ card: true })),
    'link-not-found': ofAlbum(`/links/${UNKNOWN_LINK}`, json({ card: true })),
    forbidden: ofAlbum(`/links/${UNKNOWN_LINK}?user_id=mallory`, json({ card: true })),
  },
  revokeAlbumLink: {
    'album-not-found': to(`${UNKNOWN_ALBUM}/links/${UNKNOWN_LINK}`),
    'link-not-found': ofAlbum(`/links/${UNKNOWN_LINK}`),
    forbidden: ofAlbum(`/links/${UNKNOWN_LINK}?user_id=mallory`),
  },
  openAlbumLink: { ...ofAlbumLink(''), 'password-required': albumLink('', { password: PASSWORD }) },
  unlockAlbumLink: {
    ...ofAlbumLink('/unlock', json({ password: PASSWORD })),
    'malformed-body': albumLink('/unlock', {}, json('{')),
    'upload-too-large': albumLink('/unlock', {}, json(`"${'a'.repeat(MAX_LINK_BYTES)}"`)),
    'wrong-password': albumLink('/unlock', { password: PASSWORD }, json({ password: 'wrong horse' })),
  },
  listSharedImages: {
    ...ofAlbumLink('/images'),
    'password-required': albumLink('/images', { password: PASSWORD }),
    'invalid-cursor': async (images) => ({ path: `${await albumLinkUrl(images, '/images')}&cursor=abc` }),
  },
  readSharedRendition: {
    ...ofSharedPicture(),
    'unknown-preset': async (images) => ({
      path: (await images.sharedPicture()).replace('/renditions/thumb', '/renditions/tiny'),
    }),
  },
  downloadSharedImage: {
    ...ofSharedPicture(asFile),
    forbidden: async (images) => ({ path: asFile(await images.sharedPicture([])) }),
  },
  grantContribution: {
    ...ofGuests('/uploads', photo()),
    'malformed-body': albumLink('/uploads', CONTRIBUTING, byGuest(json('{'))),
    'upload-too-large': albumLink('/uploads', CONTRIBUTING, byGuest(json(`"${'a'.repeat(8_192)}"`))),
    'unsupported-type': albumLink('/uploads', CONTRIBUTING, photo({}, { content_type: 'image/bmp' })),
    'album-full': secondGrant({ max_images: 1 }),
    'idempotency-conflict': secondGrant({}, { 'Idempotency-Key': 'picture-1' }),
    'quota-exceeded': async (images) => ({
      path: below(await images.closedLink('full'), '/uploads'),
      ...photo(),
      as: 'nobody',
    }),
  },
  completeContribution: {
    ...ofGuests(`${UNKNOWN_UPLOAD}/complete`, byGuest()),
    'image-not-found': albumLink(`${UNKNOWN_UPLOAD}/complete`, CONTRIBUTING, byGuest()),
    'upload-missing': async (images) => {
      const path = await images.albumLink(CONTRIBUTING);
      return { path: below(path, `/uploads/${await images.grantedByLink(path)}/complete`), ...byGuest() };
    },
  },
  takeBackContribution: {
    ...ofGuests(UNKNOWN_UPLOAD, byGuest()),
    'image-not-found': albumLink(UNKNOWN_UPLOAD, CONTRIBUTING, byGuest()),
  },
  listContributions: {
    'album-not-found': to(`${UNKNOWN_ALBUM}/contributions`),
    'invalid-cursor': ofAlbum('/contributions?cursor=abc'),
  },
  previewContribution: {
    'album-not-found': to(`${UNKNOWN_ALBUM}/contributions/${UNKNOWN}/preview`),
    'image-not-found': ofAlbum(`/contributions/${UNKNOWN}/preview`),
    ...byAdmin({ 'not-awaited': contributed({}, '/preview') }),
  },
  decideContribution: byAdmin({
    ...bodyProblems(`${UNKNOWN_ALBUM}/contributions/${UNKNOWN}`, 1_024),
    'invalid-request': to(`${UNKNOWN_ALBUM}/contributions/${UNKNOWN}`, json({ verdict: 'later' })),
    'album-not-found': to(`${UNKNOWN_ALBUM}/contributions/${UNKNOWN}`, json(PASS)),
    'image-not-found': async (images) => {
      const [album = ''] = (await images.closedLink('ada')).split('/links/');
      return { path: `${album}/contributions/${UNKNOWN}`, ...json(PASS) };
    },
    'not-awaited': contributed({}, '', json(PASS)),
    'already-decided': async (images) => {
      const path = await images.contribution({ approve: true });
      await images.decide(path, PASS);
      return { path, ...json({ verdict: 'refuse' }) };
    },
  }),
  createLink: {
    ...bodyProblems(`/images/${UNKNOWN}/links`, 1_024),
    ...notReady('/images/{id}/links', json(ORIGINAL)),
    forbidden: of(ready, '/images/{id}/links?user_id=mallory', json(ORIGINAL)),
    'unknown-preset': of(ready, '/images/{id}/links', json({ what: 'preset', preset: 'tiny' })),
    'too-many-links': of((images) => images.full(), '/images/{id}/links', json(ORIGINAL)),
  },
  listLinks: { 'image-not-found': of(unknown, '/images/{id}/links') },
  openLink: {
    'link-not-found': of(ready, '/images/{id}/links/cut-off'),
    'signature-invalid': async (images) => ({ path: (await images.link()).replace(/sig=.*/, 'sig=x') }),
    'revision-conflict': link({ 'If-Match': '"of other bytes"' }),
    'range-not-satisfiable': link({ Range: 'bytes=9999999-' }),
  },
  revokeLink: {
    forbidden: of(ready, `/images/{id}/links/${UNKNOWN_LINK}?user_id=mallory`),
    'image-not-found': of(unknown, `/images/{id}/links/${UNKNOWN_LINK}`),
    'link-not-found': of(ready, `/images/{id}/links/${UNKNOWN_LINK}`),
  },
  revokeLinks: {
    forbidden: of(ready, '/images/{id}/revoke-links?user_id=mallory'),
    'image-not-found': of(unknown, '/images/{id}/revoke-links'),
  },
  createUploadToken: byAdmin({
    ...bodyProblems('/upload-tokens', 65_536),
    'unsupported-type': to('/upload-tokens', json({ content_types: ['image/bmp'] })),
    'image-not-found': to('/upload-tokens', json({ user_id: 'ada', replaces: UNKNOWN })),
  }),
  createViewToken: byAdmin({
    ...bodyProblems('/view-tokens', 65_536),
    'unsupported-type': to('/view-tokens', json({ upload: { content_types: ['image/bmp'] } })),
  }),
  revokeViewTokens: byAdmin(bodyProblems('/view-tokens/revoke', 65_536)),
  decideImage: {
    ...byAdmin({
      ...bodyProblems(`/images/${UNKNOWN}/decision`, 16_384),
      'image-not-found': to(`/images/${UNKNOWN}/decision`, json(DECISION)),
      'invalid-request': to(`/images/${UNKNOWN}/decision`, json({ verdict: 'later' })),
      'not-awaited': of((images) => images.granted(), '/images/{id}/decision', json(DECISION)),
    }),
    forbidden: to(`/images/${UNKNOWN}/decision`, json(DECISION)),
  },
  reviewImage: {
    ...byAdmin({
      'image-not-found': to(`/images/${UNKNOWN}/review`),
      'invalid-request': to(`/images/${UNKNOWN}/review`, { headers: { 'X-User-Id': 'ada', 'User-Id': 'bob' } }),
      'not-awaited': of((images) => images.granted(), '/images/{id}/review'),
    }),
    forbidden: to(`/images/${UNKNOWN}/review`),
  },
  listDecisions: byAdmin({ 'image-not-found': to(`/images/${UNKNOWN}/decisions`) }),
  rescanImages: byAdmin(bodyProblems('/gates/rescan', 1_024)),
  dropGate: byAdmin({
    ...bodyProblems('/gates/scan/drop', 1_024),
    'invalid-cursor': to('/gates/scan/drop', json({ cursor: 'abc' })),
  }),
  readEvents: byAdmin({ 'invalid-cursor': to('/events?cursor=abc') }),
  listUsers: byAdmin({ 'invalid-cursor': to('/users?cursor=*') }),
  setQuota: byAdmin(bodyProblems('/quotas/ada', 1_024)),
  deleteUser: {
    forbidden: to('/users/bob?confirm=bob', { as: 'eraser' }),
    'invalid-request': to('/users/ada?confirm=bob', { as: 'eraser' }),
  },
  describeDeletion: {
    forbidden: to('/users/bob/deletion', { as: 'eraser' }),
    'invalid-request': to('/users/ada/deletion?confirm=ada', { as: 'eraser' }),
    'user-not-found': to('/users/ada/deletion', { as: 'eraser' }),
  },
  exportUser: {
    forbidden: to('/users/bob/export', { as: 'eraser' }),
    'invalid-request': to('/users/ada/export?confirm=ada', { as: 'eraser' }),
    'user-erased': to('/users/eve/export', { as: 'eraser' }),
  },
  describeExport: {
    forbidden: to('/users/bob/export', { as: 'eraser' }),
    'invalid-request': to('/users/ada/export?confirm=ada', { as: 'eraser' }),
    'user-not-found': to('/users/ada/export', { as: 'eraser' }),
  },
  createKey: byAdmin(bodyProblems('/keys', 262_144)),
  listKeys: byAdmin({ 'invalid-cursor': to('/keys?cursor=abc') }),
  describeKey: byAdmin({ 'key-not-found': to(UNKNOWN_KEY) }),
  rotateKey: byAdmin({
    ...bodyProblems(`${UNKNOWN_KEY}/rotate`, 1_024),
    'key-not-found': to(`${UNKNOWN_KEY}/rotate`, json({})),
    'key-already-rotated': async (images) => ({ path: `/keys/${await images.rotatedKey()}/rotate`, ...json({}) }),
  }),
  revokeKey: byAdmin({ 'key-not-found': to(UNKNOWN_KEY) }),
  createWebhook: byAdmin({
    ...bodyProblems('/webhooks', 32_768),
    'too-many-webhooks': async (images) => {
      await images.allWebhooks();
      return { path: '/webhooks', ...json(WEBHOOK) };
    },
  }),
  describeWebhook: byAdmin({ 'webhook-not-found': to(UNKNOWN_WEBHOOK) }),
  changeWebhook: byAdmin({
    ...bodyProblems(UNKNOWN_WEBHOOK, 32_768),
    'webhook-not-found': to(UNKNOWN_WEBHOOK, json({})),
  }),
  removeWebhook: byAdmin({ 'webhook-not-found': to(UNKNOWN_WEBHOOK) }),
  rotateWebhookSecret: byAdmin({ 'webhook-not-found': to(`${UNKNOWN_WEBHOOK}/rotate`) }),
  testWebhook: byAdmin({ 'webhook-not-found': to(`${UNKNOWN_WEBHOOK}/test`) }),
  listDeliveries: byAdmin({
    'invalid-cursor': async (images) => ({ path: `${await images.webhook()}/deliveries?cursor=abc` }),
    'webhook-not-found': to(`${UNKNOWN_WEBHOOK}/deliveries`),
  }),
  replayDeliveries: byAdmin({
    ...bodyProblems(`${UNKNOWN_WEBHOOK}/replay`, 131_072),
    'webhook-not-found': to(`${UNKNOWN_WEBHOOK}/replay`, json({ event_ids: ['1-2'] })),
  }),
  describeImage: { 'image-not-found': of(unknown, '/images/{id}/metadata') },
  readFacts: {
    'image-not-found': of(unknown, '/images/{id}/facts'),
    'image-not-ready': of(pending, '/images/{id}/facts'),
  },
  changeMetadata: change('/images/{id}/metadata'),
  changeImage: change('/images/{id}'),
  grantParts: {
    ...bodyProblems(`/uploads/${UNKNOWN}/parts`, 65_536),
    forbidden: of(pending, '/uploads/{id}/parts?user_id=mallory', json({})),
    'image-not-found': of(unknown, '/uploads/{id}/parts', json({})),
  },
  completeUpload: {
    forbidden: of(ready, `${complete}?user_id=mallory`),
    'image-not-found': of(unknown, complete),
    'upload-missing': of(pending, complete),
    'type-mismatch': of(async (images) => images.sent(await png(), 'image/jpeg'), complete),
    'unreadable-image': of(async (images) => images.sent(await cut(), 'image/jpeg'), complete),
    'too-many-pixels': of((images) => images.sent(new Uint8Array(decompressionBomb()), 'image/png'), complete),
    'unsupported-type': of((images) => images.sent(svg, 'image/jpeg'), complete),
  },
};

/** Faults of machine, disk or clock, which no request causes; other tests inject them. */
const UNPROVOKED: readonly string[] = [
  'internal',
  'unavailable',
  'decoder-failed',
  'album-full', // of 5,000 images
  'search-unsupported', // on DynamoDB only
  'cursor-expired', // after days
  'insufficient-storage',
  'original-lost',
  'overloaded',
  'processing-failed',
  'body-interrupted',
  'idempotency-in-progress',
];
/**
 * Problems of a service with PRESETS_ONLY, of an expired URL, of a decoder that crashes repeatedly, of a signed URL
 * used up.
 */
const UNPROVOKED_IN_RENDERS: readonly string[] = [
  'route-not-found',
  'link-expired',
  'rendition-failed',
  'rate-limited',
];
/** Problems of a grant of another store, or of another day. */
const UNPROVOKED_IN_COMPLETE: readonly string[] = [
  'empty-upload',
  'upload-too-large',
  'content-mismatch',
  'image-not-ready',
  'rate-limited', // only refused credentials are counted
];

/** With another Host header, which fetch can't send. */
async function ask(origin: string, method: string, { path, headers = {}, body }: Asked): Promise<Response> {
  if (!headers['Host']) return fetch(`${origin}${path}`, { method, headers, body: body ?? null });
  const [answer] = (await once(request(`${origin}${path}`, { method, headers }).end(), 'response')) as [
    IncomingMessage,
  ];
  const type = answer.headers['content-type'] ?? '';
  return new Response(await text(answer), { status: answer.statusCode ?? 0, headers: { 'Content-Type': type } });
}

/** Several rules have these codes, each with its own sentence. */
const VARIOUS: readonly string[] = [
  'invalid-request',
  'unreadable-image',
  'missing-scope',
  'not-awaited',
  'forbidden',
  'route-not-found',
  'rate-limited',
];

/** A request for each kind that is limited. */
const FIRST_OF_EACH_POLICY = [
  ['POST', '/uploads'],
  ['POST', '/images'],
  ['GET', `/images/${UNKNOWN}`],
  ['GET', `/images/${UNKNOWN}/review`],
  ['GET', '/images'],
] as const;

/** What was expected, without the parts that a request determines. */
const expectation = (detail: string): string =>
  detail
    .replace(/; got .*$/s, '')
    .replace(/^\S+: /, '') // the field
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[\d,]*\d/g, '0')
    .replaceAll(/image\/\w+(?=, as)/g, 'image/x')
    .replace(/(?<=sent with )\S+/, 'key');

function exampleOf({ responses, name }: Operation, { status, code }: Problem): string {
  const { value, $ref = '' } = responses[status]?.content?.['application/problem+json']?.examples?.[code] ?? {};
  const shown = value ?? CONTRACT.components.examples[$ref.split('/').at(-1) ?? '']?.value;
  const detail: unknown = Reflect.get(Object(shown), 'detail');
  return typeof detail === 'string' ? detail : assert.fail(`${name} has no example of ${code}`);
}

describe('every problem that openapi.json shows', () => {
  let service: RunningService;
  let closed: RunningService;
  /** Each policy is used up. */
  let limited: RunningService;
  let keys: Readonly<Record<Caller, string>>;
  const askAs = (credential: string, path: string, body: object) =>
    fetch(`${closed.origin}${path}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${credential}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
    closed = await startService({
      LOG_LEVEL: 'silent',
      AUTH: 'api-key',
      RATE_LIMITS: 'off',
      USAGE: 'on',
      EVENTS: 'on',
    });
    limited = await startService({
      LOG_LEVEL: 'silent',
      RATE_LIMITS: RATE_POLICIES.map((one) => `${one}=1/h`).join(' '),
    });
    for (const [method, path] of FIRST_OF_EACH_POLICY) await ask(limited.origin, method, { path });
    const admin = (await readFile(join(closed.folder, 'data/admin-key'), 'utf8')).trim();
    const keyWith = async (scope: string, owner = 'ada'): Promise<string> => {
      const created = await askAs(admin, '/keys', { name: scope, owner, scopes: [scope] });
      return ((await created.json()) as { key: string }).key;
    };
    const [reader, writer] = [await keyWith('images:read'), await keyWith('images:write')];
    const moderating = { name: 'moderator', acts_as: ['*'], scopes: ['images:moderate'] };
    const { key: moderator } = (await (await askAs(admin, '/keys', moderating)).json()) as { key: string };
    const minted = await askAs(writer, '/upload-tokens', { max_images: 1 });
    const { token: uploader } = (await minted.json()) as { token: string };
    assert.equal((await askAs(uploader, '/uploads', { content_type: 'image/png' })).status, 201);
    await ask(closed.origin, 'PUT', {
      path: '/quotas/full',
      body: JSON.stringify({ bytes: 0, images: 0, pending: 0 }),
      headers: { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' },
    });
    const full = await keyWith('images:upload', 'full');
    const erased = await keyWith('images:read', 'eve');
    const terms = ['create', '--name', 'eraser', '--scopes', 'users:erase', '--acts-as', 'ada,eve'];
    const { key: eraser } = await keyFrom(closed.folder, terms, { DATA_DIR: join(closed.folder, 'data') });
    await block(join(closed.folder, 'data'), 'eve');
    const credential = { headers: { Authorization: `Bearer ${erased}` } };
    await until(async () => (await fetch(`${closed.origin}/whoami`, credential)).status === 403); // within five seconds
    keys = { nobody: 'safelight_junk', reader, writer, moderator, eraser, admin, uploader, full, erased };
    await grant({ headers: FIRST_KEY });
    const taken = { user_id: 'ada', content_type: 'image/png', external_id: TAKEN_ID };
    assert.equal((await ask(service.origin, 'POST', { path: '/uploads', ...json(taken) })).status, 201);
  });
  after(async () => {
    await limited[Symbol.asyncDispose]();
    await closed[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  });

  async function provoked(method: string, { as, isSecond, ...asked }: Asked): Promise<Response> {
    if (isSecond) return ask(limited.origin, method, asked);
    if (as === undefined) return ask(service.origin, method, asked);
    const headers = { ...asked.headers, Authorization: `Bearer ${keys[as]}` };
    return ask(closed.origin, method, { ...asked, headers });
  }

  const grant = async (request: RequestInit, query = '') => {
    const url = `${service.origin}/images/upload?user_id=ada${query}`;
    const response = await fetch(url, { method: 'POST', ...request });
    return (await response.json()) as { image_id: string; upload_url: string };
  };
  const linkTo = async (id: string): Promise<string> => {
    const response = await fetch(`${service.origin}/images/${id}/links`, { method: 'POST', ...json(ORIGINAL) });
    return ((await response.json()) as { url: string }).url;
  };
  const images: Images = {
    ready: async () => (await grant({ body: await jpeg(), headers: { 'Content-Type': 'image/jpeg' } })).image_id,
    pending: async () => (await grant({})).image_id,
    async trashed() {
      const id = await images.ready();
      await fetch(`${service.origin}/images/${id}/trash`, { method: 'POST' });
      return id;
    },
    async sent(body, type) {
      const { image_id, upload_url } = await grant({}, `&content_type=${type}`);
      await fetch(upload_url, { method: 'PUT', body, headers: { 'Content-Type': type } });
      return image_id;
    },
    async full() {
      const id = await images.ready();
      for (let made = 0; made < 50; made += 1) await linkTo(id);
      return id;
    },
    async rotatedKey() {
      const [, id = ''] = keys.reader.split('_');
      const { key } = (await (await askAs(keys.admin, `/keys/${id}/rotate`, {})).json()) as { key: string };
      await fetch(`${closed.origin}/whoami`, { headers: { Authorization: `Bearer ${key}` } });
      return id;
    },
    async webhook() {
      const made = await askAs(keys.admin, '/webhooks', WEBHOOK);
      if (made.status === 201) return made.headers.get('location') ?? assert.fail();
      const headers = { Authorization: `Bearer ${keys.admin}` };
      const { webhooks } = (await (await fetch(`${closed.origin}/webhooks`, { headers })).json()) as {
        webhooks: { webhook_id: string }[];
      };
      return `/webhooks/${webhooks[0]?.webhook_id}`;
    },
    async album() {
      const made = await fetch(`${service.origin}/albums`, {
        method: 'POST',
        ...json({ user_id: 'ada', title: 'Lisbon' }),
      });
      return made.headers.get('location') ?? assert.fail();
    },
    async fullAlbum() {
      const album = await images.album();
      for (let made = 0; made < 50; made += 1)
        await fetch(`${service.origin}${album}/links`, { method: 'POST', ...json({}) });
      return album;
    },
    async albumLink(terms) {
      const album = await images.album();
      const made = await fetch(`${service.origin}${album}/links`, { method: 'POST', ...json(terms) });
      return ((await made.json()) as { url: string }).url.slice(service.origin.length);
    },
    async grantedByLink(path) {
      const granted = await grantUpload({ url: `${service.origin}${path}`, secret: SECRET });
      return granted.image_id;
    },
    async post(path, request) {
      assert.ok((await ask(service.origin, 'POST', { path, ...request })).ok);
    },
    async closedLink(owner, terms = {}) {
      const made = await askAs(keys.admin, '/albums', { user_id: owner, title: 'Lisbon' });
      const links = `${made.headers.get('location')}/links`;
      const { url } = (await (await askAs(keys.admin, links, { ...CONTRIBUTING, ...terms })).json()) as { url: string };
      return url.slice(closed.origin.length);
    },
    async contribution(terms) {
      const path = await images.closedLink('ada', terms);
      const id = await completeUpload({ url: `${closed.origin}${path}`, secret: SECRET }, await jpeg());
      return `${path.split('/links/')[0]}/contributions/${id}`;
    },
    async decide(path, body) {
      const headers = { Authorization: `Bearer ${keys.writer}` };
      const { body: text, headers: typed } = json(body);
      const decided = await ask(closed.origin, 'PUT', { path, body: text, headers: { ...typed, ...headers } });
      assert.ok(decided.ok, await decided.text());
    },
    async revoke(path) {
      await fetch(`${service.origin}${path.split('?')[0]}`, { method: 'DELETE' });
    },
    async sharedPicture(allow = ['download']) {
      const url = await images.albumLink({ allow: ['view', ...allow] });
      const [album = ''] = url.split('/links/');
      const add = [await images.ready()];
      await fetch(`${service.origin}${album}/images`, { method: 'POST', ...json({ add }) });
      const listed = await fetch(`${service.origin}${url.replace('?', '/images?')}`);
      const { images: shown } = (await listed.json()) as { images: [{ renditions: { thumb: string } }] };
      return shown[0].renditions.thumb.slice(service.origin.length);
    },
    async allWebhooks() {
      while ((await askAs(keys.admin, '/webhooks', WEBHOOK)).status === 201);
    },
    async granted() {
      const granted = await askAs(keys.writer, '/uploads', { content_type: 'image/png' });
      return ((await granted.json()) as { image_id: string }).image_id;
    },
    link: async () => (await linkTo(await images.ready())).slice(service.origin.length),
    async signed(path) {
      const body = '{"w":32}';
      const headers = { 'Content-Type': 'application/json' };
      const response = await fetch(`${service.origin}${path}-url`, { method: 'POST', headers, body });
      const { url } = (await response.json()) as { url: string };
      return url.slice(service.origin.length);
    },
  };

  /** Problems of any request, as a request of this operation. */
  function everywhere({ path, operationId, security }: Operation): Record<string, Provocation> {
    const where = path
      .replace('{id}', UNKNOWN)
      .replace('{key_id}', '0000000000000000')
      .replace('{link_id}', UNKNOWN_LINK)
      .replace('{webhook_id}', UNKNOWN)
      .replace('{album_id}', UNKNOWN)
      .replace('{user_id}', 'ada')
      .replace('{gate}', 'scan');
    const isHealth = ['/health', '/livez', '/readyz'].includes(path);
    const isForAnyPage = ['renderImage', 'openLink', 'readSharedRendition', 'downloadSharedImage'].includes(
      operationId,
    );
    const elsewhere = { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' };
    const direct = {
      'forwarded-request': to(where, { headers: { 'X-Forwarded-For': '10.0.0.1' } }),
      'misdirected-host': to(where, { headers: { Host: 'images.example.org' } }),
    };
    const guarded = { 'origin-not-allowed': to(where, { headers: elsewhere }) };
    const isGuarded = security.length > 0;
    const isForErasers = ['deleteUser', 'describeDeletion', 'exportUser', 'describeExport'].includes(operationId);
    const isForAdmins = /^\/(?:keys|users|quotas|webhooks)/.test(path) && !isForErasers;
    const isModeration = [
      'listGates',
      'listDecisions',
      'dropGate',
      'rescanImages',
      'decideImage',
      'reviewImage',
    ].includes(operationId);
    const isRead =
      /^(list|read|download|preview|linkTo|findKnown$|describeUsage$|describeAlbum$|createViewToken$|revokeViewTokens$)/.test(
        operationId,
      );
    const ofUploads = operationId === 'describeImage';
    const lackingScope: Caller = ofUploads ? 'moderator' : isRead ? 'writer' : 'reader';
    const foreign = { headers: { 'X-User-Id': 'bob' } };
    const credentials = {
      unauthenticated: to(where, { as: 'nobody' }),
      'user-erased': to(where, { as: 'erased' }),
      ...(operationId !== 'describeCaller' && { 'missing-scope': to(where, { as: lackingScope }) }),
      ...(!isForAdmins &&
        !isForErasers &&
        !isModeration && { forbidden: to(where, { ...foreign, as: isRead ? 'reader' : 'writer' }) }),
    };
    return {
      // A public or signed operation reads no user.
      'invalid-request': to(where, {
        headers: isGuarded ? { 'X-User-Id': 'ada', 'User-Id': 'bob' } : { 'X-User-Id': 'a'.repeat(9_000) },
      }),
      ...(!isHealth && direct),
      ...(!isHealth && !isForAnyPage && guarded),
      ...(isGuarded && credentials),
      ...((isForAdmins || ['/upload-tokens', '/view-tokens', '/view-tokens/revoke'].includes(path)) && {
        'route-not-found': to(where),
      }),
      ...(path === '/usage' && { 'route-not-found': to('/usage?user_id=ada') }),
      ...(path === '/events' && { 'route-not-found': to(path) }),
      ...(Reflect.get(RATE_POLICY_OF, operationId) !== null &&
        isGuarded && { 'rate-limited': to(where, { isSecond: true }) }),
    };
  }

  for (const operation of OPERATIONS) {
    describe(operation.name, () => {
      const provocations = { ...everywhere(operation), ...PROVOCATIONS[operation.operationId] };

      for (const [code, provoke] of Object.entries(provocations)) {
        it(`answers as described, and as its example says: ${code}`, async () => {
          const response = await provoked(operation.method, await provoke(images));
          const problem = (await response.clone().json()) as Problem & { readonly detail: string };
          assert.equal(problem.code, code, JSON.stringify(problem));
          await requireDescribed(operation, response, operation.method);
          if (!VARIOUS.includes(code))
            assert.equal(expectation(exampleOf(operation, problem)), expectation(problem.detail));
        });
      }

      it('has only problems that are provoked here, or are faults of the machine', () => {
        const described = Object.entries(operation.responses).flatMap(([status, { description }]) =>
          Number(status) < 400 ? [] : description.split(', '),
        );
        const known = [...Object.keys(provocations), ...UNPROVOKED];
        if (/render|link|shared/i.test(operation.operationId)) known.push(...UNPROVOKED_IN_RENDERS);
        if (operation.parameters.some(({ name }) => name === 'Guest-Secret'))
          known.push('link-expired', 'rate-limited');
        if (/trash|restore/i.test(operation.operationId)) known.push('route-not-found'); // with TRASH_DAYS=0
        if (operation.operationId === 'openLink') known.push('unknown-preset'); // with other PRESETS
        if (/Shared/.test(operation.operationId)) known.push('forbidden'); // of a link that shows nothing
        if (/^((read|download)Rendition|downloadImage|reviewImage|previewContribution)$/.test(operation.operationId))
          known.push('rendition-failed');
        if (operation.operationId === 'readRendition') known.push('link-expired'); // a signed URL of another day
        // They need a picture of a user of the closed service.
        if (operation.operationId === 'replaceContent') known.push('quota-exceeded', 'upload-token-used-up');
        if (operation.operationId === 'createUploadToken') known.push('image-not-ready');
        if (operation.operationId === 'decideImage') known.push('already-decided'); // of an image that has a gate
        if (operation.operationId === 'completeUpload') known.push(...UNPROVOKED_IN_COMPLETE);
        assert.deepEqual(
          described.filter((code) => !known.includes(code)),
          [],
        );
      });
    });
  }
});
