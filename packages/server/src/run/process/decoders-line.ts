import type { Services } from '../../services.ts';

/** The end of the line at the start, with the measured level: it claims none that no process has shown. */
export async function decodersLine({ imaging }: Pick<Services, 'imaging'>): Promise<string> {
  const { level, isCertain } = await imaging.measuredConfinement();
  return `decoders: ${level}${isCertain ? '' : ' expected, not measured'}`;
}
