import { pageRoutes } from '../../src/http/app.ts';
import { METHODS } from '../../src/observe/telemetry/metrics/catalog.ts';
import { OPERATIONS } from '../http/contract.ts';
import type { Told } from './counting-front.ts';
import type { Sample } from './prometheus-text.ts';

/** How often each line of method, route, status and code occurred. */
export type Tally = ReadonlyMap<string, number>;

/** The pages for people, which openapi.json omits. */
const PAGES = pageRoutes({ auth: [] }).map(({ path }) => path.replace(/:(\w+)/g, '{$1}'));

const templates = [...new Set([...PAGES, ...OPERATIONS.map(({ path }) => path)])].map((path) => path.split('/'));

/** Where a slash at the end counts. */
const EXACT = /^\/(?:openapi\.json|(?:docs|redoc)\/[^/]+\.\w+)\/$/;

/** The template of a target, by our own reading of it: literal parts first. */
export function routeOf(target: string): string {
  const path = pathOf(target);
  if (/^\/objects(?:\/|$)/.test(path)) return '/objects/{key}';
  const isPlain = path.length > 1 && path.endsWith('/') && !path.endsWith('//') && !EXACT.test(path);
  const parts = (isPlain ? path.slice(0, -1) : path).split('/');
  const fits = templates.filter(
    (template) =>
      template.length === parts.length &&
      template.every((part, index) => (part.startsWith('{') ? parts[index] !== '' : part === parts[index])),
  );
  const literal = (template: readonly string[]) => template.map((part) => (part.startsWith('{') ? '1' : '0')).join('');
  return fits.toSorted((a, b) => literal(a).localeCompare(literal(b)))[0]?.join('/') ?? '';
}

/** Without the query, and with its dot segments resolved, as in a URL. */
const pathOf = (target: string): string => {
  const url = `http://localhost${target}`;
  return URL.canParse(url) ? new URL(url).pathname : target;
};

const methodOf = (method: string): string => METHODS.find((one) => one === method) ?? '_OTHER';

/**
 * An answer to HEAD has no body, so nobody is told its code; a request that is refused early has no route in the
 * metrics.
 */
function line(method: string, route: string, status: number | string, code: string): string {
  const told = method === 'HEAD' && code !== 'aborted' ? '' : code;
  return `${method} ${/^4/.test(String(status)) ? '*' : route || '(none)'} ${status} ${told}`.trimEnd();
}

export const tallyOfClient = (told: readonly Told[]): Tally =>
  tally(
    told.map(({ method, target, status, code = '', isWhole }) => [
      line(methodOf(method), routeOf(target), status || '', isWhole ? code : 'aborted'),
      1,
    ]),
  );

export const tallyOfService = (samples: readonly Sample[]): Tally =>
  tally(
    samples
      .filter(({ name }) => name === 'http_server_request_duration_count')
      .map(({ labels, value }) => [
        line(
          labels['http_request_method'] ?? '',
          labels['http_route'] ?? '',
          labels['http_response_status_code'] ?? '',
          labels['error_type'] ?? '',
        ),
        value,
      ]),
  );

function tally(lines: readonly (readonly [line: string, count: number])[]): Tally {
  const counts = new Map<string, number>();
  for (const [text, count] of lines) counts.set(text, (counts.get(text) ?? 0) + count);
  return counts;
}

/** Where the two differ: line, what clients were told, what the service counted. */
export const differences = (client: Tally, service: Tally): string[] =>
  [...new Set([...client.keys(), ...service.keys()])]
    .filter((text) => (client.get(text) ?? 0) !== (service.get(text) ?? 0))
    .map((text) => `${text}: ${client.get(text) ?? 0} told, ${service.get(text) ?? 0} counted`)
    .toSorted();
