import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

type Headers = Record<string, string>;

const upload = async (service: TestService, headers: Headers, user = 'victim'): Promise<Response> => {
  const jpeg = await testImage({ type: 'image/jpeg', width: 40, height: 30 });
  return service.request(`/images/upload?user_id=${user}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', Host: '127.0.0.1:8000', ...headers },
    body: new Uint8Array(jpeg),
  });
};
const list = (service: TestService, headers: Headers, path = '/images') =>
  service.request(path, { headers: { Host: '127.0.0.1:8000', ...headers } });

interface Case {
  readonly name: string;
  readonly headers: Headers;
  /** The answers to a change and to a read. */
  readonly change: number;
  readonly read: number;
  readonly environment?: Record<string, string>;
}

const BY_DEFAULT = {};
const FOREIGN = { Origin: 'https://evil.example' };
const ALLOWED = { ALLOW_OPEN: 'true' };
const NAMED = { ...ALLOWED, ALLOWED_HOSTS: 'images.example' };
const HOSTS = { ALLOWED_HOSTS: 'images.example, Other.example:8443' };

/** Requests of a page that a developer visits, against the service on the same machine; and legitimate ones. */
const CASES: readonly Case[] = [
  // legitimate requests
  { name: 'curl by 127.0.0.1', headers: {}, change: 200, read: 200 },
  { name: 'curl by localhost', headers: { Host: 'localhost:8000' }, change: 200, read: 200 },
  { name: 'curl by localhost in capitals', headers: { Host: 'LOCALHOST:8000' }, change: 200, read: 200 },
  { name: 'curl by [::1]', headers: { Host: '[::1]:8000' }, change: 200, read: 200 },
  { name: 'a forwarded port', headers: { Host: '127.0.0.1:9999' }, change: 200, read: 200 },
  {
    name: 'Swagger UI',
    headers: { Origin: 'http://127.0.0.1:8000', 'Sec-Fetch-Site': 'same-origin' },
    change: 200,
    read: 200,
  },
  {
    name: 'Swagger UI by localhost',
    headers: { Host: 'localhost:8000', Origin: 'http://localhost:8000' },
    change: 200,
    read: 200,
  },
  {
    name: 'a page on another loopback port',
    headers: { Origin: 'http://localhost:5173', 'Sec-Fetch-Site': 'cross-site' },
    change: 200,
    read: 200,
  },
  { name: 'a page on [::1]', headers: { Origin: 'http://[::1]:3000' }, change: 200, read: 200 },
  { name: 'a person typing the address', headers: { 'Sec-Fetch-Site': 'none' }, change: 200, read: 200 },
  // a foreign origin: nothing changes; the browser hides what it reads
  { name: 'a foreign page', headers: FOREIGN, change: 403, read: 200 },
  { name: 'a page of no origin', headers: { Origin: 'null' }, change: 403, read: 200 },
  {
    name: 'a page on a name that begins like ours',
    headers: { Origin: 'http://localhost.evil.example' },
    change: 403,
    read: 200,
  },
  {
    name: 'a page on a name that ends like ours',
    headers: { Origin: 'http://evil-localhost' },
    change: 403,
    read: 200,
  },
  {
    name: 'a foreign page with our host name as the user in its origin',
    headers: { Origin: 'http://localhost@evil.example' },
    change: 403,
    read: 200,
  },
  { name: 'a browser that hides the origin', headers: { 'Sec-Fetch-Site': 'cross-site' }, change: 403, read: 403 },
  {
    name: 'a foreign page in a browser that sends Sec-Fetch-Site',
    headers: { ...FOREIGN, 'Sec-Fetch-Site': 'cross-site' },
    change: 403,
    read: 403,
  },
  {
    name: 'an image element on a foreign page',
    headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    change: 403,
    read: 403,
  },
  {
    name: 'a frame on a foreign page',
    headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe' },
    change: 403,
    read: 403,
  },
  {
    name: 'navigation by a link on a foreign page',
    headers: { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' },
    change: 403,
    read: 200,
  },
  {
    name: 'an image element on a page of another port',
    headers: { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    change: 403,
    read: 200,
  },
  {
    name: 'a sibling domain that hides the origin',
    headers: { 'Sec-Fetch-Site': 'same-site' },
    change: 403,
    read: 200,
  },
  // a name rebound to this machine
  { name: 'a foreign host', headers: { Host: 'evil.example:8000' }, change: 421, read: 421 },
  {
    name: 'a foreign host with its own origin',
    headers: { Host: 'evil.example', Origin: 'http://evil.example', 'Sec-Fetch-Site': 'same-origin' },
    change: 421,
    read: 421,
  },
  { name: 'a host that begins like ours', headers: { Host: '127.0.0.1.evil.example' }, change: 421, read: 421 },
  { name: 'the address of another interface', headers: { Host: '192.168.1.5:8000' }, change: 421, read: 421 },
  { name: 'no host name', headers: { Host: ':8000' }, change: 421, read: 421 },
  // through a proxy
  ...[
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Real-IP',
    'Via',
    'CF-Connecting-IP',
    'X-Forwarded',
    'X-Forwarded-By',
    'CDN-Loop',
    'Client-IP',
    'True-Client-IP',
    'Fastly-Client-IP',
    'X-Cluster-Client-IP',
    'X-Client-IP',
    'X-Original-Host',
    'X-ProxyUser-Ip',
    'X-Envoy-External-Address',
    'X-Via',
    'X-Scheme',
    'X-Url-Scheme',
    'X-Host',
    'X-Nginx-Proxy',
    'X-HTTPS',
    'X-Rewrite-URL',
    'X-Amzn-Trace-Id',
    'X-Vercel-Id',
    'X-AppEngine-Country',
    'X-SSL-Client-Verify',
    'Front-End-Https',
    'Tailscale-User-Login',
    'ngrok-skip-browser-warning',
    'X-Src-IP',
    'X-Original-URL',
    'X-Original-URI',
    'X-Original-For',
    'X-Original-Proto',
    'X-Original-Forwarded-For',
  ].map(
    (name): Case => ({
      name: `the forwarding header ${name}`,
      headers: { [name]: '1.1 proxy' },
      change: 403,
      read: 403,
    }),
  ),
  ...['X-Original-Filename', 'X-Hostess', 'Viable', 'X-Schemes', 'X-Amz-Date'].map(
    (name): Case => ({ name: `a client's own header ${name}`, headers: { [name]: 'a' }, change: 200, read: 200 }),
  ),
  // requests that settings permit
  {
    name: 'a proxy with ALLOW_OPEN',
    headers: { Host: 'images.example', 'X-Forwarded-For': '203.0.113.9' },
    change: 200,
    read: 200,
    environment: NAMED,
  },
  {
    name: 'a foreign host even with ALLOW_OPEN',
    headers: { Host: 'evil.example:8000' },
    change: 421,
    read: 421,
    environment: ALLOWED,
  },
  ...['192.168.1.5:8000', '203.0.113.9', '[2001:db8::1]:8000', '[::ffff:10.0.0.1]', 'localhost', '127.0.0.1:9'].map(
    (host): Case => ({
      name: `the address ${host} with ALLOW_OPEN`,
      headers: { Host: host },
      change: 200,
      read: 200,
      environment: ALLOWED,
    }),
  ),
  ...['2130706433', '0177.0.0.1', '127.1', '192.168.1.5.', '192.168.1.5.evil.example', '[fe80::1%25lo]', ''].map(
    (host): Case => ({
      name: `no address: ${JSON.stringify(host)} with ALLOW_OPEN`,
      headers: { Host: host },
      change: 421,
      read: 421,
      environment: ALLOWED,
    }),
  ),
  ...['images.example', 'IMAGES.example:8000', 'other.example:8443'].map(
    (host): Case => ({
      name: `${host} of ALLOWED_HOSTS`,
      headers: { Host: host },
      change: 200,
      read: 200,
      environment: HOSTS,
    }),
  ),
  ...['other.example', 'other.example:8000', 'images.example.', 'sub.images.example', 'images.example:80:80'].map(
    (host): Case => ({
      name: `${host} beside ALLOWED_HOSTS`,
      headers: { Host: host },
      change: 421,
      read: 421,
      environment: HOSTS,
    }),
  ),
  {
    name: 'a foreign page even with ALLOW_OPEN',
    headers: { Host: 'images.example', ...FOREIGN },
    change: 403,
    read: 200,
    environment: NAMED,
  },
  {
    name: 'our own page with ALLOW_OPEN',
    headers: { Host: 'images.example', Origin: 'http://images.example' },
    change: 200,
    read: 200,
    environment: NAMED,
  },
  {
    name: 'the host of PUBLIC_URL',
    headers: { Host: 'images.example' },
    change: 200,
    read: 200,
    environment: { PUBLIC_URL: 'http://images.example' },
  },
  {
    name: 'a page of PUBLIC_URL',
    headers: { Host: '127.0.0.1:8000', Origin: 'https://images.example' },
    change: 200,
    read: 200,
    environment: { PUBLIC_URL: 'https://images.example' },
  },
  {
    name: 'an origin of CORS_ORIGINS',
    headers: { Origin: 'https://app.example' },
    change: 200,
    read: 200,
    environment: { CORS_ORIGINS: 'https://app.example' },
  },
  {
    name: 'a loopback page once CORS_ORIGINS is set',
    headers: { Origin: 'http://localhost:5173' },
    change: 403,
    read: 200,
    environment: { CORS_ORIGINS: 'https://app.example' },
  },
];

