import assert from 'node:assert/strict';
import { testImage } from '../../../../test/pictures/test-images.ts';
import type { DynamoEndpoint } from '../../../../test/servers/dynamo-endpoint.ts';
import { createTable } from '../../../../test/servers/table.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import type { Services } from '../../src/services.ts';
import { environmentOf } from '../services/dynamo-service.ts';
import { movingClock } from '../services/moving-clock.ts';
import type { TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';
import type { TestGate } from './test-gate.ts';

/** A service with these gates, whose sweeps and clock the test moves. */
export interface GatedService extends TestService {
  readonly clock: Clock;
  /** Lets so many minutes pass, and sweeps. */
  sweep(minutes: number): Promise<void>;
  /** Grants an upload and sends a picture to it. */
  upload(fields?: object): Promise<Upload>;
  /** Sends a picture to `POST /images`. */
  uploadDirectly(headers?: Record<string, string>): Promise<Response>;
  json(path: string, init?: RequestInit): Promise<Shown>;
}

export interface Upload {
  readonly id: string;
  readonly put: Response;
  readonly url: string;
}

export interface Shown {
  readonly status: string;
  readonly [name: string]: unknown;
}

export const PICTURE = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

export type Clock = ReturnType<typeof movingClock>;

export interface GatedOptions {
  readonly environment?: Record<string, string>;
  readonly clock?: Clock;
}

/** On SQLite and a folder, unless `environment` says otherwise. */
export async function createGatedService(
  gates: readonly TestGate[],
  { environment = {}, clock = movingClock() }: GatedOptions = {},
): Promise<GatedService> {
  const service = await createSharingService({
    overrides: { clock, gates },
    environment: { USAGE: 'on', ...environment },
  });
  const holder = service.services.newId();
  return {
    ...service,
    clock,
    async sweep(minutes) {
      clock.offsetMs += minutes * 60_000;
      await sweepOnce(service.services, { holder, signal: new AbortController().signal });
    },
    async upload(fields = {}) {
      const granted = await service.request('/uploads', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: 'ada', content_type: 'image/jpeg', ...fields }),
      });
      assert.equal(granted.status, 201);
      const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
      return { id, url, put: await putPicture(service, url) };
    },
    uploadDirectly: (headers = {}) => {
      const form = new FormData();
      form.set('user_id', 'ada');
      form.set('file', new File([PICTURE], 'a.jpg', { type: 'image/jpeg' }));
      return service.request('/images', { method: 'POST', body: form, headers });
    },
    json: async (path, init) => (await service.request(path, init)).json() as Promise<Shown>,
  };
}

export const putPicture = (service: TestService, url: string, bytes = PICTURE): Promise<Response> =>
  service.send(url, { method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body: bytes });

/** The settings of a service whose records are in a table of its own. */
export async function createTableEnvironment(dynamo: DynamoEndpoint) {
  const table = await createTable(dynamo);
  const environment = {
    ...environmentOf({ name: table.name, dynamo: { ...dynamo, url: dynamo.url } }),
    FEED_SHARDS: '2',
    SECRET_KEY: 's'.repeat(32),
  };
  return { environment, table, [Symbol.asyncDispose]: () => table[Symbol.asyncDispose]() };
}

/** The service, which ends its stores at its own end. */
export const withStores = <Service extends AsyncDisposable>(service: Service, stores: AsyncDisposable): Service => ({
  ...service,
  async [Symbol.asyncDispose]() {
    await service[Symbol.asyncDispose]();
    await stores[Symbol.asyncDispose]();
  },
});

export const usageOf = async ({ services }: { readonly services: Services }) =>
  (await services.usage.usageOf('ada')).usage;
