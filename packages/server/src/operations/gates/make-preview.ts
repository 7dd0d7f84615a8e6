import type { Payer } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { EVERY_ACCEPTED } from '../../domain/rendition/accepted-formats.ts';
import { planRendition } from '../../domain/rendition/plan-rendition.ts';
import { parseTransform } from '../../domain/rendition/transform-parameters.ts';
import type { Preview } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';

/** Large enough to decide, small enough for a request that also is read in one piece. */
const TRANSFORM = parseTransform(new URLSearchParams('w=512&h=512&format=jpeg'), (name) => name);

export interface PreviewedImage {
  readonly contentType: MediaType;
  readonly width: number;
  readonly height: number;
}

export type PreviewServices = Pick<Services, 'imaging' | 'staging'>;

export interface PreviewTurn {
  readonly urgency: 'request' | 'background';
  readonly payer: Payer;
}

/**
 * The picture of an image that isn't served yet, as gates and moderators see it. It is stored nowhere. Errors: those of
 * `Imaging.render`.
 */
export async function makePreview(
  { imaging, staging }: PreviewServices,
  { contentType, width, height }: PreviewedImage,
  source: Parameters<Services['imaging']['render']>[0],
  turn: PreviewTurn & { readonly signal: AbortSignal },
): Promise<Preview> {
  const recipe = planRendition({ contentType, width, height, focalPoint: null }, TRANSFORM, EVERY_ACCEPTED);
  let size: Pick<Preview, 'width' | 'height'> | undefined;
  const [file] = await staging.stageFiles(1, async ([to = '']) => {
    const [made] = await imaging.render(source, [{ recipe, path: to }], turn);
    if (made?.outcome === 'refused') throw new AppError('rendition-failed', made.refusal.detail);
    size = made;
    return [made?.bytes ?? null];
  });
  if (!file || !size) throw new Error('expected a preview; got no file');
  await using _ = file;
  return { ...size, bytes: await file.read() };
}
