import { compare, type Measurement, perSecond } from './measurement.ts';
import { SILENT, startService } from './program.ts';
import { GRANTS, type RecordedGrants, recordedGrants } from './recorded-grants.ts';
import { alternate } from './rounds.ts';

const ROUNDS = 5;
const SECONDS = 4;
/** Warms up V8's compiler. */
const WARM_SECONDS = 8;

/** Limits of every kind, which no user reaches. */
const LIMITED = {
  USAGE: 'on',
  QUOTA_BYTES: '9000000000000000',
  QUOTA_IMAGES: '1000000000',
  QUOTA_PENDING: '1000000000',
};

/** Grants that are counted and limited, beside the same service without. */
export async function grantQuotas(): Promise<readonly Measurement[]> {
  await using limited = await startGranting(LIMITED);
  await using uncounted = await startGranting({});
  for (const one of [limited, uncounted]) await one.load(64, WARM_SECONDS);

  const at = async (connections: number) =>
    alternate(ROUNDS, {
      subject: () => limited.load(connections, SECONDS),
      floor: () => uncounted.load(connections, SECONDS),
    });
  const options = { unit: perSecond, goal: { atLeast: 0.75 } };
  const measured = [
    compare('grant-quotas, 64 connections, with quotas / without', await at(64), options),
    compare('grant-quotas, 1 connection, with quotas / without', await at(1), options),
  ];
  for (const one of [limited, uncounted]) await one.requireRecords();
  return measured;
}

const startGranting = (environment: Record<string, string>): Promise<RecordedGrants> =>
  recordedGrants(async (folder) => ({
    program: await startService({ folder, environment: { ...SILENT, ...environment } }),
    requests: GRANTS,
  }));
