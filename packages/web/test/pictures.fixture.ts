import { testImage } from '../../../test/pictures/test-images.ts';
import type { Gallery } from './gallery.fixture.ts';
import { storeBytes } from './store-picture.fixture.ts';

export interface NewPicture {
  readonly width?: number;
  readonly height?: number;
  readonly seed?: number;
  readonly filename?: string;
  readonly userId?: string;
  readonly tags?: readonly string[];
  readonly description?: string;
}

/** Uploads a picture, and returns its id. */
export async function addPicture({ service }: Gallery, about: NewPicture = {}): Promise<string> {
  const { width = 480, height = 320, seed = 1, filename = `picture-${seed}.jpg`, userId = 'me' } = about;
  const bytes = await testImage({ type: 'image/jpeg', width, height, seed });
  const image_id = await storeBytes(bytes, { origin: service.origin, filename, fields: { user_id: userId } });
  const { tags, description } = about; // a form would change the ends of lines
  if (tags || description) await call({ service }, 'PATCH', `/images/${image_id}`, { tags, description });
  return image_id;
}

/** A request to the service's API, by another client than the page. */
export async function call(
  { service }: Pick<Gallery, 'service'>,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await fetch(`${service.origin}${path}`, {
    method,
    headers: { 'x-user-id': 'me', ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}
