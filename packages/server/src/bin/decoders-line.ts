import type { Services } from '../services.ts';

/** The end of the line at the start: it claims no level that no decoder has shown. */
export function decodersLine({ imaging }: Pick<Services, 'imaging'>): string {
  const { level, isCertain } = imaging.confinement();
  return `decoders: ${level}${isCertain ? '' : ' expected, not measured'}`;
}
