import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { PICTURE_FOLDER, transformReference } from '../../../../scripts/transform-reference/document.ts';
import { keptPictures } from '../../../../scripts/transform-reference/keep-pictures.ts';
import { isAlike } from '../../../../scripts/transform-reference/likeness.ts';
import { makePictures } from '../../../../scripts/transform-reference/pictures.ts';
import { TRANSFORM_PARAMETERS } from '../../src/domain/rendition/transform-parameters.ts';

const DOCS = join(import.meta.dirname, '../../../../docs');
const FOLDER = join(DOCS, PICTURE_FOLDER);

const picture = (file: string): Promise<Buffer> => readFile(join(FOLDER, file));

/** The picture files in a part of the reference, each with its alternative text. */
const shownIn = (markdown: string): string[] =>
  [...markdown.matchAll(/!\[([^\]]*)\]\(([^)]*)\)/g)].map(([, alt = '', path = '']) => {
    assert.ok(alt.length > 10, `expected an alternative text of over 10 characters; got ${alt} of ${path}`);
    assert.ok(path.startsWith(`${PICTURE_FOLDER}/`), path);
    return path.slice(PICTURE_FOLDER.length + 1);
  });

describe('docs/transforms.md', () => {
  it('equals the table of parameters and pictures', async () => {
    assert.equal(await readFile(join(DOCS, 'transforms.md'), 'utf8'), transformReference(await keptPictures(FOLDER)));
  });

  it('shows an example of every parameter', async () => {
    const sections = (await readFile(join(DOCS, 'transforms.md'), 'utf8')).split(/^### /m).slice(1);
    assert.deepEqual(
      sections.map((one) => /^`(\w+)`\n/.exec(one)?.[1]),
      Object.values(TRANSFORM_PARAMETERS).map(({ name }) => name),
    );
    for (const [index, { name, example }] of Object.values(TRANSFORM_PARAMETERS).entries()) {
      const section = sections[index] ?? '';
      assert.ok(section.includes(`\`${example}\``), `${name}: ${example}`);
      assert.ok(new URLSearchParams(example).has(name), `an example of ${name}; got ${example}`);
      assert.ok(shownIn(section).length > 0, name);
    }
  });

  it('names every picture file, and no other', async () => {
    const named = new Set(shownIn(await readFile(join(DOCS, 'transforms.md'), 'utf8')));
    assert.deepEqual([...named].toSorted(), (await readdir(FOLDER)).toSorted());
  });

  it('has the pictures that the pipeline makes', async () => {
    const made = await makePictures();
    assert.deepEqual(made.map(({ file }) => file).toSorted(), (await readdir(FOLDER)).toSorted());
    for (const { file, bytes } of made) {
      assert.ok(await isAlike(await picture(file), bytes), `${file}: run npm run generate and look at the difference`);
    }
  });

  it('is compared with a check that detects other pictures', async () => {
    const file = 'landscape_w-320.jpg';
    const others = ['landscape_w-320_q-90.jpg', 'landscape_w-320_flip-h.jpg', 'landscape_w-320_format-png.png'];
    for (const other of others) assert.equal(await isAlike(await picture(file), await picture(other)), false, other);
    const [still, moving] = ['sailing_w-320.png', 'sailing_w-320_format-webp.webp'];
    assert.equal(await isAlike(await picture(still), await picture(moving)), false);
  });
});
