import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { json, ORIGIN, post } from '../services/service.ts';

/** The ways to open an image without a credential. */
export const OPENINGS = ['preset', 'render', 'link to the original', 'link to a preset'] as const;
export type Opening = (typeof OPENINGS)[number];

/** An image, and its signed URLs as paths with a query. */
export interface SharedImage {
  readonly id: string;
  readonly urls: Readonly<Record<Opening, string>>;
}

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 16, height: 12 }));

const pathOf = (url: string | undefined): string => url?.replace(ORIGIN, '') ?? assert.fail('expected a URL');

/** Uploads an image with a user's key, and asks for every kind of signed URL. */
export async function shareImage(service: ClosedService, key: string): Promise<SharedImage> {
  const answered = async <Body>(path: string, init?: RequestInit): Promise<Body> => {
    const answer = await service.as(key, path, init);
    assert.ok(answer.ok, `${path} answered ${answer.status}`);
    return (await answer.json()) as Body;
  };
  const { image_id: id } = await answered<{ image_id: string }>('/images/upload', post(picture, 'image/jpeg'));
  const { renditions } = await answered<{ renditions: Record<string, string> }>(`/images/${id}/metadata`);
  const signed = async (path: string, body: object): Promise<string> =>
    pathOf((await answered<{ url: string }>(`/images/${id}/${path}`, json(body))).url);
  return {
    id,
    urls: {
      preset: pathOf(renditions['thumb']),
      render: await signed('render-url', { w: 9, h: 7, expires_in: 86_400 }),
      'link to the original': await signed('links', { what: 'original' }),
      'link to a preset': await signed('links', { what: 'preset', preset: 'thumb' }),
    },
  };
}

/** What a holder of the URL, who has no credential, gets. */
export async function statusOf(service: ClosedService, path: string): Promise<number> {
  const answer = await service.request(path);
  await answer.body?.cancel();
  return answer.status;
}

export async function mintToken(service: ClosedService, key: string, fields: object = {}): Promise<string> {
  const answer = await service.as(key, '/upload-tokens', json(fields));
  assert.equal(answer.status, 201);
  return ((await answer.json()) as { token: string }).token;
}

/** The status of a grant with this credential. */
export async function grantStatus(service: ClosedService, credential: string): Promise<number> {
  const answer = await service.as(credential, '/uploads', json({ content_type: 'image/jpeg' }));
  await answer.body?.cancel();
  return answer.status;
}
