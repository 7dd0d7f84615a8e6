import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { post } from '../services/service.ts';

export interface ToldEvent {
  readonly event_id: string;
  readonly type: string;
  readonly image_id: string;
  readonly user_id: string;
  readonly revision: number;
  readonly changed?: readonly string[];
}

export interface ToldPage {
  readonly events: readonly ToldEvent[];
  readonly next_cursor: string;
  readonly has_more: boolean;
}

/** A service with AUTH=api-key and EVENTS=on. */
export interface EventService extends ClosedService {
  /** Uploads a picture; its id. */
  upload(key: string): Promise<string>;
  /** A change that is one event. */
  change(key: string, id: string, tag: string): Promise<void>;
  page(key: string, query?: string): Promise<ToldPage>;
  /** The problem of a request that is refused. */
  refused(key: string, query: string): Promise<Problem>;
}

export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly params?: { readonly oldest_cursor?: string };
}

export async function createEventService(
  options: Parameters<typeof createClosedService>[0] = {},
): Promise<EventService> {
  const environment = { EVENTS: 'on', ...options.environment };
  const service = await createClosedService({ ...options, environment });
  const picture = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 8 }));
  const told = async (key: string, path: string, init?: RequestInit) => {
    const answer = await service.as(key, path, init);
    const body = await answer.json();
    return { status: answer.status, body };
  };
  return {
    ...service,
    async upload(key) {
      const { status, body } = await told(key, '/images/upload', post(picture, 'image/png'));
      assert.ok(status < 300, JSON.stringify(body));
      return (body as { image_id: string }).image_id;
    },
    async change(key, id, tag) {
      const init = {
        ...post(new Uint8Array(), 'application/json'),
        method: 'PATCH',
        body: JSON.stringify({ tags: [tag] }),
      };
      const { status, body } = await told(key, `/images/${id}`, init);
      assert.equal(status, 200, JSON.stringify(body));
    },
    async page(key, query = '') {
      const { status, body } = await told(key, `/events${query}`);
      assert.equal(status, 200, JSON.stringify(body));
      return body as ToldPage;
    },
    async refused(key, query) {
      const { status, body } = await told(key, `/events${query}`);
      assert.ok(status >= 400, `expected a problem; got ${status}`);
      return body as Problem;
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}
