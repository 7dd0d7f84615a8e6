import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { isImageType, MEDIA_TYPES, type MediaType } from '../../src/domain/image/media-type.ts';
import { EXAMPLE_ID } from '../../src/http/request/path-parts.ts';
import {
  CONTRACT,
  OPERATIONS,
  type Operation,
  type Parameter,
  requireAnswerBody,
  requireDescribed,
  requireRequestBody,
  type Schema,
} from '../http/contract.ts';
import { keyFrom } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { below, completeUpload, type Guest, grantUpload, sendUpload } from './guest-uploads.ts';

/** A body in the contract. */
interface ExampleBody {
  readonly name: string;
  make(imageId: string): Promise<{ type?: string; body?: RequestInit['body'] }>;
}

const picture = async (type: MediaType) => new Uint8Array(await testImage({ type, width: 64, height: 48 }));

function bodiesOf({ requestBody, operationId }: Operation): ExampleBody[] {
  const none: ExampleBody = { name: 'no body', make: async () => ({}) };
  if (!requestBody) return [none];
  const bodies = Object.entries(requestBody.content).flatMap(([type, { schema, examples }]): ExampleBody[] => {
    if (type === 'multipart/form-data') return [{ name: type, make: async () => ({ body: await formOf(schema) }) }];
    if (isImageType(type))
      return [{ name: type, make: async () => ({ type, body: await picture(type as MediaType) }) }];
    return Object.entries(examples ?? {}).map(([name, { value }]) => ({
      name,
      make: async (id) => ({ type, body: JSON.stringify(value).replaceAll(EXAMPLE_ID, id) }),
    }));
  });
  return operationId === 'upload' ? [...bodies, none] : bodies;
}

async function formOf({ properties }: Schema): Promise<FormData> {
  const form = new FormData();
  for (const [name, schema] of Object.entries(properties as Record<string, Parameter['schema']>)) {
    if (schema.examples) form.set(name, String(schema.examples[0]));
  }
  form.set('file', new File([await picture('image/jpeg')], 'sunset.jpg', { type: 'image/jpeg' }));
  return form;
}

/** A key belongs to one request of one user, so each operation has its own. */
const ownKey = ({ operationId }: Operation, { of, value }: { of: Parameter; value: string }): string =>
  of.name === 'Idempotency-Key' ? `${value}-${operationId}` : value;

/** A parameter's values in the contract: its examples, all values of a choice. */
const valuesOf = ({ name, schema }: Parameter): string[] =>
  name === NEEDS_WATERMARK ? [] : [...(schema.examples ?? schema.enum ?? [])].map(String);

/** Refused alone; test/renditions/watermarks.test.ts has a service with a watermark. */
const NEEDS_WATERMARK = 'watermark_tiles';

/** The guest of the examples. */
const SECRET =
  OPERATIONS.flatMap(({ parameters }) => parameters)
    .filter(({ name }) => name === 'Guest-Secret')
    .flatMap(valuesOf)[0] ?? assert.fail('expected an example of Guest-Secret; got none');

/** An upload of the guest, with the bytes that the operation needs. */
const uploadOf = async (guest: Guest, operationId: string): Promise<string> =>
  operationId === 'completeContribution'
    ? sendUpload(guest, await picture('image/jpeg'))
    : (await grantUpload(guest)).image_id;

async function adminOf({ folder }: RunningService): Promise<{ readonly Authorization: string }> {
  return { Authorization: `Bearer ${(await readFile(join(folder, 'data/admin-key'), 'utf8')).trim()}` };
}

