const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;

/** `3.4 MB`, by powers of 1,024 as the service's limits are. */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(bytes || 1) / 10)));
  const value = bytes / 1024 ** power;
  return `${Number(value.toFixed(power > 0 && value < 10 ? 1 : 0))} ${UNITS[power]}`;
}
