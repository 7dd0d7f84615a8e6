/** Writes the generated files, or with --check fails when one isn't what the code says. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ROUTES } from '../packages/server/src/http/app.ts';
import { openapi } from '../packages/server/src/http/openapi.ts';
import type { Variable } from '../packages/server/src/variable.ts';
import { VARIABLES } from '../packages/server/src/variables.ts';
import { PICTURE_FOLDER, transformReference } from './transform-reference/document.ts';
import { keepPictures, keptPictures } from './transform-reference/keep-pictures.ts';
import { makePictures } from './transform-reference/pictures.ts';

const variables: readonly Omit<Variable<unknown>, 'parse'>[] = Object.values(VARIABLES);

const otherNames = ({ aliases = [] }: { readonly aliases?: readonly string[] }): string =>
  aliases.length === 0 ? '' : ` Also as ${aliases.join(', ')}.`;

const configuration = `<!-- Generated from packages/server/src/variables.ts by \`npm run generate\`; edit that. -->
# Configuration

Everything has a default: \`npm start\` needs none of it. Variables come from the environment, or from a file \`.env\` in the
folder the service is started in (the environment wins). All problems are told at once, before anything starts. How to set up a
bucket is in [stores](stores.md).

| variable | default | what it does |
| --- | --- | --- |
${variables.map((one) => `| \`${one.name}\` | ${one.default && `\`${one.default}\``} | ${one.about}${otherNames(one)} |`).join('\n')}
`;

const environment = `# Generated from packages/server/src/variables.ts by \`npm run generate\`; edit that. Copy to .env and change what you need.
${variables.map((one) => `\n# ${one.about}${otherNames(one)}\n# ${one.name}=${one.default}`).join('\n')}
`;

const isCheck = process.argv.includes('--check');
const pictureFolder = fileURLToPath(new URL(`../docs/${PICTURE_FOLDER}`, import.meta.url));
if (!isCheck) await keepPictures(pictureFolder, await makePictures());

const files = {
  'openapi.json': `${JSON.stringify(openapi(ROUTES), null, 2)}\n`,
  'docs/configuration.md': configuration,
  '.env.example': environment,
  'docs/transforms.md': transformReference(await keptPictures(pictureFolder)),
};

for (const [path, content] of Object.entries(files)) {
  const url = new URL(`../${path}`, import.meta.url);
  if (!isCheck) {
    await writeFile(url, content);
  } else if ((await readFile(url, 'utf8').catch(() => '')) !== content) {
    console.error(`${path} is not what the code says: run npm run generate and look at the difference`);
    process.exitCode = 1;
  }
}
