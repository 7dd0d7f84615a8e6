import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { freePort } from '../../../../test/servers/free-port.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { startPostgres } from '../../../../test/servers/postgres.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { environmentOf } from '../services/ceph-service.ts';
import { PATIENT } from '../services/patience.ts';
import { NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const GUIDE = await readFile(join(ROOT, 'docs/postgres.md'), 'utf8');

/** The commands of a reader, section by section. */
const BLOCKS = [...GUIDE.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);

/** Packages are installed, and the server of the test is reached by its superuser, whoever asks. */
const MACHINE = `
apt-get() { :; }
sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
`;

/**
 * Tries what the document only says: the other role serves what the owner's processes have written. A newer npm ends
 * at once when it is killed, before the process that it started.
 */
const FURTHER = `
wait
while curl -s -o last http://127.0.0.1:8000/healthz || curl -s -o last http://127.0.0.1:8001/healthz; do sleep 0.2; done
npm start > api-3.log 2>&1 &
curl -fsS --retry 60 --retry-delay 1 --retry-all-errors -o last http://127.0.0.1:8000/readyz
curl -fsS http://127.0.0.1:8000/images?user_id=me | grep -o '"count":1' | sed 's/^/last /'
psql -d safelight -Atc "SELECT 'served by ' || usename FROM pg_stat_activity WHERE application_name = 'safelight'" | sort -u
kill $!
wait
npm run -s admin -- user delete me --status
`;

async function run(commands: string, folder: string, environment: Record<string, string>) {
  // Without pipefail: a first provision that ends with statements for a superuser is part of a pipe.
  const shell = spawn('bash', ['-eu', '-c', commands], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  return { exitCode: shell.exitCode, stdout, stderr };
}

describe('docs/postgres.md', { skip: NO_POSTGRES_CLOUD || skipWithout('bash', 'curl', 'openssl', 'psql') }, () => {
  it('has commands that lead from a package to two processes, a second role and a backup', async () => {
    await using folder = await temporaryFolder();
    await using server = await startPostgres();
    await using store = await s3ForTests();
    await using bucket = await createBucket(store.s3);
    for (const name of globSync('*', { cwd: ROOT, exclude: ['data', '.git', '.env'] }))
      await symlink(join(ROOT, name), join(folder.path, name));
    await writeFile(join(folder.path, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 640, height: 480 }));
    const { hostname, port: databasePort, username } = new URL(server.postgres.url);
    const ports = [String(await freePort()), String(await freePort())];
    const [port = '', otherPort = ''] = ports;

    const there = (commands: string): string =>
      commands
        .replaceAll(/\bsafelight(?=_app\b|\b(?!'))/g, 'photos') // the superuser of the test has the other name
        .replaceAll('5432', databasePort)
        .replaceAll('8000', port)
        .replaceAll('8001', otherPort)
        .replaceAll('/mnt/backup', join(folder.path, 'mnt'));
    const commands = [MACHINE, ...BLOCKS.map(there), there(FURTHER)].join('\n');
    const { exitCode, stdout, stderr } = await run(commands, folder.path, {
      ...environmentOf(bucket),
      ...{ PGHOST: hostname, PGPORT: databasePort, PGUSER: username, PGDATABASE: 'postgres', PORT: port },
      ...PATIENT,
    });
    const logs = await Promise.all(
      globSync('*.log', { cwd: folder.path }).map((name) => readFile(join(folder.path, name), 'utf8')),
    );
    assert.equal(exitCode, 0, `${stdout}\n${stderr.slice(-3_000)}\n${logs.map((log) => log.slice(-1_500)).join('\n')}`);
    assert.equal(stdout.match(/\{"status":"ok"\}/g)?.length, 2);
    assert.match(stdout, /\{"image_id":"[^"]+","user_id":"me",.*"status":"ready".*\{"count":1,.*"tags":\["sea"\]/);
    assert.match(stdout, /^ {2}right {6}rights\n {2}right {6}settings of the role$/m);
    assert.match(stdout, /^The backup can be restored: 1 images were read back /m);
    assert.match(stdout, /^last "count":1\nserved by photos_app\n\{"state":"none"\}$/m);
  });
});
