import type { Details, Facts } from '../../domain/facts/facts.ts';
import { takenAt } from '../../domain/facts/taken-at.ts';

/** The facts that an image's JSON has. */
export function factsJson(facts: Facts) {
  const { camera, lens, exposure, isAiGenerated, hasC2pa } = facts;
  const taken = takenAt(facts);
  return {
    taken_at: taken?.at ?? null,
    offset: taken?.offset ?? null,
    camera,
    lens,
    exposure: {
      seconds: exposure.seconds,
      f_number: exposure.fNumber,
      iso: exposure.iso,
      focal_length: exposure.focalLength,
    },
    ai_generated: isAiGenerated,
    c2pa: hasC2pa ? 'present' : 'absent',
  } as const;
}

/** All facts, also those that an image's JSON never has. `facts` is null if nobody has read the picture yet. */
export function allFactsJson(facts: Facts | null, details: Details | null) {
  return {
    ...(facts ? factsJson(facts) : UNREAD),
    position: positionOf(details),
    title: details?.title ?? null,
    description: details?.description ?? null,
    keywords: details?.keywords ?? [],
    creator: details?.creator ?? null,
    copyright: details?.copyright ?? null,
    is_read: facts !== null && facts.reader > 0,
  };
}

const UNREAD = {
  ...{ taken_at: null, offset: null, camera: null, lens: null },
  exposure: { seconds: null, f_number: null, iso: null, focal_length: null },
  ai_generated: false,
  c2pa: 'absent',
} as const satisfies ReturnType<typeof factsJson>;

const positionOf = (details: Details | null) =>
  (details?.positionByHand === undefined ? details?.position : details.positionByHand) ?? null;
