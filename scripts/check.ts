/** `npm run check`: what needs no service. Runs each step in this order, and stops at the first that fails. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BIOME = 'node_modules/@biomejs/biome/bin/biome';
const TSC = 'node_modules/typescript/bin/tsc';

/** The steps, as arguments of Node. */
const STEPS: readonly (readonly string[])[] = [
  [BIOME, 'check', '--error-on-warnings', '.'],
  [TSC, '-p', '.'],
  [TSC, '-p', 'packages/client'],
  [TSC, '-p', 'examples'],
  [TSC, '-p', 'packages/web'],
  ['scripts/generate.ts', '--check'],
  ['scripts/build-web.ts', '--check'],
  ['scripts/check-workflows.ts'],
  [
    '--test',
    'packages/server/test/architecture.test.ts',
    'packages/server/src/http/problem.test.ts',
    'packages/server/test/docs/prose.test.ts',
  ],
];

for (const step of STEPS) {
  const { status, signal } = spawnSync(process.execPath, step, { cwd: ROOT, stdio: 'inherit' });
  if (status === 0) continue;
  console.error(`\nnpm run check: ${signal ?? `exit code ${status}`} of: node ${step.join(' ')}`);
  process.exit(status ?? 1);
}
