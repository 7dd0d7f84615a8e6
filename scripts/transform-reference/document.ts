import { DEFAULT_PRESETS } from '../../packages/server/src/domain/rendition/presets.ts';
import {
  MAX_AVIF_PIXELS,
  MAX_COARSE_QUALITY,
  MAX_FINE_AVIF_PIXELS,
  MAX_SHARPENED_PIXELS,
} from '../../packages/server/src/domain/rendition/rendition-cost.ts';
import { MAX_RESULT_SIDE, type Transform } from '../../packages/server/src/domain/rendition/transform.ts';
import {
  TRANSFORM_PARAMETERS,
  type TransformParameter,
} from '../../packages/server/src/domain/rendition/transform-parameters.ts';
import { DEFAULT_LIMITS } from '../../packages/server/src/imaging/limits.ts';
import { type Picture, picturesOf, sizeOf } from './pictures.ts';
import { SOURCES } from './sources.ts';

/** The folder of the images, relative to the document. */
export const PICTURE_FOLDER = 'transforms';

/** An image file and its size, by its name without the extension. */
export type PictureFiles = ReadonlyMap<string, { readonly file: string; readonly sizeBytes: number }>;

export const transformReference = (files: PictureFiles): string => `${INTRODUCTION}
## The parameters

| parameter | values | default |
| --- | --- | --- |
${FIELDS.map(summary).join('\n')}

${FIELDS.map((field) => section(field, files)).join('\n')}`;

const count = (value: number): string => value.toLocaleString('en-US');

const parameters: { readonly [Field in keyof Transform]: TransformParameter<Transform[Field]> } = TRANSFORM_PARAMETERS;
const FIELDS = Object.keys(parameters) as readonly (keyof Transform)[];

const inText = (file: string, alt: string): string => `![${alt}](${PICTURE_FOLDER}/${file})`;

const { landscape, boat, sailing } = SOURCES;

const INTRODUCTION = `<!-- Generated from packages/server/src/domain/rendition/transform-parameters.ts by \`npm run generate\`; edit that, or scripts/transform-reference. -->
# Transforms

A URL describes any size and shape of an image. The service signs these URLs, so that only requested transforms cost CPU time.

\`\`\`sh
BASE=http://127.0.0.1:8000 id=IMAGE_ID   # of an image that you uploaded
curl -fsS "$BASE/images/$id/render-url" -H 'Content-Type: application/json' -H 'X-User-Id: me' \\
  -d '{"w":512,"h":300,"fit":"cover","expires_in":3600}'
# {"image_id":"...","url":"http://127.0.0.1:8000/images/.../render?w=512&h=300&fit=cover&exp=...&kid=...&sig=...","expires_at":"..."}
\`\`\`

Anyone with the URL may read the rendition until \`expires_at\`. Without \`expires_in\` the URL has no expiry of its own.
\`POST /render-urls\` signs up to 1,000 at once; [the API by task](api.md#renditions) has more.

A **preset** names a set of these parameters. \`PRESETS\` replaces the default list, so this example repeats it
and adds \`/images/{id}/renditions/card\`:

\`\`\`sh
PRESETS="${DEFAULT_PRESETS} card:w=512&h=300&fit=cover"
\`\`\`

**Order.** The steps always run in this order, regardless of the order in the URL: select a frame (\`page\`), apply the orientation of
the file, crop, rotate, flip, scale and crop or pad (\`w\`, \`h\`, \`dpr\`, \`fit\`, \`position\`), add the
\`background\`, blur or sharpen, and encode (\`format\`). Colors become sRGB. The result has no metadata: no place, no
camera, no name.

**Limits.** A result has at most ${MAX_RESULT_SIDE} pixels a side, and is never larger than its source, except for the canvas of
\`fit=pad\`. An AVIF has at most ${count(MAX_AVIF_PIXELS)} pixels, ${count(MAX_FINE_AVIF_PIXELS)} with \`q\` over ${MAX_COARSE_QUALITY}; a sharpened result has at
most ${count(MAX_SHARPENED_PIXELS)}. A frame of an animation has at most ${count(DEFAULT_LIMITS.maxFramePixels)} pixels, and all frames together have at most
${count(DEFAULT_LIMITS.maxEncodedPixels)}, or ${count(DEFAULT_LIMITS.maxSharpenedPixels)} if they are sharpened ([why](decisions/0021-what-a-transform-may-cost.md)). The service stores up to 64
of these renditions per image, for 30 days, and makes removed ones again on request. With \`PRESETS_ONLY\` there
are none.

**Combinations.** \`cover\` and \`pad\` need both \`w\` and \`h\`. \`dpr\` needs one of them, and each multiplied by \`dpr\` is at most ${MAX_RESULT_SIDE}.
\`position\` needs \`cover\` or \`pad\`; \`focal\`, \`attention\` and \`entropy\` need \`cover\`. \`q\` can't be combined with \`format=png\`, nor \`blur\` with
\`sharpen\`. A parameter with its default value counts as absent.

**Errors**:

| answer | when |
| --- | --- |
| 400 [\`invalid-request\`](problems.md#invalid-request) | a parameter is unknown, repeated, out of range, contradicts another, requests a region or page that the image doesn't have, or an AVIF or sharpening that is too large; \`errors\` names each |
| 400 [\`rendition-failed\`](problems.md#rendition-failed) | this rendition can't be made of the image; the detail has the reason |
| 403 [\`signature-invalid\`](problems.md#signature-invalid) | the URL was changed after signing |
| 404 [\`image-not-found\`](problems.md#image-not-found) | the image doesn't exist or was deleted |
| 404 [\`route-not-found\`](problems.md#route-not-found) | with \`PRESETS_ONLY\`: only presets are rendered |
| 409 [\`image-not-ready\`](problems.md#image-not-ready) | the image's bytes aren't verified |
| 410 [\`link-expired\`](problems.md#link-expired) | the URL has expired |
| 429 [\`overloaded\`](problems.md#overloaded) | too many renditions wait: try again after \`Retry-After\` seconds |
| 503 [\`decoder-failed\`](problems.md#decoder-failed) | the decoder took too long or too much memory; after five failures in five different minutes the answer is \`rendition-failed\` |

The service made all images here from this one (${landscape.width} x ${landscape.height}), unless stated otherwise, for a client that
names no format in its \`Accept\` header:

${inText(landscape.file, landscape.alt)}
`;

