import { rowsInPostgres } from './count-rows.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { startPostgresDatabases } from './postgres-databases.ts';
import { SILENT, startService } from './program.ts';
import { GRANTS, type RecordedGrants, recordedGrants } from './recorded-grants.ts';
import { alternate } from './rounds.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 7;
const SECONDS = 4;
/** Warms up V8's compiler. */
const WARM_SECONDS = 8;
const AT_ONCE = 50;

/** Limits of every kind, which no user reaches. */
const LIMITED = {
  USAGE: 'on',
  QUOTA_BYTES: '9000000000000000',
  QUOTA_IMAGES: '1000000000',
  QUOTA_PENDING: '1000000000',
};
/** Of the last bench: how many of more grants are given. */
const FEW = 500;

const ONE_OWNER = GRANTS.slice(0, 1);
const FIFTY_OWNERS = GRANTS.slice(0, AT_ONCE);

/**
 * 50 grants at a time of one owner, whose usage is counted in PostgreSQL, beside those of 50 owners, which don't meet.
 * Errors: an owner gets more than its limits allow, or less.
 */
export async function grantQuotasPostgres(): Promise<readonly Measurement[]> {
  await using databases = await startPostgresDatabases();
  const start = async (requests: typeof GRANTS, { areLimited }: { readonly areLimited: boolean }) => {
    const url = await databases.create();
    return recordedGrants(async (folder) => {
      const program = await startService({ folder, environment: { ...SILENT, ...LIMITED, DATABASE_URL: url } });
      if (!areLimited) for (const { json } of requests) await removeLimits(program.origin, json.user_id);
      return { program, requests, countRows: rowsInPostgres(url) };
    });
  };
  await using fifty = await start(FIFTY_OWNERS, { areLimited: false });
  await using one = await start(ONE_OWNER, { areLimited: false });
  await using limited = await start(ONE_OWNER, { areLimited: true });
  for (const each of [fifty, one, limited]) await each.load(AT_ONCE, WARM_SECONDS);

  const rate = (of: RecordedGrants) => () => of.load(AT_ONCE, SECONDS);
  const against = (subject: RecordedGrants) => alternate(ROUNDS, { subject: rate(subject), floor: rate(fifty) });
  const measured = [
    compare('grant-quotas-postgres, one owner without limits / fifty', await against(one), {
      unit: perSecond,
      goal: { atLeast: 0.9 },
    }),
    compare('grant-quotas-postgres, one owner with limits / fifty without', await against(limited), {
      unit: perSecond,
      goal: { atLeast: 0.4 },
    }),
  ];
  for (const each of [fifty, one, limited]) await each.requireRecords();
  await requireLimit(await databases.create());
  return measured;
}

async function removeLimits(origin: string, userId: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ bytes: null, images: null, pending: null });
  const { status } = await fetch(`${origin}/quotas/${userId}`, { method: 'PUT', headers, body });
  if (status !== 200) throw new Error(`expected 200; got ${status}`);
}

/** Two processes grant what one owner asks for at once, twice as much as its limit. */
async function requireLimit(url: string): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const environment = { ...SILENT, ...LIMITED, QUOTA_IMAGES: `${FEW}`, DATABASE_URL: url };
  const origins: string[] = [];
  for (let process = 0; process < 2; process += 1) {
    const folder = stack.use(await temporaryFolder());
    origins.push(stack.use(await startService({ folder: folder.path, environment })).origin);
  }
  const statuses: number[] = [];
  let left = 2 * FEW;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async (_, index) => {
      for (; left > 0; ) {
        left -= 1;
        statuses.push(await grantFrom(origins[index % origins.length] ?? ''));
      }
    }),
  );
  const granted = statuses.filter((status) => status === 200).length;
  const records = await rowsInPostgres(url)('images');
  if (granted !== FEW || records !== FEW)
    throw new Error(`expected ${FEW} grants and records; got ${granted} and ${records}`);
}

async function grantFrom(origin: string): Promise<number> {
  const [{ path, json } = { path: '', json: {} }] = ONE_OWNER;
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(json) });
  await response.arrayBuffer();
  return response.status;
}
