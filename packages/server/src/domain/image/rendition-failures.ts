import { crashCountsAgainAt, MAX_CRASHES } from './deadlines.ts';
import type { PublishedImage, ReadyImage, RenditionFailure } from './image.ts';

/**
 * More than all possible presets; lists read the whole record. An evicted failure is tried `MAX_CRASHES` times again.
 */
const FAILURES_KEPT = 40;

/**
 * The rendition crashed the decoder once more. It counts at most once a minute, and needs no new revision. The oldest
 * entry is evicted for it.
 */
export const recordRenditionCrash = (
  image: ReadyImage,
  { rendition, detail, at }: { readonly rendition: string; readonly detail: string; readonly at: Date },
): ReadyImage => {
  const known = image.renditionFailures.find((failure) => failure.rendition === rendition);
  if (known && (known.crashes >= MAX_CRASHES || at < crashCountsAgainAt(new Date(known.crashedAt)))) return image;
  const latest = { rendition, crashes: (known?.crashes ?? 0) + 1, detail, crashedAt: at.toISOString() };
  const others = image.renditionFailures.filter((failure) => failure.rendition !== rendition);
  return { ...image, renditionFailures: [...others, latest].slice(-FAILURES_KEPT) };
};

/** It can't be made of this image, so it isn't tried (again). No new revision. */
export const giveUpRendition = (
  image: ReadyImage,
  { rendition, detail, at }: { readonly rendition: string; readonly detail: string; readonly at: Date },
): ReadyImage => {
  const others = image.renditionFailures.filter((failure) => failure.rendition !== rendition);
  const latest = { rendition, crashes: MAX_CRASHES, detail, crashedAt: at.toISOString() };
  return { ...image, renditionFailures: [...others, latest].slice(-FAILURES_KEPT) };
};

/** Why the rendition was given up; undefined if it may be tried. */
export const renditionFailure = (image: PublishedImage, rendition: string): RenditionFailure | undefined =>
  image.renditionFailures.find((failure) => failure.rendition === rendition && failure.crashes >= MAX_CRASHES);

/** Resets the failures of `renditions`, or of all. No new revision. */
export const resetRenditionFailures = (image: ReadyImage, renditions?: readonly string[]): ReadyImage => {
  const kept = image.renditionFailures.filter(({ rendition }) => renditions && !renditions.includes(rendition));
  return kept.length === image.renditionFailures.length ? image : { ...image, renditionFailures: kept };
};
