import { basename } from 'node:path';

/** The roles of packages/server/src/admin/provision/permissions.ts, and three that have no policy of their own. */
export type SenderRole = 'api' | 'worker' | 'operator' | 'backup' | 'provision' | 'alone' | 'provision-tests' | 'test';

interface Sender {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Whose rights a process needs, by the program that it is. `alone`: an API without a worker of its own, as it has both
 * roles. `provision-tests`: answer as Amazon does where the stores of the tests can't. `test`: any other test's own
 * process.
 */
export function roleOf({ argv, env }: Sender): SenderRole {
  const program = argv[1] ?? '';
  if (program.includes('/src/admin/provision/table/backfill')) return 'operator';
  if (/\/src\/admin\/provision\/|\/deploy\/aws\/test\//.test(program)) return 'provision-tests';
  switch (basename(program)) {
    case 'start.js':
    case 'serve.ts':
      return env['S3_BUCKET'] && env['DYNAMO_TABLE'] ? 'api' : 'alone';
    case 'work.ts':
      return 'worker';
    case 'admin.ts':
      if (argv[2] === 'backup') return 'backup';
      return argv[2] === 'provision' && !argv.includes('--backfill') ? 'provision' : 'operator';
    case 'lambda-bootstrap.js':
      return basename(env['LAMBDA_TASK_ROOT'] ?? '') === 'worker' ? 'worker' : 'api';
    default:
      return 'test';
  }
}
