import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCursors, createSecretCursors, TEXT_POSITIONS } from '../../src/domain/cursor.ts';
import { EVENT_POSITIONS } from '../../src/domain/event/event-cursor.ts';
import type { Webhook } from '../../src/domain/event/webhook.ts';
import { createWebhookSecrets } from '../../src/domain/event/webhook-secrets.ts';
import { sampleWebhook } from '../../src/domain/event/webhooks.fixture.ts';
import type { ReadyImage } from '../../src/domain/image/image.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import {
  createDeliverer,
  type Deliverer,
  type DelivererServices,
  type Idle,
} from '../../src/operations/webhooks/webhook-deliverer.ts';
import { parseAllowedNetwork } from '../../src/outbound/allowed-network.ts';
import { createLookUp } from '../../src/outbound/look-up.ts';
import { createOutbound } from '../../src/outbound/outbound.ts';
import { createSqliteCoordination } from '../../src/records/coordination/sqlite/sqlite.ts';
import { createBlockedUsers } from '../../src/records/erasures/blocked-users.ts';
import { createSqliteErasureRepository } from '../../src/records/erasures/sqlite/sqlite.ts';
import { createEventReader } from '../../src/records/events/event-reader.ts';
import { createEventWrites } from '../../src/records/events/sqlite/event-writes.ts';
import { createSqliteEventLog } from '../../src/records/events/sqlite/sqlite.ts';
import { samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import { openDatabase } from '../../src/records/sqlite/database.ts';
import { createGroupCommit } from '../../src/records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../src/records/sqlite/schema.ts';
import { createSqliteWebhookRepository } from '../../src/records/webhooks/sqlite/sqlite.ts';
import type { EventServices } from '../../src/services.ts';
import { movingClock } from '../services/moving-clock.ts';

const ALLOW = [parseAllowedNetwork('127.0.0.0/8') ?? assert.fail()];
const DAYS = 7;
/** For a connection, on a busy machine. */
const PATIENT_MS = 120_000;

/** One process that delivers, with a connection of its own. */
export interface DeliveringProcess {
  readonly services: DelivererServices;
  readonly events: EventServices;
  readonly told: readonly ServiceEvent[];
}

/** Processes that share a database, and the images whose changes they tell of. */
export async function createWorld({ allow = ALLOW } = {}) {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-delivering-')));
  const start = Date.now();
  // It stands: the first pause after a failure is five seconds, which a busy machine may need for the next step of a
  // test.
  const clock = { ...movingClock(), now: () => new Date(start + clock.offsetMs), elapsedMs: () => clock.offsetMs };
  const key = randomBytes(32);

  const open = () => {
    const database = stack.use(openDatabase(folder.path, MIGRATIONS));
    const writes = stack.use(createGroupCommit(database));
    return { database, writes, log: createSqliteEventLog(database, writes) };
  };
  const { database, writes, log } = open();
  await log.begin('00112233445566ff');
  const logged = createEventWrites(database, clock);
  const erasures = createSqliteErasureRepository(database, writes);
  const newest = new Map<string, ReadyImage>();

  const lookUp = createLookUp({ places: 2 });
  const process = (): DeliveringProcess => {
    const own = open();
    const told: ServiceEvent[] = [];
    return {
      told,
      services: {
        coordination: createSqliteCoordination(own.database, own.writes),
        blocked: createBlockedUsers({ read: (now) => erasures.blocks(now), clock }),
        clock,
        observe: (event) => told.push(event),
      },
      events: {
        log: own.log,
        days: DAYS,
        reader: createEventReader({ log: own.log, days: DAYS, clock }),
        cursors: createSecretCursors([key], EVENT_POSITIONS, randomBytes),
        webhooks: createSqliteWebhookRepository(own.database, own.writes),
        secrets: createWebhookSecrets([key], randomBytes),
        deliveryCursors: createCursors([key], TEXT_POSITIONS),
        urlFault: async () => undefined,
        outbound: createOutbound({ allow, lookUp, connectMs: PATIENT_MS }),
        openOutbound: () => createOutbound({ allow, lookUp, connectMs: PATIENT_MS }),
        source: 'https://images.example.org',
      },
    };
  };
  const first = process();
  const { webhooks, secrets } = first.events;

  return {
    ...first,
    clock,
    erasures,
    webhooks,
    process,
    /** A webhook that gets all events from now on, and its secret. */
    async webhook(url: string, fields: Partial<Webhook> = {}) {
      const { text, sealed } = secrets.make();
      const { log: id, sequences } = await log.head();
      const position = { log: id, issuedAt: clock.now(), sequences };
      const webhook = sampleWebhook({ url, secrets: [{ sealed, until: null }], position, ...fields });
      assert.equal(await webhooks.create(webhook), true);
      return { webhook, id: webhook.id, secret: text };
    },
    /** Changes an image of that name, which becomes ready first. All in one transaction. */
    async change(...names: string[]): Promise<void> {
      await writes.write(() => {
        for (const name of names) {
          const from = newest.get(name);
          const updatedAt = clock.now();
          const to: ReadyImage = from
            ? { ...from, revision: from.revision + 1, tags: [`tag-${from.revision}`], updatedAt }
            : { ...samplePublished(samplePending({ userId: name.split(' ')[0] ?? name })), updatedAt };
          logged.changed(from, to);
          newest.set(name, to);
        }
      });
    },
    idOf: (name: string): string => newest.get(name)?.id ?? assert.fail(`expected an image ${name}`),
    deliverer: (id: string, at = first, holder = 'worker'): Deliverer =>
      createDeliverer(at.services, at.events, { id, holder }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** One turn of the worker of a webhook, as the record is now. */
export async function turn(
  world: Pick<World, 'webhooks'>,
  deliverer: Deliverer,
  id: string,
  signal = new AbortController().signal,
): Promise<Idle> {
  const webhook = await world.webhooks.get(id);
  return deliverer.work({ latest: () => webhook, signal });
}
