/** A file format that users mistake for an accepted image format. */
interface OtherFormat {
  readonly name: string;
  /** What the sender can do. */
  readonly advice: string;
}

const SVG: OtherFormat = { name: 'SVG, which is code and not pixels', advice: 'export it as PNG or WebP' };
const PDF: OtherFormat = { name: 'PDF', advice: 'export its pages as JPEG or PNG' };
const VIDEO: OtherFormat = {
  name: 'a video',
  advice: 'send a frame of it as JPEG, or a short clip as animated WebP or GIF',
};

/** A camera's raw file. Many are TIFFs whose first picture is a small preview. */
const raw = (name: string): OtherFormat => ({ name: `${name} raw file`, advice: 'export it as JPEG or TIFF' });

const OTHER_FORMATS = new Map<string, OtherFormat>([
  ['image/svg+xml', SVG],
  ['application/pdf', PDF],
  ['image/x-adobe-dng', raw('an Adobe DNG')],
  ['image/x-canon-cr2', raw('a Canon CR2')],
  ['image/x-canon-cr3', raw('a Canon CR3')],
  ['image/x-fuji-raf', raw('a Fujifilm RAF')],
  ['image/x-hasselblad-3fr', raw('a Hasselblad 3FR')],
  ['image/x-nikon-nef', raw('a Nikon NEF')],
  ['image/x-olympus-orf', raw('an Olympus ORF')],
  ['image/x-panasonic-rw2', raw('a Panasonic RW2')],
  ['image/x-pentax-pef', raw('a Pentax PEF')],
  ['image/x-phaseone-iiq', raw('a Phase One IIQ')],
  ['image/x-raw', raw("a camera's")],
  ['image/x-samsung-srw', raw('a Samsung SRW')],
  ['image/x-sony-arw', raw('a Sony ARW')],
]);

const formatOf = (type: string): OtherFormat | undefined =>
  type.startsWith('video/') ? VIDEO : OTHER_FORMATS.get(type);

/** What to do with a file of this type; undefined for uncommon types. */
export const adviceFor = (type: string): string | undefined => formatOf(type)?.advice;

/** Completes "got ...": the format and the advice. */
export function describeFormat(type: string): string {
  const format = formatOf(type);
  return format ? `${format.name}: ${format.advice}` : type;
}
