/** Bundles the Lambda functions into dist/lambda: each folder is deployable, each `.maps` beside it has its source maps. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleFunction, FUNCTION_NAMES } from './bundle-function.ts';

const OUT = join(import.meta.dirname, '../dist/lambda');
const KILOBYTE = 1_024;

await rm(OUT, { recursive: true, force: true });
for (const name of FUNCTION_NAMES) {
  const codeBytes = await bundleFunction(name, join(OUT, name));
  console.log(`dist/lambda/${name}: ${Math.ceil(codeBytes / KILOBYTE)} KB of code`);
}
