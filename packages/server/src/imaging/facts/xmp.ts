/** Namespaces by URI: a packet may bind them to any prefix. */
const RDF = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
const XML = 'http://www.w3.org/XML/1998/namespace';
const EXIF = 'http://ns.adobe.com/exif/1.0/';
const PHOTOSHOP = 'http://ns.adobe.com/photoshop/1.0/';
const XMP = 'http://ns.adobe.com/xap/1.0/';
const EXIF_EX = 'http://cipa.jp/exif/1.0/';
const AUX = 'http://ns.adobe.com/exif/1.0/aux/';
const TIFF = 'http://ns.adobe.com/tiff/1.0/';
const DC = 'http://purl.org/dc/elements/1.1/';
const IPTC_EXT = 'http://iptc.org/std/Iptc4xmpExt/2008-02-29/';

const DESCRIPTION = `${RDF}Description`;

const PROPERTIES = {
  [`${EXIF}DateTimeOriginal`]: 'dateTimeOriginal',
  [`${PHOTOSHOP}DateCreated`]: 'dateCreated',
  [`${XMP}CreateDate`]: 'createDate',
  [`${EXIF_EX}LensModel`]: 'lensModel',
  [`${AUX}Lens`]: 'lens',
  [`${TIFF}Make`]: 'make',
  [`${TIFF}Model`]: 'model',
  [`${DC}title`]: 'title',
  [`${DC}description`]: 'description',
  [`${DC}subject`]: 'subject',
  [`${DC}creator`]: 'creator',
  [`${DC}rights`]: 'rights',
  [`${IPTC_EXT}DigitalSourceType`]: 'digitalSourceType',
} as const;

type Property = (typeof PROPERTIES)[keyof typeof PROPERTIES];

/** The values of each property that the packet has; of alternatives in several languages the default one first. */
export type XmpValues = Readonly<Partial<Record<Property, readonly string[]>>>;

/** A packet of a catalogue has 20 KB. */
export const MAX_XMP_BYTES = 1_048_576;
const MAX_TAGS = 10_000;
const MAX_DEPTH = 32;
/** In the whole packet. Adobe's programs write all settings as attributes of one element, some hundred. */
const MAX_ATTRIBUTES = 10_000;
/** In the whole packet: each copies those that are in scope. */
const MAX_DECLARATIONS = 200;
/** Characters of all values that are read: more than their bounds keep, as entities. */
const MAX_READ = 131_072;

interface Open {
  /** The URI of its namespace and its local name. */
  readonly name: string;
  readonly prefixes: ReadonlyMap<string, string>;
}

/** A property while it is open. */
interface Reading {
  readonly property: Property;
  readonly depth: number;
  readonly items: { text: string; readonly isDefault: boolean }[];
}

/**
 * Reads the few properties that `facts` need, of the packet's first `rdf:Description`s that have them. No entity but
 * XML's own five is known, a DOCTYPE ends the reading, and a damaged packet gives what was found before the damage.
 */
