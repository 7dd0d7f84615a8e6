import { expected, flag, hostOf, integer, optionalOrigin, originOf, variable } from './variable.ts';

/** Each is a credential of another shape. */
const AUTH_METHODS = ['api-key', 'jwt'] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];
const AUTH_VALUES = 'open, api-key, jwt or jwt,api-key';

/** Where the service listens, and whom it believes. */
export const ACCESS_VARIABLES = {
  host: variable({
    name: 'HOST',
    group: 'start',
    default: '127.0.0.1',
    about:
      'The address to listen on. Any address except a loopback address needs AUTH, with PUBLIC_URL or ALLOWED_HOSTS; or ALLOW_OPEN.',
    parse: (given) => given.replace(/^\[(.*)\]$/, '$1') || expected('an address or a host name'),
  }),
  port: variable({
    name: 'PORT',
    group: 'start',
    default: '8000',
    about: 'The port to listen on; 0 takes any free port.',
    parse: integer(0, 65_535),
  }),
  publicUrl: variable({
    name: 'PUBLIC_URL',
    group: 'start',
    default: '',
    about:
      "The origin under which clients reach the service, such as `https://images.example.org`; presigned URLs begin with it. Unset: the request's Host.",
    parse: optionalOrigin('https://images.example.org'),
  }),
  dataDir: variable({
    name: 'DATA_DIR',
    group: 'start',
    default: './data',
    about: 'The folder for all data: objects, records, the secret.',
    parse: (given) => given || expected('a folder'),
  }),
  auth: variable({
    name: 'AUTH',
    group: 'start',
    default: 'open',
    emptyLacks: AUTH_VALUES, // a deployment lost its value, and would be open
    about:
      'How callers prove who they are. `open`: not at all, so the service answers this machine only; `api-key`: by a key of `npm run admin -- keys` or `POST /keys`; `jwt`: by a token; `jwt,api-key`: by either.',
    parse: (given): readonly AuthMethod[] => {
      if (given === 'open') return [];
      const methods = given.split(',').map((one) => AUTH_METHODS.find((method) => method === one.trim()));
      const known = methods.flatMap((one) => one ?? []);
      const isClear = known.length === methods.length && new Set(known).size === known.length;
      return isClear ? known : expected(AUTH_VALUES);
    },
  }),
  allowOpen: variable({
    name: 'ALLOW_OPEN',
    group: 'callers',
    default: 'false',
    about:
      'true: with AUTH=open serve unauthenticated callers from anywhere, also through proxies. All of them are trusted.',
    parse: flag,
  }),
  allowedHosts: variable({
    name: 'ALLOWED_HOSTS',
    group: 'callers',
    default: '',
    about:
      "Host names of the service, comma-separated, in addition to localhost, 127.0.0.1, [::1] and the host of PUBLIC_URL (with ALLOW_OPEN also any IP address): `images.example.org` for any port, or `images.example.org:8443`. Other names are refused, so that a web page can't reach the service under its own name (DNS rebinding).",
    parse: (given): readonly string[] =>
      given === ''
        ? []
        : given
            .split(',')
            .map(
              (one) =>
                hostOf(one.trim()) ??
                expected('host names, as images.example.org or images.example.org:8443, comma-separated; never *'),
            ),
  }),
} as const;

export const CORS_VARIABLES = {
  corsOrigins: variable({
    name: 'CORS_ORIGINS',
    group: 'start',
    default: '',
    about: 'Origins whose pages may use the service, comma-separated. Unset: pages of this machine.',
    parse: (given): 'loopback' | readonly string[] => {
      if (given === '') return 'loopback';
      const origins = given.split(',').map((one) => originOf(one.trim()));
      return origins.flatMap((one) => one ?? expected('origins, as https://app.example.org, comma-separated; never *'));
    },
  }),
} as const;
