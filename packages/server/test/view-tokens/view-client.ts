import assert from 'node:assert/strict';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, post } from '../services/service.ts';
import { picture } from '../upload-tokens/token-client.ts';

/** The answer of `POST /view-tokens`. */
export interface ViewJson {
  readonly token: string;
  readonly token_id: string;
  readonly user_id: string;
  readonly expires_at: string;
}

export interface Listed {
  readonly images: readonly { readonly image_id: string; readonly [field: string]: unknown }[];
  readonly next_cursor: string | null;
  readonly pending?: number;
}

type Asking = Pick<ClosedService, 'as'>;

export async function mintView(service: Asking, key: string, fields: object = {}): Promise<ViewJson> {
  return answered(service.as(key, '/view-tokens', json(fields)), 201);
}

export async function answered<Json>(response: Promise<Response>, status = 200): Promise<Json> {
  const answer = await response;
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return JSON.parse(text) as Json;
}

export const statusOf = async (response: Promise<Response>): Promise<number> => {
  const { status, body } = await response;
  await body?.cancel();
  return status;
};

/** A picture of that user, ready. */
export async function upload(
  service: Asking,
  key: string,
  said: { readonly user?: string; readonly tags?: readonly string[]; readonly metadata?: object; seed?: number } = {},
): Promise<string> {
  const query = new URLSearchParams({
    ...(said.user !== undefined && { user_id: said.user }),
    ...(said.tags && { tags: said.tags.join(',') }),
    ...(said.metadata && { metadata: JSON.stringify(said.metadata) }),
  });
  const bytes = await picture(said.seed ?? 1);
  const { image_id } = await answered<{ image_id: string }>(
    service.as(key, `/images/upload?${query}`, post(bytes, 'image/jpeg')),
  );
  return image_id;
}

/** A closed service with the key of a backend for everyone. */
export async function createViewService(environment: Record<string, string> = {}) {
  const service = await createClosedService({ environment });
  return { ...service, backend: await service.keyOf({ actsAs: 'everyone' }) };
}
