import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import fc from 'fast-check';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import { OPERATIONS, type Operation, requireDescribed, requireProblem } from '../http/contract.ts';
import { IS_USUAL, repeatsOf } from '../repeats.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { type ArbitraryRequest, arbitraryRequest, type Material } from './arbitrary-requests.ts';

const { count: RUNS, seed: SEED } = repeatsOf('fuzzedRequests');

/** The service in open mode, and a closed one with the key of an admin: only there the routes of keys do something. */
const MODES = ['open', 'api-key'] as const;

type Headers = Readonly<Record<string, string>>;

/** Images to request; deleted ones are replaced by new uploads. */
async function prepare(
  origin: string,
  credential: Headers,
): Promise<Material & { resolve(text: string): string; renew(): Promise<void> }> {
  const pictures = await Promise.all(
    MEDIA_TYPES.map(async (type) => new Uint8Array(await testImage({ type, width: 32, height: 24 }))),
  );
  const upload = async (init: RequestInit): Promise<string> => {
    const headers = { ...credential, ...init.headers };
    const response = await fetch(`${origin}/images/upload?user_id=user123`, { method: 'POST', ...init, headers });
    return ((await response.json()) as { image_id: string }).image_id;
  };
  const makers = [
    ...pictures.map((body, index) => () => upload({ body, headers: { 'Content-Type': MEDIA_TYPES[index] ?? '' } })),
    () => upload({}), // a grant without bytes
  ];
  const idMarks = makers.map((_, index) => `image-${index}-id`);
  const ids = await Promise.all(makers.map((make) => make()));
  return {
    pictures,
    idMarks,
    resolve: (text) => idMarks.reduce((resolved, mark, index) => resolved.replaceAll(mark, ids[index] ?? ''), text),
    async renew() {
      for (const [index, make] of makers.entries()) {
        const response = await fetch(`${origin}/images/${ids[index]}/metadata`, { headers: credential });
        if (response.status === 404) ids[index] = await make();
      }
    },
  };
}

async function send(
  origin: string,
  { method, target, headers, body }: ArbitraryRequest,
  { resolve, credential }: { resolve: (text: string) => string; credential: Headers },
): Promise<Response> {
  const form = new FormData();
  if (body.kind === 'form') {
    for (const [name, value] of body.fields) {
      form.append(name, typeof value === 'string' ? value : new File([value], 'image.jpg', { type: 'image/jpeg' }));
    }
  }
  const sent = {
    none: null,
    text: 'text' in body ? resolve(body.text) : '',
    bytes: 'bytes' in body ? body.bytes : '',
    form,
  };
  return fetch(`${origin}${resolve(target)}`, {
    method,
    headers: [...headers, ...Object.entries(credential)].map(([name, value]): [string, string] => [name, value]),
    body: sent[body.kind],
    redirect: 'manual',
  });
}

/** Decodes a path as the service's router does before it looks for a route, and drops one slash at its end. */
const decoded = (path: string): string => {
  const routed = path.replace(/(?<=[^/])\/$/, '');
  try {
    return decodeURI(routed);
  } catch {
    return routed;
  }
};

const pattern = (operation: Operation): RegExp => new RegExp(`^${operation.path.replace('{id}', '[^/]+')}$`, 's');

/** Fails unless the contract describes the answer. */
async function requireForeseen(method: string, url: URL, response: Response): Promise<void> {
  assert.ok(response.status < 500, `${method} ${url} answered ${response.status}: ${await response.clone().text()}`);
  const path = decoded(url.pathname);
  const exact = OPERATIONS.filter((operation) => operation.path === path);
  const here = exact.length > 0 ? exact : OPERATIONS.filter((operation) => pattern(operation).test(path));
  const asked = method === 'HEAD' ? 'GET' : method;
  const operation = here.find((one) => one.method === asked);
  if (/^\/objects(\/|$)/.test(path)) return void (await response.arrayBuffer());
  if (operation) return requireDescribed(operation, response, method);
  if (method === 'OPTIONS' && response.status === 204) return;
  if (method === 'HEAD') return assert.ok(response.status >= 400);
  const { code } = await requireProblem(response);
  const expected = here.length > 0 ? 'method-not-allowed' : 'route-not-found';
  const guards = ['invalid-request', 'origin-not-allowed', 'forwarded-request', 'misdirected-host'];
  assert.ok([expected, ...guards].includes(code), `${method} ${url.pathname} answered ${code}, not ${expected}`);
  if (code === 'method-not-allowed') assert.ok(response.headers.get('allow'));
}

async function credentialOf({ folder }: RunningService): Promise<Headers> {
  const admin = await readFile(join(folder, 'data/admin-key'), 'utf8');
  return { Authorization: `Bearer ${admin.trim()}` };
}

for (const mode of MODES)
  it(`any request gets an answer that openapi.json describes, and the service survives (AUTH=${mode})`, async () => {
    await using service = await startService({ LOG_LEVEL: 'error', AUTH: mode, RATE_LIMITS: 'off' });
    const printed = service.output();
    const credential = mode === 'open' ? {} : await credentialOf(service);
    const material = await prepare(service.origin, credential);
    const answered = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(arbitraryRequest(material), async (request) => {
        const response = await send(service.origin, request, { resolve: material.resolve, credential });
        answered.set(response.status, (answered.get(response.status) ?? 0) + 1);
        if (response.ok && (request.method === 'DELETE' || request.target === '/images/delete')) await material.renew();
        await requireForeseen(request.method, new URL(`${service.origin}${request.target}`), response);
      }),
      { seed: SEED, numRuns: RUNS },
    );

    assert.equal((await fetch(`${service.origin}/health`)).status, 200);
    assert.equal(service.process.exitCode, null);
    assert.equal(service.output(), printed, 'expected no line but those of the start');
    if (!IS_USUAL) console.log(`seed ${SEED}: ${JSON.stringify(Object.fromEntries(answered))}`);
    // Detects a generator that only makes refused requests.
    const good = ((answered.get(200) ?? 0) + (answered.get(201) ?? 0)) / RUNS;
    assert.ok(good > 0.05 && good < 0.9, `${good} of the requests were served`);
    for (const status of [206, 304, 400, 403, 404, 405, 409]) assert.ok(answered.has(status), `${status} was answered`);
  });
