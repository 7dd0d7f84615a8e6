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
  const position = { latitude: rounded(latitude), longitude: rounded(longitude) };
  return position.latitude === 0 && position.longitude === 0 ? null : position;
}

const rounded = (degrees: number): number => Number(degrees.toFixed(DECIMALS));

/** undefined isn't null: nobody has set one. */
export const isSamePosition = (one: Position | null | undefined, other: Position | null | undefined): boolean =>
  one && other ? one.latitude === other.latitude && one.longitude === other.longitude : one === other;
