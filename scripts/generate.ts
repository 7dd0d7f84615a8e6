/** Writes the generated files. With --check it fails if one differs from the code. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ROUTES } from '../packages/server/src/http/app.ts';
import { openapi } from '../packages/server/src/http/contract/openapi.ts';
import {
  aboutVariable,
  DESCRIBED_GROUPS,
  type DescribedGroup,
} from '../packages/server/src/run/config/describe-variables.ts';
import { wrap } from '../packages/server/src/text/wrap.ts';
import { costsDocument } from './costs/document.ts';
import { observabilityFiles } from './observability/files.ts';
import { permissionsDocument } from './permissions-document.ts';
import { PICTURE_FOLDER, transformReference } from './transform-reference/document.ts';
import { keepPictures, keptPictures } from './transform-reference/keep-pictures.ts';
import { makePictures } from './transform-reference/pictures.ts';
import { wrapped } from './wrapped-prose.ts';

/** The width of the comments of .env.example, without their `# `. */
const COMMENT_WIDTH = 98;

const configuration = `<!-- Generated from packages/server/src/run/config/variables.ts by \`npm run generate\`; edit that. -->
# Configuration

Every variable has a default: \`npm start\` needs none. Variables come from the environment or from a file \`.env\` in the
working folder; the environment wins. At start the service reports all invalid variables at once, and warns of variables in
\`.env\` that it doesn't know. [Stores](stores.md) explains how to
set up a bucket.

Four files to copy to \`.env\` show what one must set: [one machine](../deploy/env/one-machine.env) behind a proxy with
TLS ([production](production.md)), [one machine with a bucket](../deploy/env/s3.env), any number of processes on
[PostgreSQL](../deploy/env/postgres.env), and [on AWS](../deploy/env/aws.env).
${DESCRIBED_GROUPS.map(sectionOf).join('')}`;

function sectionOf({ title, about, variables }: DescribedGroup): string {
  const rows = variables.map(
    (one) => `| \`${one.name}\` | ${one.default && `\`${one.default}\``} | ${aboutVariable(one)} |`,
  );
  return `\n## ${title}\n\n${about}\n\n| variable | default | what it does |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

const comment = (text: string): string =>
  wrap(text, COMMENT_WIDTH)
    .map((line) => `# ${line}\n`)
    .join('');

const environment = `${comment('Generated from packages/server/src/run/config/variables.ts by `npm run generate`; edit that. Copy to .env and change what you need. deploy/env/ has four shorter files to copy.')}${DESCRIBED_GROUPS.map(
  ({ title, about, variables }) =>
    `\n\n${comment(`${title.toUpperCase()}: ${about}`)}${variables.map((one) => `\n${comment(aboutVariable(one))}# ${one.name}=${one.default}\n`).join('')}`,
).join('')}`;

/** The command line reads the same tables, and can't import the server. */
async function copyOf(path: string): Promise<string> {
  const source = await readFile(new URL(`../${path}`, import.meta.url), 'utf8');
  return `// Generated from ${path} by \`npm run generate\`; edit that.\n${source}`;
}

const isCheck = process.argv.includes('--check');
const pictureFolder = fileURLToPath(new URL(`../docs/${PICTURE_FOLDER}`, import.meta.url));
if (!isCheck) await keepPictures(pictureFolder, await makePictures());

const files = {
  'openapi.json': `${JSON.stringify(openapi(ROUTES), null, 2)}\n`,
  'docs/configuration.md': wrapped(configuration),
  'docs/aws-permissions.md': wrapped(permissionsDocument()),
  'docs/costs.md': wrapped(costsDocument()),
  ...observabilityFiles(),
  '.env.example': environment,
  'packages/cli/src/import/table-rows.ts': await copyOf('packages/server/src/admin/imports/sources/table-rows.ts'),
  'docs/transforms.md': transformReference(await keptPictures(pictureFolder)),
};

for (const [path, content] of Object.entries(files)) await keep(path, content);
await keep('packages/client/src/openapi.ts', await clientTypes()); // of the openapi.json that stands now

/** The types of openapi.json's requests and answers, by a generator that needs a TypeScript of its own. */
async function clientTypes(): Promise<string> {
  const [cli, specification] = [
    '../test/contract-tools/node_modules/openapi-typescript/bin/cli.js',
    '../openapi.json',
  ].map((path) => fileURLToPath(new URL(path, import.meta.url))) as [string, string];
  const maxBuffer = 16 * 1_048_576;
  const { stdout } = await promisify(execFile)(process.execPath, [cli, specification], { maxBuffer }).catch((cause) => {
    throw new Error('expected the generator of types; install it: npm ci --prefix test/contract-tools', { cause });
  });
  return stdout;
}

async function keep(path: string, content: string): Promise<void> {
  const url = new URL(`../${path}`, import.meta.url);
  if (!isCheck) {
    await writeFile(url, content);
  } else if ((await readFile(url, 'utf8').catch(() => '')) !== content) {
    console.error(`${path} differs from the code: run npm run generate and review the difference`);
    process.exitCode = 1;
  }
}
