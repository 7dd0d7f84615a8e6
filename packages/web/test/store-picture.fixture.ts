import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../test/pictures/test-images.ts';

export interface NewUpload {
  readonly origin: string;
  readonly seed: number;
  readonly key?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

/** Uploads a generated picture, and returns its id. */
export async function storePicture({ seed, fields = {}, ...to }: NewUpload): Promise<string> {
  const picture = await testImage({ type: 'image/jpeg', width: 320 + (seed % 5) * 40, height: 240, seed });
  return storeBytes(picture, { ...to, fields, filename: fields['filename'] ?? `picture-${seed}.jpg` });
}

interface Destination extends Omit<NewUpload, 'seed'> {
  readonly filename: string;
}

/** Uploads a JPEG or a PNG. Beside other tests all decoders may be busy: then it asks again, as the answer says. */
export async function storeBytes(
  bytes: Uint8Array,
  { origin, key, fields = {}, filename }: Destination,
): Promise<string> {
  const type = bytes[0] === 0x89 ? 'image/png' : 'image/jpeg';
  for (;;) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new File([new Uint8Array(bytes)], filename, { type }));
    const headers: Record<string, string> = key === undefined ? {} : { Authorization: `Bearer ${key}` };
    const answer = await fetch(`${origin}/images`, { method: 'POST', headers, body: form });
    if (answer.ok) return ((await answer.json()) as { readonly image_id: string }).image_id;
    const text = await answer.text();
    if (!text.includes('"overloaded"'))
      throw new Error(`expected a picture to be stored; got ${answer.status} ${text}`);
    await delay(1_000);
  }
}
