import { cp } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { v7 } from 'uuid';
import { API_KEYS, createKey } from './credentials.ts';
import { BUSY_OWNER, dataset, RARE_OWNER } from './dataset.ts';
import { compare, type Measurement, milliseconds } from './measurement.ts';
import { SILENT, startService } from './program.ts';
import { median } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const IMAGES = 1_000;
/** The number of foreign images that are requested, and of absent ones. */
const ASKED = 400;
const WARM_REQUESTS = 2_000;
const ROUNDS = 5;

/** How long a user waits for the 404 of another user's image, and for that of an image that never was; medians. */
export async function notFound(): Promise<readonly Measurement[]> {
  const images = await dataset(IMAGES);
  const first = { subject: [] as number[], floor: [] as number[] };
  const again = { subject: [] as number[], floor: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    await using folder = await temporaryFolder();
    await cp(images, folder.path, { recursive: true });
    await using service = await startService({ folder: folder.path, environment: { ...SILENT, ...API_KEYS } });
    const terms = { owner: RARE_OWNER, scopes: ['images:read'] };
    await using client = createClient(service.origin, await createKey({ ...service, folder: folder.path }, terms));
    for (let index = 0; index < WARM_REQUESTS; index++) await client.timeOf404(v7());

    const foreign = idsOf(folder.path, BUSY_OWNER);
    const absent = foreign.map(() => v7());
    for (const times of [first, again]) {
      const { subject, floor } = await timesInTurn(client, foreign, absent);
      times.subject.push(median(subject));
      times.floor.push(median(floor));
    }
  }
  const what = "not-found, another user's image / an absent one";
  return [
    compare(`${what}, asked for the first time`, first, { unit: milliseconds }),
    compare(`${what}, asked again`, again, { unit: milliseconds }),
  ];
}

/** From the database, since a list would put the images into the service's memory. */
function idsOf(folder: string, owner: string): readonly string[] {
  using database = new DatabaseSync(join(folder, 'data/safelight.db'), { readOnly: true });
  const rows = database.prepare('SELECT id FROM images WHERE user_id = ? LIMIT ?').all(owner, ASKED);
  if (rows.length < ASKED) throw new Error(`expected ${ASKED} images of ${owner}; got ${rows.length}`);
  return rows.map(({ id }) => String(id));
}

interface Client extends AsyncDisposable {
  /** In milliseconds. Errors: any other answer. */
  timeOf404(id: string): Promise<number>;
}

async function timesInTurn(client: Client, subjects: readonly string[], floors: readonly string[]) {
  const subject: number[] = [];
  const floor: number[] = [];
  for (const [index, id] of subjects.entries()) {
    subject.push(await client.timeOf404(id));
    floor.push(await client.timeOf404(floors[index] ?? ''));
  }
  return { subject, floor };
}

/** One connection, one request at a time. */
function createClient(origin: string, key: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { Authorization: `Bearer ${key}` };
  return {
    timeOf404: (id) =>
      new Promise((resolve, reject) => {
        const start = performance.now();
        const request = get(`${origin}/images/${id}/metadata`, { agent, headers }, (answer) => {
          answer.resume().once('end', () => {
            if (answer.statusCode === 404) resolve(performance.now() - start);
            else reject(new Error(`expected 404 to ${id}; got ${answer.statusCode}`));
          });
        });
        request.once('error', reject);
      }),
    async [Symbol.asyncDispose]() {
      agent.destroy();
    },
  };
}
