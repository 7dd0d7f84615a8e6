import { requireUserId } from '@safelight/client';
import { wrongUsage } from '../failure.ts';
import type { Profile, Profiles } from './profiles.ts';

/** Where a command goes, and as whom. */
export interface Connection {
  readonly url: string;
  readonly token: string | undefined;
  readonly user: string | undefined;
  readonly profile: string | undefined;
  /** By an option or the environment, not by a profile. */
  readonly isTokenGiven: boolean;
}

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly profile?: string | undefined;
}

/** The service of `npm start`. */
const DEFAULT_URL = 'http://127.0.0.1:8000';
const DEFAULT_PROFILE = 'default';

/**
 * Options first, then SAFELIGHT_URL, SAFELIGHT_TOKEN and SAFELIGHT_USER, then the profile. A named profile is used
 * without those variables. A profile's token and user go to the profile's own URL only: a token is never sent to a
 * service that it wasn't given for.
 */
export function connectionOf(
  options: ConnectionOptions,
  variables: Readonly<Record<string, string | undefined>>,
  profiles: Profiles,
): Connection {
  const name = options.profile ?? DEFAULT_PROFILE;
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (profile === undefined && options.profile !== undefined) {
    const known = Object.keys(profiles).join(', ');
    const others = known === '' ? 'no profiles yet' : `these: ${known}`;
    throw wrongUsage(`No profile ${name}; there are ${others}. Make it: \`safelight login --profile ${name}\`.`);
  }
  const environment = options.profile === undefined ? variables : {};
  const given = options.url ?? (environment['SAFELIGHT_URL'] || undefined);
  const url = serviceUrl(given ?? profile?.url ?? DEFAULT_URL);
  const own: Partial<Profile> = profile !== undefined && serviceUrl(profile.url) === url ? profile : {};
  const token = options.token ?? (environment['SAFELIGHT_TOKEN'] || undefined);
  return {
    url,
    token: token ?? own.token,
    isTokenGiven: token !== undefined,
    user: userIn({ '--user': options.user, SAFELIGHT_USER: environment['SAFELIGHT_USER'], 'the profile': own.user }),
    profile: own === profile ? name : undefined,
  };
}

/** The first that is given. Errors: a blank one, as of an unset variable, which must not stand for everyone. */
function userIn(places: Readonly<Record<string, string | undefined>>): string | undefined {
  const [where, user] = Object.entries(places).find(([, value]) => value !== undefined) ?? [];
  if (where === undefined) return undefined;
  try {
    requireUserId(user, where);
    return user;
  } catch {
    throw wrongUsage(
      `Expected the name of a user in ${where}, without outer spaces; got ${JSON.stringify(user)}. Name one, or leave it out.`,
    );
  }
}

/** The URL in one form. Errors: another scheme, or a URL with a password or a query. */
export function serviceUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw wrongUsage(`Expected the URL of a service, such as https://images.example.org; got ${text}.`);
  return url.href.replace(/\/+$/, '');
}
