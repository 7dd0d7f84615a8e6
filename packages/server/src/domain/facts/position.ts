/** A place on earth in degrees (WGS 84): north and east are positive. */
export interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

/** A centimetre. */
const DECIMALS = 7;

/** null: no place on earth, or exactly 0, 0, which devices write that don't know where they are. */
export function parsePosition({ latitude, longitude }: Position): Position | null {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return null;
  if (latitude === 0 && longitude === 0) return null;
  return { latitude: rounded(latitude), longitude: rounded(longitude) };
}

const rounded = (degrees: number): number => Number(degrees.toFixed(DECIMALS));
