import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';

/** The answer of `POST /upload-tokens`. */
export interface TokenJson {
  readonly token: string;
  readonly token_id: string;
  readonly user_id: string;
  readonly expires_at: string;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

export type Answered = Problem & {
  readonly image_id: string;
  readonly [field: string]: unknown;
};

type Asking = Pick<ClosedService, 'as'>;

export async function mint(service: Asking, key: string, fields: object = {}): Promise<TokenJson> {
  const answer = await service.as(key, '/upload-tokens', json(fields));
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  return JSON.parse(text) as TokenJson;
}

/** The status of an answer and its JSON; of a batch its first member. */
export async function told(response: Promise<Response>): Promise<{ status: number; body: Answered }> {
  const answer = await response;
  const body = JSON.parse(await answer.text()) as Answered & {
    results?: [{ grant?: Answered; error?: Answered & { status: number } }];
  };
  const [member] = body.results ?? [];
  if (member?.error) return { status: member.error.status, body: member.error };
  return { status: answer.status, body: member?.grant ?? body };
}

export const refusal = async (response: Promise<Response>): Promise<[number, string, string | undefined]> => {
  const { status, body } = await told(response);
  return [status, body.code, body.errors?.[0]?.pointer.replace(/^\/uploads\/0/, '')];
};

export const picture = async (seed = 1, type: 'image/jpeg' | 'image/png' = 'image/jpeg') =>
  new Uint8Array(await testImage({ type, width: 24, height: 16, seed }));

const JPEG = await picture();

/** What an upload says of itself; everything is absent by default. */
export interface Said {
  readonly content_type?: 'image/jpeg' | 'image/png';
  readonly user_id?: string;
  readonly tags?: readonly string[];
  readonly metadata?: object;
  readonly visibility?: string;
  readonly external_id?: string;
}

export interface Form {
  readonly isDirect: boolean;
  request(said: Said, headers?: Record<string, string>): readonly [path: string, init: RequestInit];
}

const query = (said: Said): string =>
  new URLSearchParams({
    ...(said.user_id !== undefined && { user_id: said.user_id }),
    ...(said.tags && { tags: said.tags.join(',') }),
    ...(said.metadata && { metadata: JSON.stringify(said.metadata) }),
    ...(said.visibility !== undefined && { visibility: said.visibility }),
    ...(said.external_id !== undefined && { external_id: said.external_id }),
  }).toString();

function formOf({ content_type = 'image/jpeg', ...said }: Said, headers: Record<string, string>): RequestInit {
  const body = new FormData();
  for (const [name, value] of new URLSearchParams(query(said))) body.set(name, value);
  body.set('file', new File([JPEG], 'a.jpg', { type: content_type }));
  return { method: 'POST', body, headers };
}

const granted = (said: Said) => ({ content_type: 'image/jpeg', ...said });

/** Every form of upload. */
export const FORMS: Readonly<Record<string, Form>> = {
  'POST /uploads': {
    isDirect: false,
    request: (said, headers) => ['/uploads', json(granted(said), headers)],
  },
  'POST /uploads for a form': {
    isDirect: false,
    request: (said, headers) => ['/uploads', json({ ...granted(said), method: 'POST' }, headers)],
  },
  'a batch of grants': {
    isDirect: false,
    request: (said, headers) => ['/images/uploads', json({ uploads: [granted(said)] }, headers)],
  },
  'a grant of the earlier clients, by JSON': {
    isDirect: false,
    request: (said, headers) => ['/images/upload', json(granted(said), headers)],
  },
  'a grant of the earlier clients, by a query': {
    isDirect: false,
    request: ({ content_type = 'image/jpeg', ...said }, headers = {}) => [
      `/images/upload?${query(said)}&content_type=${content_type}`,
      { method: 'POST', headers },
    ],
  },
  'POST /images': { isDirect: true, request: (said, headers = {}) => ['/images', formOf(said, headers)] },
  'a form of the earlier clients': {
    isDirect: true,
    request: (said, headers = {}) => ['/images/upload', formOf(said, headers)],
  },
  'raw bytes': {
    isDirect: true,
    request: ({ content_type = 'image/jpeg', ...said }, headers) => [
      `/images/upload?${query(said)}`,
      post(JPEG, content_type, headers),
    ],
  },
  base64: {
    isDirect: true,
    request: ({ content_type = 'image/jpeg', user_id, visibility, external_id, tags, metadata }, headers) => [
      '/images/upload',
      json(
        {
          ...{ user_id, visibility, external_id, file: Buffer.from(JPEG).toString('base64') },
          metadata: { content_type, tags, ...metadata },
        },
        headers,
      ),
    ],
  },
};

/** The bytes that every direct form sends. */
export const SENT_BYTES = JPEG.length;
