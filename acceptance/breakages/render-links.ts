import { breakagesOf } from './breakage.ts';

export const RENDER_LINKS = [
  ...breakagesOf('domain/rendition/render-links.ts', [
    ['links never expire', "exp === null ? '' :", "exp !== 0 ? '' :"],
    [
      'expires_at is not rounded up',
      'Math.ceil((now.getTime() + expiresInSeconds * 1000) / windowMs) * windowMs',
      '(now.getTime() + expiresInSeconds * 1000)',
    ],
    ['expires_at is rounded down', 'new Date(Math.ceil((', 'new Date(Math.floor(('],
  ]),
  ...breakagesOf('domain/access/seal.ts', [
    ['any signature is accepted', 'key.id === kid && isSame(sig, signatureOf(key, text))', 'key.id === kid'],
    ['the image of a link is not signed', '.update(text)', ".update(text.slice('/images/'.length + 36))"],
    ['the transform of a link is not signed', '.update(text)', ".update(text.replace(/[?].*kid=/, ''))"],
    [
      'signatures are compared as bytes, not as text',
      'const [one, other] = [Buffer.from(given), Buffer.from(right)];',
      "const [one, other] = [Buffer.from(given, 'base64url'), Buffer.from(right, 'base64url')];",
    ],
    [
      'a repeated signature is accepted',
      'if (given.length > 1) return [{ pointer,',
      'if (given.length > 2) return [{ pointer,',
    ],
    ['an empty signature is 403 instead of 400', "if (given[0] === '') return", "if (given[0] === '-') return"],
  ]),
  ...breakagesOf('domain/rendition/transform-parameters.ts', [
    ['the first of repeated parameters is used', 'if (others.length > 0) return', 'if (others.length > 99) return'],
    ['contradicting parameters are accepted', 'if (wrong.length === 0) wrong.push(...contradictionsOf(asked));', ''],
    ['w may be 0', "name: 'w',\n    ...integer({ min: 1,", "name: 'w',\n    ...integer({ min: 0,"],
  ]),
  ...breakagesOf('domain/rendition/transform.ts', [
    ['results may have 5,000 pixels a side', 'MAX_RESULT_SIDE = 4_096', 'MAX_RESULT_SIDE = 5_000'],
  ]),
  ...breakagesOf('domain/rendition/rendition-cost.ts', [
    [
      'an AVIF may have any size',
      "if (recipe.format === 'avif') requireAffordableAvif",
      "if (recipe.format === 'png') requireAffordableAvif",
    ],
    ['a result of any size may be sharpened', 'MAX_SHARPENED_PIXELS = 2_048 *', 'MAX_SHARPENED_PIXELS = 40_960 *'],
    ['a fine AVIF may be as large as a coarse one', 'quality > MAX_COARSE_QUALITY;', 'quality > 100;'],
  ]),
  ...breakagesOf('domain/rendition/parameter-text.ts', [
    ['a short color is not its long form', 'full.replace', 'hex.replace'],
    ['a color in capitals is not the same color', 'const hex = text.toLowerCase();', 'const hex = text;'],
  ]),
  ...breakagesOf('domain/rendition/transform-contradictions.ts', [
    [
      'dpr may exceed the largest result',
      'multiplied !== null && multiplied > MAX_RESULT_SIDE',
      'multiplied !== null && (side ?? 0) > MAX_RESULT_SIDE',
    ],
  ]),
  ...breakagesOf('operations/renditions/link-to-render.ts', [
    [
      'a deleted image gets a link',
      'await visibleImage(services, access, id)',
      'await services.images.get(id as never).then((one) => one?.status === "deleted" ? one as never : visibleImage(services, access, id))',
    ],
    [
      'a crop outside the image gets a link',
      "if (image.status === 'ready') planRendition(image, transform, EVERY_ACCEPTED);",
      '',
    ],
  ]),
  ...breakagesOf('operations/renditions/link-to-renders.ts', [
    ['one invalid render fails the batch', 'if (error instanceof AppError) return { error };', ''],
  ]),
  ...breakagesOf('http/answers/shared-picture.ts', [
    [
      'shared caches may not keep signed renders',
      "return { by: 'public', maxAgeSeconds: DAY_SECONDS }",
      "return { by: 'private', maxAgeSeconds: DAY_SECONDS }",
    ],
    ['a signed render may be cached after its link expires', 'Math.min(expiresInSeconds, DAY_SECONDS)', 'DAY_SECONDS'],
  ]),
  ...breakagesOf('http/renditions/renders.ts', [
    ['cross-origin pages may not show a signed render', 'allowAnyPage(c); // anyone', '// anyone'],
    ['expires_in is ignored', 'expiresInSeconds: expires_in ?? null', 'expiresInSeconds: null'],
    [
      'the count of signed links includes errors',
      "results.filter((result) => 'target' in result).length",
      'results.length',
    ],
    ['results of a batch lack their pointer', 'within(`/renders/$', 'within(`/$'],
  ]),
  ...breakagesOf('http/renditions/rendition-schemas.ts', [
    ['a batch may have 1,001 renders', 'MAX_BATCH_RENDERS = 1_000', 'MAX_BATCH_RENDERS = 1_001'],
    ['a batch may be empty', "batchOf('render', z.unknown(), MAX_BATCH_RENDERS)", 'z.array(z.unknown())'],
    ['expires_in may be 0', ".min(1, got('expected at least 1 second'))", ''],
  ]),
];