describe('openapi.json', () => {
  let service: RunningService;
  /** For operations on credentials and limits, which an open service lacks, and on gates. */
  let closed: RunningService;
  /** For what waits for the owner of an album: closed too, and without gates, which decide before. */
  let ungated: RunningService;
  let admin: { readonly Authorization: string };
  let user: { readonly Authorization: string };
  before(async () => {
    service = await startService({
      LOG_LEVEL: 'silent',
      USAGE: 'on',
      EVENTS: 'on',
      INGEST_HOSTS: 'images.example.org',
    });
    closed = await startService({
      LOG_LEVEL: 'silent',
      AUTH: 'api-key',
      RATE_LIMITS: 'off',
      USAGE: 'on',
      EVENTS: 'on',
      GATE_CLAMD: 'unix:/nowhere', // uploads are held
      GATE_HTTP_HUMAN_REVIEW: 'https://gate.example/',
      GATE_HTTP_HUMAN_REVIEW_SECRET: `whsec_${Buffer.alloc(32).toString('base64')}`,
    });
    ungated = await startService({ LOG_LEVEL: 'silent', AUTH: 'api-key', RATE_LIMITS: 'off' });
    admin = await adminOf(closed);
    user = { Authorization: `Bearer ${(await createdKey('images:write', 'images:read')).key}` };
  });
  after(async () => {
    await ungated[Symbol.asyncDispose]();
    await closed[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  });

  /** A ready image of the user of the examples. */
  async function uploadedImage(): Promise<string> {
    const body = await picture('image/jpeg');
    const headers = { 'Content-Type': 'image/jpeg' };
    const response = await fetch(`${service.origin}/images/upload?user_id=user123`, { method: 'POST', headers, body });
    return ((await response.json()) as { image_id: string }).image_id;
  }

  /** An album of that user at revision 2, which has the image. */
  async function createdAlbum(imageId: string): Promise<string> {
    const send = (path: string, method: string, body: object) =>
      fetch(`${service.origin}${path}`, {
        method,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    const made = await send('/albums', 'POST', { user_id: 'user123', title: 'Lisboa' });
    const { album_id: id } = (await made.json()) as { album_id: string };
    await send(`/albums/${id}?user_id=user123`, 'PATCH', { title: 'Lisbon' });
    await send(`/albums/${id}/images?user_id=user123`, 'POST', { add: [imageId] });
    return id;
  }

  /** The URL of an album, of a link of it, or of what the link shows. */
  async function urlOfAlbum({ path, operationId }: Operation, id: string): Promise<URL> {
    const ofAlbum = path.replace('{album_id}', await createdAlbum(id));
    if (!path.includes('{link_id}')) return new URL(ofAlbum, service.origin);
    const terms = {
      allow: ['view', 'download', 'contribute'],
      originals: true,
      ...(operationId === 'unlockAlbumLink' && { password: 'correct horse' }),
    };
    const made = await fetch(`${service.origin}${ofAlbum.split('/{link_id}')[0]}?user_id=user123`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(terms),
    });
    const { link_id: linkId, url } = (await made.json()) as { link_id: string; url: string };
    if (/^(?:change|revoke)AlbumLink$/.test(operationId))
      return new URL(ofAlbum.replace('{link_id}', linkId), service.origin);
    if (path.includes('/uploads/{id}')) {
      const uploadId = await uploadOf({ url, secret: SECRET }, operationId);
      return new URL(below(url, `${path.split('{link_id}')[1]}`.replace('{id}', uploadId)));
    }
    if (!path.includes('{id}')) return new URL(below(url, path.split('{link_id}')[1] ?? ''));
    const listed = await fetch(url.replace('?', '/images?'));
    const { images } = (await listed.json()) as {
      images: [{ renditions: { thumb: string }; download_url: string }];
    };
    const [image] = images;
    return new URL(path.endsWith('/download') ? image.download_url : image.renditions.thumb);
  }

  /** A signed URL, which only the service can make, or that of a link, which must exist. */
  async function urlOf(operation: Operation, id: string, transform: object): Promise<URL> {
    if (operation.path.includes('{album_id}')) return urlOfAlbum(operation, id);
    const path = operation.path.replace('{id}', id).replace('{preset}', 'thumb');
    if (path.includes('{link_id}')) {
      const link = await createdLink(service.origin, id);
      return operation.operationId === 'openLink'
        ? new URL(link.url)
        : new URL(path.replace('{link_id}', link.link_id), service.origin);
    }
    if (operation.operationId !== 'renderImage') return new URL(path, service.origin);
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ w: 32, h: 32, ...transform });
    const response = await fetch(`${service.origin}${path}-url`, { method: 'POST', headers, body });
    return new URL(((await response.json()) as { url: string }).url);
  }

  /** A new key of the user of the examples. */
  async function createdKey(
    ...scopes: readonly ('images:read' | 'images:write')[]
  ): Promise<{ key_id: string; key: string }> {
    const body = JSON.stringify({ name: 'example', owner: 'user123', scopes });
    const headers = { ...admin, 'Content-Type': 'application/json' };
    const response = await fetch(`${closed.origin}/keys`, { method: 'POST', headers, body });
    return (await response.json()) as { key_id: string; key: string };
  }

  /** `/`, and the id of a new webhook. */
  async function createdWebhook(): Promise<string> {
    const body = JSON.stringify({ url: 'https://127.0.0.1.example/hooks' });
    const headers = { ...admin, 'Content-Type': 'application/json' };
    const response = await fetch(`${closed.origin}/webhooks`, { method: 'POST', headers, body });
    return `/${((await response.json()) as { webhook_id: string }).webhook_id}`;
  }

  /** A held image to look at; one that is pending to decide about, since the example's bytes are none of ours. */
  async function undecidedImage({ operationId }: Operation): Promise<string> {
    const isPending = operationId === 'decideImage';
    const url = `${closed.origin}/images/upload?user_id=user123`;
    const init = isPending
      ? { body: '{"content_type":"image/jpeg"}', headers: { ...admin, 'Content-Type': 'application/json' } }
      : { body: await picture('image/jpeg'), headers: { ...admin, 'Content-Type': 'image/jpeg' } };
    const response = await fetch(url, { method: 'POST', ...init });
    return ((await response.json()) as { image_id: string }).image_id;
  }

  async function sendClosed(operation: Operation, example: ExampleBody, parameter?: { of: Parameter; value: string }) {
    const { key_id } = await createdKey('images:read');
    const id = operation.path.includes('{id}') ? await undecidedImage(operation) : '';
    const path = operation.path.replace('{key_id}', key_id).replace('{user_id}', 'user123').replace('{id}', id);
    const url = new URL(
      path.replace('/{webhook_id}', path.includes('{webhook_id}') ? await createdWebhook() : ''),
      closed.origin,
    );
    const { type, body } = await example.make('');
    const headers = new Headers(['/upload-tokens', '/view-tokens'].includes(operation.path) ? user : admin);
    if (type) headers.set('Content-Type', type);
    if (parameter?.of.in === 'query') url.searchParams.set(parameter.of.name, parameter.value);
    if (parameter?.of.in === 'header') headers.set(parameter.of.name, parameter.value);
    return fetch(url, { method: operation.method, headers, body: body ?? null });
  }

  /** A picture of a guest that waits for the owner of the album, who is the user of the examples. */
  async function sendUngated(operation: Operation, example: ExampleBody, parameter?: { of: Parameter; value: string }) {
    const authorized = await adminOf(ungated);
    const make = async (path: string, body: object): Promise<Record<'album_id' | 'url', string>> => {
      const headers = { ...authorized, 'Content-Type': 'application/json', 'X-User-Id': 'user123' };
      const answer = await fetch(`${ungated.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await answer.json()) as Record<'album_id' | 'url', string>;
    };
    const { album_id: album } = await make('/albums', { title: 'Lisbon' });
    const { url: link } = await make(`/albums/${album}/links`, { allow: ['contribute'], approve: true });
    const id = await completeUpload({ url: link, secret: SECRET }, await picture('image/jpeg'));
    const url = new URL(operation.path.replace('{album_id}', album).replace('{id}', id), ungated.origin);
    const { type, body } = await example.make('');
    const headers = new Headers({ ...authorized, ...(type && { 'Content-Type': type }) });
    if (parameter?.of.in === 'query') url.searchParams.set(parameter.of.name, parameter.value);
    if (parameter?.of.in === 'header') headers.set(parameter.of.name, parameter.value);
    return fetch(url, { method: operation.method, headers, body: body ?? null });
  }

  /** All routes about pictures of this service come before: the user of the examples is blocked then. */
  async function sendErasing({ method, path }: Operation): Promise<Response> {
    const { key } = await keyFrom(
      ungated.folder,
      ['create', '--name', 'eraser', '--scopes', 'users:erase', '--acts-as', '*'],
      { DATA_DIR: join(ungated.folder, 'data') },
    );
    const headers = { Authorization: `Bearer ${key}` };
    if (path.endsWith('/export')) {
      const url = new URL(path.replace('{user_id}', 'another user'), ungated.origin);
      const asked = await fetch(url, { method: 'POST', headers });
      return method === 'POST' ? asked : fetch(url, { headers });
    }
    const url = new URL('/users/user123?confirm=user123', ungated.origin);
    const asked = await fetch(url, { method: 'DELETE', headers });
    return method === 'DELETE' ? asked : fetch(new URL(path.replace('{user_id}', 'user123'), url), { method, headers });
  }

  async function send(operation: Operation, example: ExampleBody, parameter?: { of: Parameter; value: string }) {
    if (operation.path.startsWith('/users/')) return sendErasing(operation);
    if (
      /^\/(?:keys|webhooks|upload-tokens|view-tokens|users|quotas|gates\/rescan|images\/\{id\}\/(?:decision|review)$)/.test(
        operation.path,
      )
    )
      return sendClosed(operation, example, parameter);
    if (/^(?:preview|decide)Contribution$/.test(operation.operationId))
      return sendUngated(operation, example, parameter);
    const id = await uploadedImage();
    const isOfTrash = parameter?.of.name === 'trashed' && parameter.value === 'true';
    if (isOfTrash || /^restoreImages?$/.test(operation.operationId))
      await fetch(`${service.origin}/images/${id}/trash`, { method: 'POST' });
    const inQuery = parameter?.of.in === 'query' ? { [parameter.of.name]: parameter.value } : {};
    const url = await urlOf(operation, id, inQuery);
    const headers = new Headers();
    const { type, body } = await example.make(id);
    if (type) headers.set('Content-Type', type);
    if (operation.parameters.some(({ name }) => name === 'Guest-Secret')) headers.set('Guest-Secret', SECRET);
    const user = operation.parameters.find(({ name }) => name === 'user_id');
    if (user) url.searchParams.set('user_id', valuesOf(user)[0] ?? '');
    if (parameter?.of.in === 'query') url.searchParams.set(parameter.of.name, parameter.value);
    // These orders are of an album alone.
    if (operation.operationId === 'listImages' && /^(?:added|manual)$/.test(parameter?.value ?? ''))
      url.searchParams.set('album', await createdAlbum(id));
    if (parameter?.of.in === 'header') headers.set(parameter.of.name, ownKey(operation, parameter));
    return fetch(url, { method: operation.method, headers, body: body ?? null, redirect: 'manual' });
  }

  for (const operation of OPERATIONS) {
    describe(operation.name, () => {
      for (const [type, { examples }] of Object.entries(operation.requestBody?.content ?? {})) {
        for (const [name, { value }] of Object.entries(examples ?? {})) {
          it(`has a valid example ${name}, by its own schema`, () => requireRequestBody(operation, type, value));
        }
      }

      for (const [status, { content }] of Object.entries(operation.responses)) {
        for (const [type, { examples }] of Object.entries(content ?? {})) {
          for (const [name, { value, $ref }] of Object.entries(examples ?? {})) {
            it(`has a valid example ${status} ${name}, by its own schema`, () => {
              const shown = $ref ? CONTRACT.components.examples[$ref.split('/').at(-1) ?? '']?.value : value;
              requireAnswerBody(operation, Number(status), { type, value: shown });
            });
          }
        }
      }

      const bodies = bodiesOf(operation);
      it('has an example of every JSON body and answer', () => {
        assert.ok(bodies.length > 0);
        for (const { content } of Object.values(operation.responses)) {
          const json = content?.['application/json'];
          if (json) assert.ok(Object.keys(json.examples ?? {}).length > 0);
        }
      });

      for (const body of bodies) {
        it(`does what its example requests, and answers as described: ${body.name}`, async () => {
          const response = await send(operation, body);
          assert.ok(response.status < 400, `${response.status} ${await response.clone().text()}`);
          await requireDescribed(operation, response, operation.method);
        });
      }

      for (const parameter of operation.parameters) {
        if (parameter.in === 'path') continue;
        for (const value of valuesOf(parameter)) {
          const [body] = bodies;
          it(`accepts ${parameter.name}: ${value}`, async () => {
            assert.ok(body);
            const response = await send(operation, body, { of: parameter, value });
            assert.ok(response.status < 400, `${response.status} ${await response.clone().text()}`);
            await requireDescribed(operation, response, operation.method);
          });
        }
      }
    });
  }

  it('answers a browser at / with the gallery, in words only: a generated client would ask for HTML', async () => {
    const response = await fetch(service.origin, { headers: { Accept: 'text/html' }, redirect: 'manual' });
    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    assert.match(await response.text(), /<div id="gallery">/);
  });

  it('shows every type of image', () => {
    const upload = OPERATIONS.find(({ operationId }) => operationId === 'upload');
    const types = Object.keys(upload?.requestBody?.content ?? {});
    assert.deepEqual(
      MEDIA_TYPES.filter((type) => !types.includes(type)),
      [],
    );
  });
});

/** A link to the original. */
async function createdLink(origin: string, id: string): Promise<{ readonly link_id: string; readonly url: string }> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${origin}/images/${id}/links`, {
    method: 'POST',
    headers,
    body: '{"what":"original"}',
  });
  return (await response.json()) as { link_id: string; url: string };
}

describe('openapi.json with BYTES=redirect', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent', BYTES: 'redirect' });
  });
  after(() => service[Symbol.asyncDispose]());

  it('describes the redirect of every route that answers bytes', async () => {
    const body = await picture('image/jpeg');
    const init = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body };
    const { image_id } = (await (await fetch(`${service.origin}/images/upload?user_id=u`, init)).json()) as {
      image_id: string;
    };
    const signing = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"w":32}' };
    const signed = await fetch(`${service.origin}/images/${image_id}/render-url`, signing);
    const { url } = (await signed.json()) as { url: string };
    const ofBytes = OPERATIONS.filter(({ responses }) => responses['206']);
    assert.equal(ofBytes.length, 7);
    const link = await createdLink(service.origin, image_id);
    const signedUrls = new Map([
      ['renderImage', url],
      ['openLink', link.url],
      ...(await sharedUrls(service.origin, image_id)),
    ]);
    for (const operation of ofBytes) {
      const path = operation.path.replace('{id}', image_id).replace('{preset}', 'thumb');
      const target = signedUrls.get(operation.operationId) ?? `${service.origin}${path}`;
      const response = await fetch(target, { redirect: 'manual' });
      assert.equal(response.status, 302, operation.name);
      await requireDescribed(operation, response, 'GET');
    }
  });
});

/** The URLs of what a link of an album shows of an image, by their operations. */
async function sharedUrls(origin: string, imageId: string): Promise<readonly [string, string][]> {
  const send = async <Answer>(path: string, body: object): Promise<Answer> => {
    const headers = { 'Content-Type': 'application/json', 'X-User-Id': 'u' };
    const answer = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Answer;
  };
  const { album_id: id } = await send<{ album_id: string }>('/albums', { user_id: 'u', title: 'Lisbon' });
  await send(`/albums/${id}/images`, { add: [imageId] });
  const { url } = await send<{ url: string }>(`/albums/${id}/links`, { allow: ['view', 'download'] });
  const listed = await (await fetch(url.replace('?', '/images?'))).json();
  const [image] = (listed as { images: [{ renditions: { thumb: string }; download_url: string }] }).images;
  return [
    ['readSharedRendition', image.renditions.thumb],
    ['downloadSharedImage', image.download_url],
  ];
}
