import { hash } from 'node:crypto';
import { judgePreconditions } from '../../http-semantics/preconditions.ts';
import { header } from '../request/header.ts';
import type { AnswerHeaders, RouteContext } from '../route.ts';
import { answer } from './answer.ts';

/** Content that changes only with the version of the service. */
export interface Asset {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly entityTag: string;
  /** Headers of every answer, including a 304. */
  readonly shared: AnswerHeaders;
  readonly contentType: string;
}

const TAG_LENGTH = 32;

/** Cacheable with revalidation, because the name stays when the service is updated. */
const REVALIDATED = 'public, no-cache';

export function createAsset(body: Asset['body'], contentType: string, headers: AnswerHeaders = {}): Asset {
  const entityTag = `"${hash('sha256', body).slice(0, TAG_LENGTH)}"`;
  return { body, contentType, entityTag, shared: { ...headers, etag: entityTag, 'cache-control': REVALIDATED } };
}

export function assetAnswer(c: RouteContext, { body, contentType, entityTag, shared }: Asset): Response {
  const ifNoneMatch = (name: Lowercase<string>) => (name === 'if-none-match' ? header(c, name) : undefined);
  const verdict = judgePreconditions(ifNoneMatch, { entityTag, lastModified: null });
  if (verdict === 'not-modified') return answer(c, null, 304, shared);
  return answer(c, body, 200, { ...shared, 'content-type': contentType });
}
