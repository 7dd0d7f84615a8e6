import assert from 'node:assert/strict';
import type { ClosedService } from '../services/closed-service.ts';
import { json } from '../services/service.ts';

export interface Contributed {
  readonly image_id: string;
  readonly status: string;
  readonly rejection?: { readonly code: string; readonly detail: string };
}

export const answered = async <Answer>(answer: Response, status = 200): Promise<Answer> => {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  return JSON.parse(text) as Answer;
};

/** An album of ada with a link of these terms, and a guest who has its URL. */
export async function guestOf(service: ClosedService, terms: object = {}, secret = 'g'.repeat(40)) {
  const ada = await service.keyOf({ owner: 'ada' });
  const call = (path: string, method = 'GET', body?: object, key = ada): Promise<Response> =>
    service.as(key, path, body ? { ...json(body), method } : { method });
  const { album_id: album } = await answered<{ album_id: string }>(
    await call('/albums', 'POST', { title: 'Party', order: 'added' }),
    201,
  );
  const made = await call(`/albums/${album}/links`, 'POST', { allow: ['view', 'contribute'], ...terms });
  const { url, link_id: link } = await answered<{ url: string; link_id: string }>(made, 201);
  const at = (part: string): string => url.replace(/^https?:\/\/[^/]+/, '').replace('?', `${part}?`);
  const ask = (part: string, init: RequestInit, by = secret): Promise<Response> =>
    Promise.resolve(service.request(at(part), { ...init, headers: { ...init.headers, 'guest-secret': by } }));
  const grant = async (bytes: Uint8Array, type = 'image/jpeg', by = secret) =>
    answered<{ image_id: string; upload_url: string; headers: Record<string, string> }>(
      await ask('/uploads', json({ content_type: type, size: bytes.length }), by),
      201,
    );
  const put = ({ upload_url, headers }: Awaited<ReturnType<typeof grant>>, bytes: Uint8Array): Promise<Response> =>
    service.send(upload_url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
  const complete = (id: string, by = secret): Promise<Response> =>
    ask(`/uploads/${id}/complete`, { method: 'POST' }, by);

  return {
    ...{ album, link, call, ask, grant, put, complete },
    takeBack: (id: string, by = secret): Promise<Response> => ask(`/uploads/${id}`, { method: 'DELETE' }, by),
    /** What became of a picture with these bytes. */
    async add(bytes: Uint8Array, type = 'image/jpeg', by = secret): Promise<Contributed> {
      const granted = await grant(bytes, type, by);
      await put(granted, bytes);
      return answered<Contributed>(await complete(granted.image_id, by));
    },
    /** Ids of the pictures that wait for the owner. */
    async waiting(): Promise<readonly string[]> {
      const { images } = await answered<{ images: { image_id: string }[] }>(
        await call(`/albums/${album}/contributions`),
      );
      return images.map(({ image_id }) => image_id);
    },
    decide: (id: string, verdict: 'pass' | 'refuse'): Promise<Response> =>
      call(`/albums/${album}/contributions/${id}`, 'PUT', { verdict }),
    /** Ids of the album, in the order of addition. */
    async shown(): Promise<readonly string[]> {
      const { images } = await answered<{ images: { image_id: string }[] }>(
        await call(`/images?order=added&album=${album}`),
      );
      return images.map(({ image_id }) => image_id);
    },
  };
}
