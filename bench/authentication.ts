import { cp } from 'node:fs/promises';
import { API_KEYS, createKey, TOKENS, tokenOf } from './credentials.ts';
import { BUSY_OWNER, dataset } from './dataset.ts';
import { listAnswer, listRequest, PAGE } from './list-pages.ts';
import { type LoadRequest, load } from './load.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { type RunningProgram, SILENT, startService } from './program.ts';
import { GRANTS, recordedGrants } from './recorded-grants.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 5;
const SECONDS = 4;
const WARM_SECONDS = 8;
const IMAGES = 1_000;
const GOAL = { atLeast: 0.85 };

/** For which users a backend's key asks; each request of it is audited. */
const BACKEND = { scopes: ['images:read', 'images:upload'], acts_as: ['*'] };

/** Measures the service with `AUTH=api-key`, with `AUTH=jwt` and open, with equal requests. */
export async function authentication(): Promise<readonly Measurement[]> {
  return [...(await grants()), ...(await lists())];
}

async function grants(): Promise<readonly Measurement[]> {
  await using open = await recordedGrants(async (folder) => ({ program: await startSilent(folder), requests: GRANTS }));
  await using keys = await recordedGrants(async (folder) => {
    const program = await startSilent(folder, API_KEYS);
    const token = await createKey({ origin: program.origin, folder }, BACKEND);
    return { program, requests: GRANTS.map((grant) => ({ ...grant, token })) };
  });
  await using tokens = await recordedGrants(async (folder) => ({
    program: await startSilent(folder, TOKENS),
    requests: GRANTS.map((grant) => ({ ...grant, token: tokenOf(grant.json.user_id) })),
  }));
  const all = { open, keys, tokens };
  for (const one of Object.values(all)) await one.load(64, WARM_SECONDS);
  const measured: Measurement[] = [];
  for (const connections of [1, 64]) {
    measured.push(...(await against('grant', connections, (name) => all[name].load(connections, SECONDS))));
  }
  for (const one of Object.values(all)) await one.requireRecords();
  return measured;
}

async function lists(): Promise<readonly Measurement[]> {
  const images = await dataset(IMAGES);
  await using folders = new AsyncDisposableStack();
  const copy = async (): Promise<string> => {
    const folder = folders.use(await temporaryFolder());
    await cp(images, folder.path, { recursive: true });
    return folder.path;
  };
  await using open = await startSilent(await copy());
  const keysFolder = await copy();
  await using keys = await startSilent(keysFolder, API_KEYS);
  await using tokens = await startSilent(await copy(), TOKENS);

  const request = listRequest({ user_id: BUSY_OWNER });
  const key = await createKey({ origin: keys.origin, folder: keysFolder }, BACKEND);
  const all: Record<Contender, { readonly origin: string; readonly request: LoadRequest }> = {
    open: { origin: open.origin, request },
    keys: { origin: keys.origin, request: { ...request, token: key } },
    tokens: { origin: tokens.origin, request: { ...request, token: tokenOf(BUSY_OWNER) } },
  };
  const list = async (name: Contender, connections: number, seconds = SECONDS): Promise<number> => {
    const { origin, request } = all[name];
    return (await load({ origin, requests: [request], connections, seconds })).perSecond;
  };
  for (const name of CONTENDERS) {
    const { count } = await listAnswer(all[name].origin, all[name].request);
    if (count !== PAGE) throw new Error(`expected ${PAGE} images; got ${count}`);
    await list(name, 8, WARM_SECONDS);
  }
  const measured: Measurement[] = [];
  for (const connections of [1, 8]) {
    measured.push(...(await against('list', connections, (name) => list(name, connections))));
  }
  return measured;
}

const CONTENDERS = ['open', 'keys', 'tokens'] as const;
type Contender = (typeof CONTENDERS)[number];

async function against(
  what: string,
  connections: number,
  perSecondOf: (name: Contender) => Promise<number>,
): Promise<readonly Measurement[]> {
  const rounds = await alternate(ROUNDS, {
    open: () => perSecondOf('open'),
    keys: () => perSecondOf('keys'),
    tokens: () => perSecondOf('tokens'),
  });
  const how = `${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  return [
    compare(`authentication, ${what}, ${how}, API key / open`, pair(rounds.keys, rounds.open), JUDGED),
    compare(`authentication, ${what}, ${how}, JWT / open`, pair(rounds.tokens, rounds.open), JUDGED),
  ];
}

const JUDGED = { unit: perSecond, goal: GOAL };

const pair = (subject: readonly number[], floor: readonly number[]) => ({ subject, floor });

const startSilent = (folder: string, environment: Readonly<Record<string, string>> = {}): Promise<RunningProgram> =>
  startService({ folder, environment: { ...SILENT, ...environment } });
