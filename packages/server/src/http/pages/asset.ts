import { hash } from 'node:crypto';
import { judgePreconditions } from '../../http-semantics/preconditions.ts';
import { answer } from '../answers/answer.ts';
import { header } from '../request/header.ts';
import type { RouteContext } from '../route.ts';

type Headers = Readonly<Record<string, string>>;

/** Content that changes only with the version of the service, or with its configuration. */
export interface Asset {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly entityTag: string;
  /** Headers of every answer, including a 304. */
  readonly shared: Headers;
  readonly contentType: string;
}

const TAG_LENGTH = 32;

/** Cacheable with revalidation, because the name stays when the service is updated. */
const REVALIDATED = 'public, no-cache';

export function createAsset(body: Asset['body'], contentType: string, headers: Headers = {}): Asset {
  const entityTag = tagOf(body);
  return { body, contentType, entityTag, shared: { 'cache-control': REVALIDATED, ...headers, etag: entityTag } };
}

/**
 * The asset with headers that depend on the configuration. The entity tag covers them, so that no browser keeps former
 * ones.
 */
export function withHeaders(asset: Asset, headers: Headers): Asset {
  const entityTag = tagOf(asset.entityTag + JSON.stringify(headers));
  return { ...asset, entityTag, shared: { ...asset.shared, ...headers, etag: entityTag } };
}

const tagOf = (content: Asset['body']): string => `"${hash('sha256', content).slice(0, TAG_LENGTH)}"`;

export function assetAnswer(c: RouteContext, { body, contentType, entityTag, shared }: Asset): Response {
  const ifNoneMatch = (name: Lowercase<string>) => (name === 'if-none-match' ? header(c, name) : undefined);
  const verdict = judgePreconditions(ifNoneMatch, { entityTag, lastModified: null });
  if (verdict === 'not-modified') return answer(c, null, 304, shared);
  return answer(c, body, 200, { ...shared, 'content-type': contentType });
}
