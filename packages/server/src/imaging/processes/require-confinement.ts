import { AppError } from '../../domain/errors.ts';
import type { ImagingOptions } from '../create-imaging.ts';
import type { Confinement } from '../imaging.ts';
import { CONFINEMENTS } from './decode-reply.ts';
import { measureConfinement } from './measure-confinement.ts';

/** The levels that DECODERS_REQUIRE can demand. */
export type RequiredConfinement = Exclude<Confinement, 'unconfined'>;

const ADVICE = {
  landlock:
    'Landlock needs koffi (npm ci without --omit=optional), a kernel that lists it in /sys/kernel/security/lsm, and a container profile that permits it',
  namespaces: 'namespaces need util-linux, and a kernel and a container profile that permit unprivileged ones',
} as const satisfies Record<RequiredConfinement, string>;

const DECODER = new URL('decode-child.ts', import.meta.url);

/**
 * Starts a decoder, and ends it: the level of confinement that it gets, and the levels that later decoders may have.
 * Errors: `unavailable`, with a sentence for the operator, if the level is below `required`, or if no decoder starts.
 */
export async function requireConfinement(
  required: RequiredConfinement,
  folder: string,
): Promise<Required<Pick<ImagingOptions, 'levels' | 'measured'>>> {
  const levels = CONFINEMENTS.slice(0, CONFINEMENTS.indexOf(required) + 1);
  const { level: measured, reason } = await measureConfinement({ folder, childFile: DECODER }).catch(
    (error: unknown) => {
      const cause = error instanceof Error ? error.cause : error;
      throw new AppError('unavailable', `DECODERS_REQUIRE: expected a decoder to start; got ${cause}`, {
        cause: error,
      });
    },
  );
  if (levels.includes(measured)) return { levels, measured };
  throw new AppError(
    'unavailable',
    `DECODERS_REQUIRE: expected decoders that ${required} confines; got ${measured}${reason && ` (${reason})`}. ${ADVICE[required]}: see "Decoders" in docs/running.md, or require less.`,
  );
}
