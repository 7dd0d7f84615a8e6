import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Endpoint } from '../../../../test/servers/s3-endpoint.ts';
import { type Ended, type RunningService, spawnProgram, startService } from '../services/running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

type Variables = Readonly<Record<string, string>>;

/** A machine of a service, whose settings are in `.env`. */
export interface Operator extends AsyncDisposable {
  /** `npm run admin -- ARGUMENTS`, with variables for that command alone. */
  run(args: readonly string[], variables?: Variables): Promise<Ended>;
  /** `npm start`. */
  start(): Promise<RunningService>;
}

export async function createOperator(settings: Variables): Promise<Operator> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-operator-'));
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await writeFile(join(folder.path, '.env'), lines.join(''), { mode: 0o600 });
  return {
    run: (args, variables = {}) =>
      spawnProgram(folder.path, { ...variables }, [process.execPath, ADMIN, ...args]).ended,
    start: () => startService({}, folder.path),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** The settings of a target in a bucket. */
export const targetVariables = ({ url, region, accessKeyId, secretAccessKey }: S3Endpoint): Variables => ({
  BACKUP_S3_ENDPOINT: url,
  BACKUP_S3_REGION: region,
  BACKUP_AWS_ACCESS_KEY_ID: accessKeyId,
  BACKUP_AWS_SECRET_ACCESS_KEY: secretAccessKey,
});
