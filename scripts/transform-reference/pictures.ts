import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageId } from '../../packages/server/src/domain/image/image-id.ts';
import { extensionOf } from '../../packages/server/src/domain/image/media-type.ts';
import { planRendition, resultSize } from '../../packages/server/src/domain/rendition/plan-rendition.ts';
import type { Recipe } from '../../packages/server/src/domain/rendition/recipe.ts';
import type { Size, Transform } from '../../packages/server/src/domain/rendition/transform.ts';
import {
  parseTransform,
  TRANSFORM_PARAMETERS,
} from '../../packages/server/src/domain/rendition/transform-parameters.ts';
import type { Mark } from '../../packages/server/src/domain/rendition/watermark.ts';
import { createImaging } from '../../packages/server/src/imaging/create-imaging.ts';
import { SHOWN } from './shown.ts';
import { SOURCES, type SourceName } from './sources.ts';

/** An image of the reference; `name` is its file's, without the extension. */
export interface Picture {
  readonly name: string;
  readonly source: SourceName;
  readonly query: string;
  readonly alt: string;
}

export interface PictureFile {
  readonly file: string;
  readonly bytes: Buffer;
}

export function picturesOf(field: keyof Transform): readonly Picture[] {
  const { source = 'landscape', alt, others = {} } = SHOWN[field];
  const all = [[TRANSFORM_PARAMETERS[field].example, alt] as const, ...Object.entries(others)];
  return all.map(([query, alt]) => ({ name: nameOf(source, query), source, query, alt }));
}

/** Images of several parameters share one file. */
const nameOf = (source: SourceName, query: string): string =>
  `${source}_${query.replaceAll(/[=,]/g, '-').replaceAll('&', '_')}`;

/** undefined: the pixels decide. */
export const sizeOf = (picture: Picture): Size | undefined => {
  const recipe = planOf(picture);
  return recipe.trim ? undefined : resultSize(recipe);
};

/** For a client that names no accepted format. */
const planOf = ({ source, query }: Picture): Recipe =>
  planRendition(
    SOURCES[source],
    parseTransform(new URLSearchParams(query), (name) => `?${name}`),
    { avif: false, webp: false },
    MARK,
  );

/** The watermark of all examples. */
const MARK: Mark = { ...SOURCES.boat, imageId: 'logo' as ImageId, sha256: 'logo', sizeBytes: 0 };

/** Draws and renders every file of the reference, each by a separate request. */
export async function makePictures(): Promise<readonly PictureFile[]> {
  const folder = await mkdtemp(join(tmpdir(), 'transform-reference-'));
  try {
    await using imaging = createImaging({ timeoutSeconds: 60 });
    const files: PictureFile[] = [];
    for (const { file, draw } of Object.values(SOURCES)) {
      const bytes = await draw();
      await writeFile(join(folder, file), bytes);
      files.push({ file, bytes });
    }
    for (const picture of everyPicture()) {
      const { file, contentType } = SOURCES[picture.source];
      const path = join(folder, picture.name);
      const mark = {
        sha256: MARK.sha256,
        path: join(folder, SOURCES.boat.file),
        contentType: SOURCES.boat.contentType,
      };
      const source = { path: join(folder, file), contentType, marks: [mark] };
      const [made] = await imaging.render(source, [{ recipe: planOf(picture), path }], { urgency: 'request' });
      if (made?.outcome !== 'made')
        throw new Error(`expected a picture of ${picture.query}; got ${JSON.stringify(made)}`);
      const bytes = Buffer.from(made.bytes ?? (await readFile(path)));
      files.push({ file: `${picture.name}.${extensionOf(made.contentType)}`, bytes });
    }
    return files;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function everyPicture(): readonly Picture[] {
  const fields = Object.keys(TRANSFORM_PARAMETERS) as readonly (keyof Transform)[];
  return [...new Map(fields.flatMap(picturesOf).map((picture) => [picture.name, picture])).values()];
}
