const DAY_MS = 86_400_000;

/**
 * How long a picture stays in the trash. After its time it is deleted within a while, until then it can be restored.
 */
export function daysLeft(purgeAt: string | undefined, now: number): string {
  if (purgeAt === undefined) return '';
  const days = Math.ceil((Date.parse(purgeAt) - now) / DAY_MS);
  if (days < 1) return 'Deleted soon';
  return days === 1 ? '1 day left' : `${days} days left`;
}
