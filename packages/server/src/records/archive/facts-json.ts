import { z } from 'zod';
import type { Details, Facts } from '../../domain/facts/facts.ts';
import { type Offset, parseOffset } from '../../domain/facts/offset.ts';
import type { Position } from '../../domain/facts/position.ts';
import { TAKEN_SOURCES } from '../../domain/facts/taken.ts';
import { parseWallClock, type WallClock } from '../../domain/facts/wall-clock.ts';
import { object, whole } from './json-values.ts';

const wallClock = z.custom<WallClock>(
  (value) => typeof value === 'string' && parseWallClock(value) === value,
  'expected a time as 2024-07-14T18:22:31.120',
);
const offset = z.custom<Offset>(
  (value) => typeof value === 'string' && parseOffset(value) === value,
  'expected an offset as +02:00',
);
const text = z.string().nullable();
const positive = z.number().positive().nullable();

export const facts: z.ZodType<Facts> = z.strictObject({
  reader: whole,
  taken: z.strictObject({ at: wallClock, offset: offset.nullable(), source: z.enum(TAKEN_SOURCES) }).nullable(),
  camera: text,
  lens: text,
  exposure: z.strictObject({ seconds: positive, fNumber: positive, iso: positive, focalLength: positive }),
  isAiGenerated: z.boolean(),
  hasC2pa: z.boolean(),
  takenByHand: wallClock.nullable().exactOptional(),
  unknown: object.exactOptional(),
});

const position: z.ZodType<Position | null> = z
  .strictObject({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
  .nullable();

export const details: z.ZodType<Details> = z.strictObject({
  position,
  positionByHand: position.exactOptional(),
  title: text,
  description: text,
  keywords: z.array(z.string()),
  creator: text,
  copyright: text,
  unknown: object.exactOptional(),
});
