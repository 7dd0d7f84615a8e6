const DAY_MS = 24 * 3_600_000;

/** The latest date that is believed of a picture, by the time of its upload: clocks east of UTC are ahead of it. */
export const latestTaken = (uploadedAt: Date): Date => new Date(uploadedAt.getTime() + DAY_MS);