function summary(field: keyof Transform): string {
  const { name, values } = parameters[field];
  return `| [\`${name}\`](#${name}) | ${values} | ${defaultOf(field)} |`;
}

function defaultOf<Field extends keyof Transform>(field: Field): string {
  const { write, default: unasked } = parameters[field];
  const text = write(unasked);
  return text === '' ? 'none' : `\`${text}\``;
}

function section(field: keyof Transform, files: PictureFiles): string {
  const { name, about, values } = parameters[field];
  const pictures = picturesOf(field);
  const source = SOURCE_NOTES[pictures[0]?.source ?? 'landscape'];
  return `### \`${name}\`

${about}

Expected: ${values}. Default: ${defaultOf(field)}.
${source}
${pairs(pictures)
  .map((some) => table(some, files))
  .join('\n')}`;
}

const SOURCE_NOTES = {
  landscape: '',
  boat: `\nFrom this image, ${boat.width} x ${boat.height}, which is transparent around the boat:\n\n${inText(boat.file, boat.alt)}\n`,
  sailing: `\nFrom this animation, ${sailing.width} x ${sailing.height}:\n\n${inText(sailing.file, sailing.alt)}\n`,
};

/** Two images fit side by side in their own size. */
const pairs = (pictures: readonly Picture[]): readonly (readonly Picture[])[] =>
  pictures.flatMap((_, at) => (at % 2 === 0 ? [pictures.slice(at, at + 2)] : []));

function table(pictures: readonly Picture[], files: PictureFiles): string {
  const row = (cell: (picture: Picture) => string): string => `| ${pictures.map(cell).join(' | ')} |`;
  return `${row(({ query }) => `\`${query}\``)}
${row(() => '---')}
${row((picture) => shown(picture, files))}
`;
}

function shown(picture: Picture, files: PictureFiles): string {
  const { file = `${picture.name}: missing`, sizeBytes = 0 } = files.get(picture.name) ?? {};
  const { width, height } = sizeOf(picture);
  return `${inText(file, picture.alt)}<br>${width} x ${height}, ${sizeBytes.toLocaleString('en')} bytes`;
}
