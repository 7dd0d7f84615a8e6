import type { Image } from '@safelight/client';
import { clockTime } from '../ui/formats.ts';
import { exposureText } from './exposure-text.ts';
import { Row } from './row.tsx';

interface FactRowsProps {
  readonly facts: NonNullable<Image['facts']>;
  /** Whether the date is among them. */
  readonly hasDate: boolean;
}

/** What the picture says about itself, where it says something. */
export function FactRows({ facts, hasDate }: FactRowsProps) {
  const { taken_at, offset, camera, lens, ai_generated, c2pa } = facts;
  const exposure = exposureText(facts.exposure);
  return (
    <>
      {hasDate && taken_at !== null && (
        <Row name="Taken">
          <time dateTime={`${taken_at}${offset ?? ''}`}>{clockTime(taken_at)}</time>
        </Row>
      )}
      {camera !== null && (
        <Row name="Camera">
          <bdi>{camera}</bdi>
        </Row>
      )}
      {lens !== null && (
        <Row name="Lens">
          <bdi>{lens}</bdi>
        </Row>
      )}
      {exposure !== '' && <Row name="Exposure">{exposure}</Row>}
      {ai_generated && <Row name="Made">with AI, as the picture says</Row>}
      {c2pa === 'present' && <Row name="Credentials">present, not checked</Row>}
    </>
  );
}
