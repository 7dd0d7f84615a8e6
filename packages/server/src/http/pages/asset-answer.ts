import { judgePreconditions } from '../../http-semantics/preconditions.ts';
import { answer } from '../answers/answer.ts';
import { header } from '../request/header.ts';
import type { RouteContext } from '../route.ts';
import type { Asset } from './asset.ts';

export function assetAnswer(c: RouteContext, { body, contentType, entityTag, shared }: Asset): Response {
  const ifNoneMatch = (name: Lowercase<string>) => (name === 'if-none-match' ? header(c, name) : undefined);
  const verdict = judgePreconditions(ifNoneMatch, { entityTag, lastModified: null });
  if (verdict === 'not-modified') return answer(c, null, 304, shared);
  return answer(c, body, 200, { ...shared, 'content-type': contentType });
}