describe('open mode', () => {
  const stack = new AsyncDisposableStack();
  const services = new Map<object, Promise<TestService>>();
  after(() => stack.disposeAsync());
  /** One service of each environment. */
  const serviceIn = (environment: Record<string, string>): Promise<TestService> => {
    const found = services.get(environment);
    if (found) return found;
    const made = createSharingService({ environment }).then((service) => stack.use(service));
    services.set(environment, made);
    return made;
  };

  for (const [index, { name, headers, change, read, environment = BY_DEFAULT }] of CASES.entries()) {
    it(`answers ${change} to a change and ${read} to a read: ${name}`, async () => {
      const service = await serviceIn(environment);
      const user = `victim-${index}`;
      const changed = await upload(service, headers, user);
      assert.equal(changed.status, change, await changed.clone().text());
      const seen = await list(service, headers);
      assert.equal(seen.status, read);

      const host = headers['Host'] && read === 200 ? headers['Host'] : '127.0.0.1:8000';
      const own = await list(service, { Host: host }, `/images?user_id=${user}`);
      const { count } = (await own.json()) as { count?: number };
      assert.equal(count, change === 200 ? 1 : 0, 'expected a refused request to change nothing');
    });
  }

  it('names the variable to set if the Host is unknown', async () => {
    for (const environment of [{}, ALLOWED]) {
      await using service = await createSharingService({ environment });
      const answer = await list(service, { Host: 'images.example' });
      const { code, detail } = (await answer.json()) as { code: string; detail: string };
      assert.equal(code, 'misdirected-host');
      assert.match(detail, /got images\.example\. .* ALLOWED_HOSTS$/);
    }
  });

  it('reports its health under any Host, through a proxy, and to any page', async () => {
    await using service = await createSharingService();
    const headers = { Host: '10.1.2.3:8000', Via: '1.1 x', 'Sec-Fetch-Site': 'cross-site', ...FOREIGN };
    for (const path of ['/health', '/livez', '/readyz', '/health/', '/readyz/']) {
      assert.equal((await service.request(path, { headers })).status, 200, path);
    }
    for (const path of ['/health//', '//health', '/images/health', '/images/'])
      assert.equal((await service.request(path, { headers })).status, 421, path);
  });

  it('lets any page read public assets, and nothing else', async () => {
    await using service = await createSharingService();
    const { image_id } = (await (await upload(service, {})).json()) as { image_id: string };
    const asked = { method: 'POST', headers: { Host: '127.0.0.1:8000', 'Content-Type': 'application/json' } };
    const link = await service.request(`/images/${image_id}/render-url`, { ...asked, body: '{"w":16}' });
    const render = new URL(((await link.json()) as { url: string }).url);
    const download = await service.request(`/images/${image_id}/download`);
    const presigned = new URL(((await download.json()) as { download_url: string }).download_url);
    const statusOf = async (path: string) =>
      (await service.request(path, { headers: { Host: '127.0.0.1:8000', 'Sec-Fetch-Site': 'cross-site' } })).status;
    for (const path of [
      `${render.pathname}${render.search}`,
      `${presigned.pathname}${presigned.search}`,
      '/docs',
      '/docs/start.js',
      '/docs/problems',
      '/docs/',
      '/docs/problems/',
      '/redoc',
      '/redoc/start.js',
      '/openapi.json',
    ]) {
      assert.equal(await statusOf(path), 200, path);
    }
    const ofImage = ['', '/', '/original', '/original/', '/metadata'].map((one) => `/images/${image_id}${one}`);
    for (const path of ['/', '/images', '/images/', ...ofImage, '/nowhere', '/docsx', '/health//']) {
      assert.equal(await statusOf(path), 403, path);
    }
  });

  it('lets only allowed origins read answers, and never all', async () => {
    await using service = await createSharingService();
    const allowed = await list(service, { Origin: 'http://localhost:5173' });
    assert.equal(allowed.headers.get('access-control-allow-origin'), 'http://localhost:5173');
    assert.match(allowed.headers.get('access-control-expose-headers') ?? '', /ETag/);
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
      const foreign = await list(service, { Origin: origin });
      assert.equal(foreign.headers.get('access-control-allow-origin'), null);
      assert.match(foreign.headers.get('vary') ?? '', /Origin/);
    }
  });

  it('answers the preflight of an allowed origin only', async () => {
    await using service = await createSharingService();
    const preflight = (path: string, origin: string) =>
      service.request(path, {
        method: 'OPTIONS',
        headers: {
          Host: '127.0.0.1:8000',
          Origin: origin,
          'Access-Control-Request-Method': 'PUT',
          'Access-Control-Request-Headers': 'content-type',
        },
      });
    for (const path of ['/images/upload', '/objects/safelight/incoming/u/x']) {
      const allowed = await preflight(path, 'http://localhost:5173');
      assert.equal(allowed.status, 204);
      if (path.startsWith('/objects/')) assert.equal(allowed.headers.get('cache-control'), 'no-store');
      assert.equal(allowed.headers.get('access-control-allow-origin'), 'http://localhost:5173');
      assert.match(allowed.headers.get('access-control-allow-methods') ?? '', /PUT/);
      assert.equal(allowed.headers.get('access-control-allow-headers'), 'content-type');
      const foreign = await preflight(path, 'https://evil.example');
      assert.equal(foreign.headers.get('access-control-allow-origin'), null);
      assert.ok(foreign.status >= 400);
    }
  });

  it('authorizes a presigned request by its signature alone', async () => {
    await using service = await createSharingService({ environment: { PUBLIC_URL: 'http://images.example' } });
    const jpeg = new Uint8Array(await testImage({ type: 'image/jpeg', width: 40, height: 30 }));
    const grant = await service.request('/images/upload?user_id=u', { method: 'POST', headers: { Host: 'localhost' } });
    const { upload_url } = (await grant.json()) as { upload_url: string };
    assert.match(upload_url, /^http:\/\/images\.example\/objects\//);
    const headers = {
      'Content-Type': 'image/jpeg',
      Host: 'images.example',
      'X-Forwarded-For': '203.0.113.9',
      Via: '1.1 x',
    };
    const put = await service.send(upload_url, {
      method: 'PUT',
      headers: { ...headers, Origin: 'https://evil.example' },
      body: jpeg,
    });
    assert.equal(put.status, 200, await put.text());
  });

  it('sends nosniff and a resource policy with every answer', async () => {
    await using service = await createSharingService();
    for (const path of [
      '/',
      '/images',
      '/nowhere',
      '/docs',
      '/docs/swagger-ui.css',
      '/openapi.json',
      '/objects/safelight/x',
    ]) {
      const { headers } = await service.request(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(headers.get('cross-origin-resource-policy') ?? '', /^(same-site|cross-origin)$/, path);
    }
    const stored = (await (await upload(service, {})).json()) as { image_id: string };
    const bytes = await service.request(`/images/${stored.image_id}`);
    assert.match(bytes.headers.get('content-security-policy') ?? '', /^sandbox/);
  });
});
