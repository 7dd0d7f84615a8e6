import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Image } from '../../src/domain/image/image.ts';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { createTogether, type Together, type Told, told } from '../chance/racers.ts';
import { createRandom, type Random } from '../chance/random.ts';
import { joinCloud, type OwnService } from '../services/cloud.ts';
import { requireNothingStaged, requireRest } from '../services/cloud-agreement.ts';
import { json } from '../services/service.ts';
import { createPictures, type GrantJson, objectRequest, type Picture } from '../uploads/upload-requests.ts';
import { type Fleet, startFleet } from './fleet.ts';

const HOUR_MS = 3_600_000;

/** Two processes that answer, this one that sweeps, and concurrent actions in them. */
export interface FleetRace extends AsyncDisposable {
  readonly own: OwnService;
  /** Whose images `grant` makes. */
  readonly userId: string;
  readonly random: Random;
  readonly picture: (type?: string) => Promise<Picture>;
  readonly together: Together;
  /** Sends a request to either process. */
  ask(method: string, path: string, fields?: object, headers?: Record<string, string>): Promise<Told>;
  send(path: string, init: RequestInit): Promise<Told>;
  grant(fields?: object, headers?: Record<string, string>): Promise<Granted>;
  /** Made an hour ago, so that it expires unless it is requested. */
  grantBefore(fields?: object, headers?: Record<string, string>): Promise<Granted>;
  put(grant: GrantJson, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  sweep(holder: string): Promise<void>;
  record(id: string): Promise<Image>;
  requireRest(): Promise<readonly Image[]>;
}

export type Granted = GrantJson & { readonly image_id: Image['id'] };

/** Only requests finalize. */
const ENVIRONMENT = { FINALIZE_ON_READ: 'off', LOG_LEVEL: 'warn' };

export async function createFleetRace(seed: number): Promise<FleetRace> {
  await using stack = new AsyncDisposableStack();
  const racing = stack.use(await startRacing());
  const race = racing.race({ seed, userId: 'u' });
  const held = stack.move();
  return { ...race, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The processes of any number of races, one after the other. */
export interface Racing extends AsyncDisposable {
  race(options: { readonly seed: number; readonly userId: string }): Omit<FleetRace, typeof Symbol.asyncDispose>;
}

export async function startRacing(): Promise<Racing> {
  await using stack = new AsyncDisposableStack();
  const fleet = stack.use(await startFleet({ services: 2, workers: 0, environment: ENVIRONMENT }));
  const own = stack.use(await joinCloud(fleet.cloud));
  await startDecoding(fleet);
  const held = stack.move();
  return {
    race: ({ seed, userId }) => raceIn({ fleet, own, userId, random: createRandom(seed) }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface RaceOptions {
  readonly fleet: Fleet;
  readonly own: OwnService;
  readonly userId: string;
  readonly random: Random;
}

function raceIn({ fleet, own, userId, random }: RaceOptions): Omit<FleetRace, typeof Symbol.asyncDispose> {
  const asking = (fields: object) => ({ user_id: userId, content_type: 'image/png', ...fields });
  const granted = ({ status, text }: Told): Granted => {
    assert.equal(status, 200, text);
    return JSON.parse(text);
  };
  const send = (path: string, init: RequestInit) => told(fetch(`${random.pick(fleet.services).origin}${path}`, init));

  const race: Omit<FleetRace, typeof Symbol.asyncDispose> = {
    own,
    userId,
    random,
    picture: createPictures(random),
    together: createTogether(random),
    send,
    ask: (method, path, fields, headers = {}) =>
      send(path, fields ? { ...json(fields, headers), method } : { method, headers }),
    grant: async (fields = {}, headers = {}) =>
      granted(await race.ask('POST', '/images/upload', asking(fields), headers)),
    async grantBefore(fields = {}, headers = {}) {
      own.clock.offsetMs -= HOUR_MS;
      const answered = own.request('/images/upload', json(asking(fields), headers));
      const grant = granted(await told(answered));
      own.clock.offsetMs += HOUR_MS;
      return grant;
    },
    async put(grant, bytes) {
      const { status, text } = await told(fetch(grant.upload_url ?? '', objectRequest(grant, bytes)));
      assert.equal(status, 200, text);
    },
    async sweep(holder) {
      const options = { holder, signal: new AbortController().signal };
      await sweep(
        hearingPostponed(own.services, (error) => assert.fail(String(error))),
        options,
      );
    },
    async record(id) {
      const image = await own.services.images.get(id as Image['id']);
      if (!image) throw new Error(`expected a record of ${id}; there is none`);
      return image;
    },
    async requireRest() {
      const records = await requireRest(fleet.cloud, own);
      await requireNothingStaged(fleet.folder);
      return records;
    },
  };
  return race;
}

/** So that no race waits for a decoder to start, which takes longer than everything else. */
async function startDecoding({ services }: Fleet): Promise<void> {
  const picture = createPictures(createRandom(1));
  for (const { origin } of services) {
    const { bytes } = await picture('image/png');
    const headers = { 'X-User-Id': randomUUID(), 'Content-Type': 'image/png' };
    await told(fetch(`${origin}/images/upload`, { method: 'POST', headers, body: bytes }));
  }
}
