import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { expire, type Image, type PendingImage, reject } from '../../src/domain/image/image.ts';
import { parseImageId } from '../../src/domain/image/image-id.ts';
import type { Visibility } from '../../src/domain/image/visibility.ts';
import type { Observer } from '../../src/observe/observer/observer.ts';
import { json, type TestService } from '../services/service.ts';

export const ABSENT = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';

export const STATES = ['ready', 'pending', 'rejected', 'expired', 'trashed', 'deleted', 'absent'] as const;
export type State = (typeof STATES)[number];

export interface ImageJson {
  readonly image_id: string;
  readonly visibility: Visibility;
  readonly revision: number;
  readonly renditions: Readonly<Record<string, string>> | null;
}

const PICTURE = new Uint8Array(await testImage({ type: 'image/jpeg', width: 600, height: 400 }));

/** Requests of the images' owner. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export async function jsonOf<Json>(answer: Response, status = 200): Promise<Json> {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return JSON.parse(text) as Json;
}

export async function upload(ask: Ask): Promise<string> {
  const body = new FormData();
  body.set('file', new File([PICTURE], 'my.jpg', { type: 'image/jpeg' }));
  body.set('user_id', 'ada');
  return (await jsonOf<ImageJson>(await ask('/images', { method: 'POST', body }), 201)).image_id;
}

export const describeAs = async (ask: Ask, id: string, change: object): Promise<ImageJson> =>
  jsonOf(await ask(`/images/${id}?user_id=ada`, { ...json(change), method: 'PATCH' }));

export const imageOf = async (ask: Ask, id: string): Promise<ImageJson> => jsonOf(await ask(`/images/${id}/metadata`));

export async function recordOf({ services }: Pick<TestService, 'services'>, id: string): Promise<Image> {
  return (await services.images.get(parseImageId(id) ?? assert.fail())) ?? assert.fail();
}

/** The id of an image of ada that reached this state with this visibility. */
export async function imageIn(
  service: Pick<TestService, 'services'>,
  ask: Ask,
  { state, visibility }: { readonly state: State; readonly visibility: Visibility },
): Promise<string> {
  if (state === 'absent') return ABSENT;
  const isUpload = state === 'ready' || state === 'trashed' || state === 'deleted';
  const grant = async () =>
    (await jsonOf<ImageJson>(await ask('/uploads', json({ user_id: 'ada', content_type: 'image/jpeg' })), 201))
      .image_id;
  const id = isUpload ? await upload(ask) : await grant();
  await describeAs(ask, id, { visibility });
  if (state === 'trashed') await jsonOf(await ask(`/images/${id}/trash?user_id=ada`, { method: 'POST' }));
  if (state === 'deleted') await jsonOf(await ask(`/images/${id}?user_id=ada`, { method: 'DELETE' }));
  if (state === 'rejected' || state === 'expired') {
    const pending = (await recordOf(service, id)) as PendingImage;
    const now = service.services.clock.now();
    const rejection = { code: 'unreadable-image', detail: 'expected a whole image; got half' } as const;
    const ended = state === 'rejected' ? reject(pending, rejection, now) : expire(pending, now);
    assert.equal(await service.services.images.replace(pending, ended), true);
  }
  return id;
}

/** An answer, and the calls to records and objects before it. */
export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly calls: readonly string[];
}

/** Hears the calls of one request at a time. */
export function callListener() {
  const calls: string[] = [];
  const observe: Observer = (event) => {
    if (event.event === 'store-call') calls.push(`${event.part} ${event.call}`);
  };
  /** All of the answer that doesn't differ from request to request. */
  const tell = async (request: () => Promise<Response>): Promise<Told> => {
    calls.length = 0;
    const answer = await request();
    const made = [...calls];
    const { 'x-request-id': _, ...headers } = Object.fromEntries(answer.headers);
    const text = (await answer.text()).replace(/"request_id":"[^"]*"/, '"request_id":""');
    return { status: answer.status, headers, body: text, calls: made };
  };
  return { observe, tell };
}
