import { actorOf, userOf } from '../domain/access/access.ts';
import { parseKeyId } from '../domain/access/api-key-text.ts';
import { parseIpAddress } from '../domain/access/ip-address.ts';
import { RATE_POLICIES } from '../domain/access/rate-limits.ts';
import { type ImageId, parseImageId } from '../domain/image/image-id.ts';
import { keyWithoutFilename } from '../domain/image/object-key.ts';
import type { RequestDone } from '../observe/observer/observer.ts';
import type { Problem, RequestFacts, Route, RouteContext, RouteFacts } from './route.ts';
import { PRESSURE } from './steps/pressure-guard.ts';

/** The facts of a request that has just begun. */
export const noFacts = (): RequestFacts => ({
  context: undefined,
  route: null,
  malformed: undefined,
  bytesRead: 0,
  traceId: undefined,
});

/** All URLs of objects. */
export const OBJECTS: RouteFacts = { template: '/objects/{key}', operations: new Map() };

/** `rows`: all of one path. */
export const routeFacts = (path: string, rows: readonly Pick<Route, 'method' | 'operation'>[]): RouteFacts => ({
  template: path.replace(/:(\w+)/g, '{$1}'), // as in openapi.json
  operations: new Map(rows.flatMap(({ method, operation }) => (operation ? [[method, operation.id]] : []))),
});

/** What only the program knows that passed the request to the app. */
export interface Ending
  extends Pick<RequestDone, 'method' | 'status' | 'outcome' | 'elapsedMs' | 'bytesIn' | 'bytesOut'> {
  /** As it was sent. */
  readonly target: string;
  /** Why Node's parser refused it, as a fixed word; no problem was sent then. */
  readonly unparsed?: string | undefined;
  /** The address of the connection's other end, for a request that the app never saw. */
  readonly peer?: string | undefined;
}

/** The event of a request whose answer has ended. */
export function requestDone(facts: RequestFacts, { target, unparsed, peer, ...ending }: Ending): RequestDone {
  const { context: c, route, malformed, traceId } = facts;
  const told = c ? c.get('problem') : malformed?.problem;
  const problem = unparsed === undefined ? told : undefined;
  const path = c ? shownPath(pathOf(c.req.url)) : pathOfTarget(target);
  return {
    event: 'request-done',
    requestId: c?.get('requestId') ?? malformed?.requestId ?? '',
    operation: route?.operations.get(ending.method === 'HEAD' ? 'GET' : ending.method) ?? null,
    route: route?.template ?? null,
    code: problem?.code,
    detail: problem?.detail,
    reason: unparsed ?? problem?.reason,
    limit: problem && limitOf(problem),
    ...callerOf(c),
    path,
    imageId: c && imageIdOf(c, route),
    clientAddress: c ? c.get('clientAddress') : parseIpAddress(peer ?? ''),
    traceId,
    ...ending,
  };
}

/** Every path of the service is shorter. An object's key may have 1,024 bytes, percent-encoded. */
const MAX_PATH_LENGTH = 1_024;

const pathOf = (url: string): string => /^[^/]*\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? '';

/** Still percent-encoded: a decoded path could contain line breaks and forge a line of the log. */
const shownPath = (path: string): string =>
  path
    .replace(
      /^((?:https?:\/\/[^/]*)?\/objects\/[^/]*\/)(.+)$/s,
      (_, bucket: string, key: string) => `${bucket}${keyWithoutFilename(key)}`,
    )
    .slice(0, MAX_PATH_LENGTH);

/**
 * The path of a target that may be none, for the log: without its query, which holds signatures and searches, and
 * without a file's name.
 */
export const pathOfTarget = (target: string): string => shownPath(target.replace(/[?#].*/s, ''));

type Caller = Pick<RequestDone, 'caller' | 'userId' | 'keyId'>;

/** `userId`: whom the request acts for. */
function callerOf(c: RouteContext | undefined): Caller {
  const principal = c?.get('principal');
  if (!c || !principal) return { caller: 'none' };
  const access = c.get('acting') ?? c.get('access');
  // The actor of a token is a fingerprint of its user, who has a field already.
  const keyId = parseKeyId(actorOf({ principal }) ?? '');
  return { caller: principal.kind, userId: userOf({ principal, named: access?.named ?? null }) ?? undefined, keyId };
}

/** The image that the request made or stored, or else the one that its path names. */
export function imageIdOf(c: RouteContext, route: RouteFacts | null): ImageId | undefined {
  const concerns = c.get('concerns');
  if (concerns && 'imageId' in concerns) return concerns.imageId;
  if (route === OBJECTS) return parseImageId(pathOf(c.req.url).split('/')[OBJECT_ID_PART] ?? '');
  return route?.template.includes('/images/{id}') ? parseImageId(c.req.param('id') ?? '') : undefined;
}

/**
 * The index of the image in `/objects/<bucket>/<kind>/<user>/<image>`; renditions have two digits in place of a user.
 */
const OBJECT_ID_PART = 5;

/** A value of the label `limit` (observe/telemetry/metrics/catalog.ts); undefined: no limit refused it. */
function limitOf({ code, policy, reason }: Problem): string | undefined {
  switch (code) {
    case 'rate-limited': {
      const counted = policy?.replace(/-of-key$/, '');
      return RATE_POLICIES.some((one) => one === counted) ? `rate-${counted}` : 'rate-other';
    }
    case 'quota-exceeded':
      return 'quota';
    case 'overloaded':
    case 'SlowDown':
      return 'load';
    case 'unavailable':
      return reason === PRESSURE ? 'load' : undefined;
    case 'insufficient-storage':
    case 'InsufficientStorage':
      return 'storage';
    default:
      return undefined;
  }
}
