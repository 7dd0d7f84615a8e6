import { hasCredential } from '../../domain/access/access.ts';
import { type Access, POLICY, type Row } from '../../domain/access/policy.ts';
import { AppError, invalidField } from '../../domain/errors.ts';
import { requestBody } from '../bodies/request-body.ts';
import { hasEmptyBody } from '../request/body-length.ts';
import { header } from '../request/header.ts';
import { METADATA_PARAMETER, namesIn, requireParameters } from '../request/query.ts';
import { requireKnown } from '../request/validation.ts';
import type { Operation, RouteContext } from '../route.ts';

/**
 * Refuses what the operation would ignore. With a credential these are parameters that it doesn't have, also without a
 * value, and a body if it takes none: a misspelt user must not become everyone. In open mode only operations that say
 * so refuse, and only parameters with a value. Errors: `invalid-request`.
 */
export async function refuseUnread(c: RouteContext, operation: Operation): Promise<void> {
  const access = c.get('access');
  const known = namesKnown(c, operation);
  if (hasCredential(access.principal)) {
    requireParameters(c, namesAUser(access) ? [...new Set([...known, 'user_id'])] : known);
    if (!operation.body) await requireNoBody(c);
  } else if (operation.refusesUnknownNames) {
    requireKnown(namesIn(c, { withValue: true }), known, 'query');
  }
}

/** Which names filter by metadata is a setting, so an operation that reads them judges these names itself. */
function namesKnown(c: RouteContext, { query, readsMetadataFilters }: Operation): string[] {
  const own = Object.keys(query?.shape ?? {});
  if (!readsMetadataFilters) return own;
  const given = namesIn(c, { withValue: false });
  return [...own, ...given.filter((name) => name.startsWith(METADATA_PARAMETER))];
}

export const unknownNamesFor = ({ principal }: Access, { refusesUnknownNames }: Operation): 'refused' | 'ignored' =>
  hasCredential(principal) || refusesUnknownNames ? 'refused' : 'ignored';

/** A credential may name its user on every route but those about the service itself. */
function namesAUser({ operation }: Access): boolean {
  const rule: Row = POLICY[operation];
  return typeof rule === 'string' || rule.effect !== 'administer';
}

/** Some clients send it where they have nothing to say. */
const NOTHING = '{}';

async function requireNoBody(c: RouteContext): Promise<void> {
  if (hasEmptyBody(c)) return;
  const declared = Number(header(c, 'content-length') ?? 0);
  if (declared > NOTHING.length) throw unreadBody(`${declared} bytes`);
  const body = await Array.fromAsync(requestBody(c, NOTHING.length)).catch((cause: unknown) => {
    throw cause instanceof AppError ? unreadBody('one') : cause; // too long, too slow, or one too many
  });
  if (!['', NOTHING].includes(Buffer.concat(body).toString('latin1'))) throw unreadBody('one');
}

const unreadBody = (got: string): AppError =>
  invalidField('', `expected none; got ${got}: this operation reads its path, query and headers only`);
