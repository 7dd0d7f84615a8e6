import sharp from 'sharp';
import { testImage } from '../../../test/pictures/test-images.ts';

/** A JPEG that says when it was taken, and where. */
export async function takenImage(
  seed: number,
  { at, hasPlace = false }: { readonly at: string; readonly hasPlace?: boolean },
) {
  const bytes = await testImage({ type: 'image/jpeg', width: 480, height: 320, seed });
  const place = {
    GPSLatitudeRef: 'N',
    GPSLatitude: '54/1 54/1 28/1',
    GPSLongitudeRef: 'E',
    GPSLongitude: '8/1 18/1 8/1',
  };
  const exif = {
    IFD0: { Make: 'Safelight', Model: 'Test' },
    IFD2: { DateTimeOriginal: at },
    ...(hasPlace && { IFD3: place }),
  };
  return new Uint8Array(await sharp(bytes).withExif(exif).jpeg().toBuffer());
}

/** The heading of the day of a clock, in another year than this one, as British English writes it. */
export const headingOf = (clock: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' },
  }).format(Date.parse(`${clock}Z`));

/** Whether that heading, of a day or of several of a month, is of the day of the clock. */
export function isOfDay(heading: string, clock: string): boolean {
  const [, first, last, month] = /^(\d+)\s?–\s?(\d+) (\w+ \d+)$/.exec(heading) ?? [];
  if (month === undefined) return heading === headingOf(clock);
  const day = Number(clock.slice(8, 10));
  return headingOf(clock).endsWith(` ${day} ${month}`) && Number(first) <= day && day <= Number(last);
}
