/**
 * Loaded by `--import` before the program: its TCP connections fail within `connect` while the file that
 * FAILING_CONNECTS names has a failure's name.
 */
import { readFileSync } from 'node:fs';
import { failConnects, SYNCHRONOUS_FAILURES } from './failing-connects.fixture.ts';

const file = process.env['FAILING_CONNECTS'] ?? '';

failConnects(() => {
  const named = readFileSync(file, 'utf8');
  return SYNCHRONOUS_FAILURES.find((failure) => failure === named);
});
