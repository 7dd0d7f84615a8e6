import {
  RATE_POLICIES,
  type RateLimit,
  type RateLimits,
  type RatePolicy,
  TIMES_OF_SERVICE,
} from '../../domain/access/rate-limits.ts';
import { expected, type Read, variable } from './variable.ts';

/** Seconds of each unit. */
const UNITS = { s: 1, m: 60, h: 3_600 } as const;

/** More in a window limits nothing, and is likely a mistake. */
const MAX_REQUESTS = 1_000_000;
const MAX_LENGTH = 1_000;

const ONE = /^([a-z]+)=(\d{1,9})\/([smh])$/;

/**
 * The limits of one person: a folder of 20,000 is uploaded, and a gallery is scrolled for an hour, without a 429,
 * however fast the machine is.
 */
const DEFAULT_LIMITS = 'grant=24000/m upload=24000/m read=24000/m render=6000/m list=6000/m picture=6000/m';

const FORM = `limits as grant=60/m, separated by spaces: each of ${RATE_POLICIES.join(', ')} at most once, from 1 to ${MAX_REQUESTS} requests in one s, m or h; or off`;

function parseLimits(given: string): RateLimits {
  if (given.length > MAX_LENGTH) return expected(FORM);
  const limits = given.split(/\s+/).map(parseLimit);
  if (new Set(limits.map(([policy]) => policy)).size < limits.length) return expected(FORM);
  return Object.fromEntries(limits);
}

function parseLimit(given: string): [RatePolicy, RateLimit] {
  const [, name, count, unit] = ONE.exec(given) ?? [];
  const policy = RATE_POLICIES.find((one) => one === name);
  const requests = Number(count);
  const isUnit = unit === 's' || unit === 'm' || unit === 'h';
  if (!policy || !isUnit || requests < 1 || requests > MAX_REQUESTS) return expected(FORM);
  return [policy, { requests, windowSeconds: UNITS[unit] }];
}

/** With authentication and without RATE_LIMITS. */
const USUAL_LIMITS: RateLimits = parseLimits(DEFAULT_LIMITS);

export const RATE_LIMIT_VARIABLES = {
  rateLimits: variable({
    name: 'RATE_LIMITS',
    group: 'limits',
    default: '',
    about: `Requests of one caller in a fixed window (s, m or h), by kind, such as \`${DEFAULT_LIMITS}\`, which is the default with AUTH; a kind that isn't named has no limit. A caller is the principal of a credential, otherwise an address. A key that acts for users has each limit for every user that its requests name, and ${TIMES_OF_SERVICE} times the limit for all of them together. Signed URLs (\`render\`, and \`picture\` for presets and links) have theirs for each image and address. Unless off, URLs without a valid signature are limited by address too, and with AUTH refused credentials. \`off\`: nothing is limited. Unset with AUTH=open: off.`,
    parse: (given): RateLimits | 'off' | 'usual' =>
      given === '' ? 'usual' : given === 'off' ? 'off' : parseLimits(given),
  }),
  rateLimitStore: variable({
    name: 'RATE_LIMIT_STORE',
    group: 'limits',
    default: '',
    about:
      'Redis or Valkey that all processes share, to count their requests together: `redis://[user:password@]host:port/database`, or `rediss://` with TLS. While it is away, and if unset, each process counts alone.',
    isSecret: true,
    parse: (given): string | null => (given === '' || isStoreUrl(given) ? given || null : expected(STORE_FORM)),
  }),
} as const;

/** null: nothing is limited. In open mode a caller is whoever it says it is, on this machine. */
export function readRateLimits(read: Read, auth: readonly string[]): RateLimits | null {
  const limits = read(RATE_LIMIT_VARIABLES.rateLimits);
  if (limits === 'usual') return auth.length > 0 ? USUAL_LIMITS : null;
  return limits === 'off' ? null : limits;
}

const STORE_FORM = 'a URL as redis://127.0.0.1:6379 or rediss://user:password@host:6379/0';

function isStoreUrl(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(given);
  const isRedis = protocol === 'redis:' || protocol === 'rediss:';
  return isRedis && hostname !== '' && /^(?:\/\d{0,5})?$/.test(pathname) && search === '' && hash === '';
}
