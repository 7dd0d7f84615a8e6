import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { arrival } from './arrival.ts';
import { authentication } from './authentication.ts';
import { backup } from './backup.ts';
import { deletion } from './delete.ts';
import { eager } from './eager.ts';
import { events } from './events.ts';
import { grant } from './grant.ts';
import { grantDynamodb } from './grant-dynamodb.ts';
import { grantPostgres } from './grant-postgres.ts';
import { grantQuotas } from './grant-quotas.ts';
import { grantQuotasPostgres } from './grant-quotas-postgres.ts';
import { hot } from './hot.ts';
import { idle } from './idle.ts';
import { importFolder } from './import-folder.ts';
import { jobPostgres } from './job-postgres.ts';
import { lambdaInit } from './lambda-init.ts';
import { list } from './list.ts';
import { listPostgres } from './list-postgres.ts';
import { listScale } from './list-scale.ts';
import { machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { metadataUnderLoad } from './metadata-under-load.ts';
import { notFound } from './not-found.ts';
import { objectGet } from './object-get.ts';
import { peers } from './peers/peers.ts';
import { presign } from './presign.ts';
import { rateLimits } from './rate-limits.ts';
import { shares } from './shares.ts';
import { siege } from './siege.ts';
import { signedList } from './signed-list.ts';
import { start } from './start.ts';
import { startStateless } from './start-stateless.ts';
import { sweep } from './sweep.ts';
import { table, withMeasured } from './table.ts';
import { telemetry } from './telemetry.ts';
import { transform } from './transform.ts';
import { transformMemory } from './transform-memory.ts';
import { upload } from './upload.ts';
import { uploadS3 } from './upload-s3.ts';
import { uploadSmall } from './upload-small.ts';
import { uploadSmallPostgres } from './upload-small-postgres.ts';
import { worker } from './worker.ts';

const BENCHES: Readonly<Record<string, () => Promise<readonly Measurement[]>>> = {
  grant,
  'grant-dynamodb': grantDynamodb,
  'grant-postgres': grantPostgres,
  'grant-quotas': grantQuotas,
  'grant-quotas-postgres': grantQuotasPostgres,
  list,
  'list-postgres': listPostgres,
  authentication,
  'signed-list': signedList,
  'list-scale': listScale,
  presign,
  hot,
  'object-get': objectGet,
  telemetry,
  transform,
  eager,
  'transform-memory': transformMemory,
  'metadata-under-load': metadataUnderLoad,
  upload,
  'upload-small': uploadSmall,
  'upload-small-postgres': uploadSmallPostgres,
  events,
  delete: deletion,
  backup,
  import: importFolder,
  'upload-s3': uploadS3,
  arrival,
  worker,
  'job-postgres': jobPostgres,
  sweep,
  start,
  'start-stateless': startStateless,
  'lambda-init': lambdaInit,
  idle,
};

/**
 * Only on request: `siege` and `shares` show the service under attack, `not-found` a difference that only its reader
 * can judge, `rate-limits` what the clock shows of exact counts, `peers` another service, which has packages of its
 * own.
 */
const BY_HAND: typeof BENCHES = { siege, shares, 'not-found': notFound, 'rate-limits': rateLimits, peers };

const README = join(import.meta.dirname, 'README.md');

const asked = process.argv.slice(2);
const known = { ...BENCHES, ...BY_HAND };
const unknown = asked.filter((name) => !Object.hasOwn(known, name));
if (unknown.length > 0) {
  console.error(`expected names among ${Object.keys(known).join(', ')}; got ${unknown.join(', ')}`);
  process.exit(1);
}

const where = machine(new Date());
console.log(where);
const measurements: Measurement[] = [];
for (const [name, bench] of Object.entries(asked.length > 0 ? known : BENCHES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name} ...`);
  const rows = await bench();
  console.log(table(rows));
  measurements.push(...rows);
}

if (asked.length === 0) {
  const measured = `\n${where}\n\n${table(measurements)}\n`;
  console.log(measured);
  await writeFile(README, withMeasured(await readFile(README, 'utf8'), measured));
}
