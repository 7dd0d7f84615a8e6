import assert from 'node:assert/strict';
import { json, type TestService } from '../services/service.ts';

/** A link as the service answers it. */
export interface Link {
  readonly link_id: string;
  readonly url: string;
  readonly page_url: string;
  readonly what: 'original' | 'preset';
  readonly preset: string | null;
  readonly created_at: string;
  readonly expires_at: string;
}

export const ORIGINAL = { what: 'original' } as const;
export const ADA = { 'X-User-Id': 'ada' };

type Requesting = Pick<TestService, 'request'>;

export const postLink = (
  service: Requesting,
  id: string,
  body: unknown = ORIGINAL,
  headers: Record<string, string> = ADA,
): Promise<Response> => service.request(`/images/${id}/links`, json(body, headers));

export async function createdLink(service: Requesting, id: string, body?: unknown): Promise<Link> {
  const answer = await postLink(service, id, body);
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()) as Link;
}

export async function linksOf(service: Requesting, id: string): Promise<{ count: number; links: Link[] }> {
  const answer = await service.request(`/images/${id}/links`);
  assert.equal(answer.status, 200);
  return (await answer.json()) as { count: number; links: Link[] };
}

export const sendTo = (service: Requesting, method: string, path: string): Promise<Response> =>
  service.request(path, { method, headers: ADA });

/** The status, and the code of a problem. */
export async function outcomeOf(answer: Response | Promise<Response>): Promise<string> {
  const { status, headers, body } = await answer;
  if (headers.get('content-type') !== 'application/problem+json') {
    await body?.cancel();
    return String(status);
  }
  const { code } = JSON.parse(await new Response(body).text()) as { code: string };
  return `${status} ${code}`;
}
