/**
 * Bundles the Lambda functions into dist/lambda: each folder and its zip are deployable, each `.maps` beside them has
 * the source maps. --arch arm64 or x86_64: for another machine than this one.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleFunction, FUNCTION_NAMES } from './functions/bundle-function.ts';
import { ARCHITECTURES, type Architecture, ownArchitecture } from './functions/sharp-packages.ts';
import { zipFolder } from './functions/zip-folder.ts';
import { keyOf, LAMBDA_FOLDER, ZIPS_FILE, type ZipOfFunction } from './functions/zips.ts';

const KILOBYTE = 1_024;

const { values } = parseArgs({ options: { arch: { type: 'string', default: ownArchitecture() ?? '' } } });
const isKnown = (given: string): given is Architecture => Object.hasOwn(ARCHITECTURES, given);
const { arch = '' } = values;
if (!isKnown(arch))
  throw new Error(`expected --arch ${Object.keys(ARCHITECTURES).join(' or ')}; got ${arch || 'none'}`);

await rm(LAMBDA_FOLDER, { recursive: true, force: true });
await mkdir(LAMBDA_FOLDER, { recursive: true });
const zips: ZipOfFunction[] = [];
for (const name of FUNCTION_NAMES) {
  const codeBytes = await bundleFunction(name, join(LAMBDA_FOLDER, name), arch);
  console.log(`dist/lambda/${name}: ${Math.ceil(codeBytes / KILOBYTE)} KB of code`);
  const file = `${name}-${arch}.zip`;
  const { bytes, sha256 } = await zipFolder(join(LAMBDA_FOLDER, name), join(LAMBDA_FOLDER, file));
  zips.push({ function: name, architecture: arch, file, bytes, sha256, key: keyOf(name, arch, sha256) });
  const codeSha256 = Buffer.from(sha256, 'hex').toString('base64');
  console.log(`dist/lambda/${file}: ${Math.ceil(bytes / KILOBYTE)} KB, SHA-256 ${sha256} (CodeSha256 ${codeSha256})`);
}
await writeFile(ZIPS_FILE, `${JSON.stringify(zips, null, 2)}\n`);