export function readXmp(bytes: Uint8Array): XmpValues {
  const text = decoded(bytes);
  const found: Partial<Record<Property, readonly string[]>> = {};
  const open: Open[] = [];
  let reading: Reading | undefined;
  let left = MAX_READ;

  /** The text, or '' beyond the bound. */
  function bounded(text: string): string {
    left -= text.length;
    return left < 0 ? '' : text;
  }

  function begin({ name, attributes }: StartTag, prefixes: ReadonlyMap<string, string>): void {
    const named = attributes.map(([one, value]): [string, string] => [expanded(one, prefixes, ''), value]);
    if (name === DESCRIPTION && open.at(-1)?.name === `${RDF}RDF`) {
      for (const [one, value] of named) {
        const property = propertyOf(one);
        const said = property ? withoutEntities(bounded(value)).trim() : '';
        if (property && said !== '') found[property] ??= [said];
      }
    }
    const isInPicture = open.at(-1)?.name === DESCRIPTION && open.at(-2)?.name === `${RDF}RDF`;
    const property = isInPicture ? propertyOf(name) : undefined;
    if (property) {
      const resource = named.find(([one]) => one === `${RDF}resource`)?.[1];
      reading = {
        property,
        depth: open.length,
        items: [{ text: withoutEntities(bounded(resource ?? '')), isDefault: false }],
      };
    }
    const language = named.find(([one]) => one === `${XML}lang`)?.[1];
    if (reading && name === `${RDF}li` && open.length === reading.depth + 2)
      reading.items.push({ text: '', isDefault: language === 'x-default' });
    open.push({ name, prefixes });
  }

  function end(): void {
    open.pop();
    if (!reading || open.length !== reading.depth) return;
    const values = reading.items.toSorted((one, other) => Number(other.isDefault) - Number(one.isDefault));
    const texts = values.map((item) => item.text.trim()).filter((value) => value !== '');
    if (texts.length > 0) found[reading.property] ??= texts;
    reading = undefined;
  }

  function add(content: string): void {
    if (!reading) return;
    const inItem = open.length === reading.depth + 3 && open.at(-1)?.name === `${RDF}li`;
    const item = inItem ? reading.items.at(-1) : open.length === reading.depth + 1 ? reading.items[0] : undefined;
    if (item) item.text += content;
  }

  let at = 0;
  let attributes = 0;
  let declarations = 0;
  for (let tags = 0; tags < MAX_TAGS; tags += 1) {
    const start = text.indexOf('<', at);
    if (start < 0) break;
    if (reading) add(withoutEntities(bounded(text.slice(at, start))));
    if (text.startsWith('<!--', start)) at = behind(text, '-->', start + 4);
    else if (text.startsWith('<?', start)) at = behind(text, '?>', start + 2);
    else if (text.startsWith('<![CDATA[', start)) {
      at = behind(text, ']]>', start + 9);
      if (reading) add(bounded(text.slice(start + 9, at - 3)));
    } else if (text.startsWith('<!', start)) break;
    else if (text.startsWith('</', start)) {
      at = behind(text, '>', start + 2);
      end();
    } else {
      const tag = startTagAt(text, start + 1, MAX_ATTRIBUTES - attributes);
      if (!tag || open.length === MAX_DEPTH) break;
      const own = tag.attributes.filter(([name]) => name === 'xmlns' || name.startsWith('xmlns:'));
      attributes += tag.attributes.length;
      declarations += own.length;
      if (declarations > MAX_DECLARATIONS) break;
      const prefixes = prefixesIn(own, open.at(-1)?.prefixes);
      begin({ ...tag, name: expanded(tag.name, prefixes, prefixes.get('') ?? '') }, prefixes);
      if (tag.isEmpty) end();
      at = tag.end;
    }
  }
  return found;
}

const behind = (text: string, mark: string, from: number): number => {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at + mark.length;
};

/** UTF-8 only, which embedded packets have (XMP specification, part 3); ill-formed bytes: nothing is read. */
function decoded(bytes: Uint8Array): string {
  if (bytes.length > MAX_XMP_BYTES) return '';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return '';
  }
}

interface StartTag {
  readonly name: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

const NAME = /[^\s/>=<"']{1,200}/y;
const BLANKS = /\s*/y;

/** `at`: behind its `<`. undefined: it is damaged, or has more than `most` attributes. */
function startTagAt(
  text: string,
  at: number,
  most: number,
): (StartTag & { readonly isEmpty: boolean; readonly end: number }) | undefined {
  let place = at;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = place;
    const [found = ''] = pattern.exec(text) ?? [];
    place += found.length;
    return found;
  };
  const name = take(NAME);
  if (name === '') return undefined;
  const attributes: [string, string][] = [];
  while (attributes.length <= most) {
    take(BLANKS);
    if (text[place] === '>') return { name, attributes, isEmpty: false, end: place + 1 };
    if (text.startsWith('/>', place)) return { name, attributes, isEmpty: true, end: place + 2 };
    const attribute = take(NAME);
    take(BLANKS);
    if (attribute === '' || text[place] !== '=') return undefined;
    place += 1;
    take(BLANKS);
    const quote = text[place];
    if (quote !== '"' && quote !== "'") return undefined;
    const end = text.indexOf(quote, place + 1);
    if (end < 0) return undefined;
    attributes.push([attribute, text.slice(place + 1, end)]);
    place = end + 1;
  }
  return undefined;
}

const NO_PREFIXES: ReadonlyMap<string, string> = new Map([['xml', XML]]);

/** Those in scope inside the element; the empty prefix is the default namespace. */
const prefixesIn = (
  declared: StartTag['attributes'],
  outer: ReadonlyMap<string, string> = NO_PREFIXES,
): ReadonlyMap<string, string> =>
  declared.length === 0
    ? outer
    : new Map([...outer, ...declared.map(([name, uri]): [string, string] => [name.slice(6), uri])]);

function expanded(name: string, prefixes: ReadonlyMap<string, string>, unprefixed: string): string {
  const colon = name.indexOf(':');
  if (colon < 0) return unprefixed + name;
  return (prefixes.get(name.slice(0, colon)) ?? '') + name.slice(colon + 1);
}

const propertyOf = (name: string): Property | undefined =>
  Object.hasOwn(PROPERTIES, name) ? PROPERTIES[name as keyof typeof PROPERTIES] : undefined;

const ENTITY = /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const withoutEntities = (text: string): string =>
  text.includes('&')
    ? text.replace(ENTITY, (entity, hex?: string, decimal?: string, name?: string) => {
        if (name !== undefined) return NAMED[name.toLowerCase()] ?? entity;
        const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : '';
      })
    : text;
