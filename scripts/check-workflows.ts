/**
 * Part of `npm run check`: what actionlint finds in the workflows. `workflows/workflows.test.ts` has the rules of this
 * project.
 */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLinter } from 'actionlint';

const ROOT = join(import.meta.dirname, '..');

/** npm's actionlint is of 2022: it takes these for faults. */
const NEWER_THAN_ACTIONLINT: readonly RegExp[] = [
  /^undefined variable "vars"/,
  /^unknown permission scope "attestations"/,
];

const files = globSync('.github/workflows/*.yml', { cwd: ROOT }).toSorted();
if (files.length === 0) throw new Error('expected workflows in .github/workflows; got none');
for (const file of files) {
  const lint = await createLinter(); // one that has linted several files may end with "unreachable"
  const findings = lint(await readFile(join(ROOT, file), 'utf8'), file);
  for (const { line, column, message } of findings) {
    if (NEWER_THAN_ACTIONLINT.some((known) => known.test(message))) continue;
    console.error(`${file}:${line}:${column}: ${message}`);
    process.exitCode = 1;
  }
}
