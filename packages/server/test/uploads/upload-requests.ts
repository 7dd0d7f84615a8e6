import { testImage } from '../../../../test/pictures/test-images.ts';
import type { Random } from '../chance/random.ts';
import { sha256Of } from '../services/record-check.ts';

/** The service's answer to a grant, with the fields that a client needs. */
export interface GrantJson {
  readonly image_id: string;
  readonly upload_url?: string;
  readonly headers?: Record<string, string>;
  readonly fields?: Record<string, string>;
}

export interface Described {
  readonly filename: string;
  readonly tags: readonly string[];
}

export interface Picture {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

export interface Sent {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer> | string | FormData;
  /** To a mortal service: the body goes in so many pieces, each a moment after the one before. */
  readonly pieces?: number;
}

const TYPES = ['image/jpeg', 'image/png', 'image/webp'] as const;

/** Distinct pictures; most are small, some take a while to write. */
export function createPictures(random: Random): (type?: string) => Promise<Picture> {
  let seed = 0;
  return async (wanted) => {
    seed += 1;
    const type = TYPES.find((known) => known === wanted) ?? random.pick(TYPES);
    const width = random.chance(0.1) ? 480 : 16 + random.below(48);
    const bytes = new Uint8Array(await testImage({ type, width, height: 24 + random.below(width), seed }));
    return { type, bytes, sha256: sha256Of(bytes) };
  };
}

export const jsonRequest = (fields: object, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(fields),
});

export const DIRECT_FORMS = ['form', 'raw', 'base64'] as const;

/** The sender is named in the header X-User-Id. */
export function directRequest(
  form: (typeof DIRECT_FORMS)[number],
  { filename, tags }: Described,
  { type, bytes }: Picture,
): Sent & { readonly target: string } {
  switch (form) {
    case 'form': {
      const data = new FormData();
      for (const tag of tags) data.append('tags', tag);
      data.set('file', new File([bytes], filename, { type }));
      return { target: '/images/upload', method: 'POST', body: data };
    }
    case 'raw': {
      const query = new URLSearchParams({ filename });
      for (const tag of tags) query.append('tags', tag);
      return { target: `/images/upload?${query}`, method: 'POST', headers: { 'Content-Type': type }, body: bytes };
    }
    case 'base64': {
      const file = Buffer.from(bytes).toString('base64');
      return { target: '/images/upload', ...jsonRequest({ file, metadata: { content_type: type, filename, tags } }) };
    }
  }
}

/** The request of a grant: a PUT, or a form if it has fields. */
export function objectRequest({ headers = {}, fields }: GrantJson, bytes: Uint8Array<ArrayBuffer>): Sent {
  if (!fields) return { method: 'PUT', headers, body: bytes };
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new File([bytes], 'image'));
  return { method: 'POST', body: form };
}
