import { CAPABILITIES, type Capability } from '../../../object-store/s3/capabilities.ts';
import type { BucketAspect } from './bucket-aspect.ts';
import { LIFECYCLE, lackedWithout } from './lifecycle.ts';
import type { ReadBack } from './read-back.ts';

/** The capabilities that these outcomes show as lacking. */
export function lackedBy({ outcomes, unkept }: ReadBack, aspects: readonly BucketAspect[]): readonly Capability[] {
  return aspects.flatMap(({ name, needs }) => {
    const isUnsupported = outcomes.some(({ aspect, kind }) => aspect === name && kind === 'unsupported');
    const lines = unkept.get(name) ?? [];
    if (name === LIFECYCLE.name && !isUnsupported) return lines.flatMap(lackedWithout);
    return isUnsupported || lines.length > 0 ? needs : [];
  });
}

/** The setting that lists all of these. */
export const lacksSetting = (...lacked: readonly (readonly Capability[])[]): string =>
  `S3_LACKS=${CAPABILITIES.filter((one) => lacked.some((some) => some.includes(one))).join(',')}`;
