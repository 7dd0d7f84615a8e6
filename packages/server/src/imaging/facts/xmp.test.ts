import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { xmpPacket } from './exif.fixture.ts';
import { MAX_XMP_BYTES, readXmp } from './xmp.ts';

const rdf = (text: string): Buffer =>
  Buffer.from(`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${text}</rdf:RDF>`);

const TITLE =
  '<dc:title><rdf:Alt><rdf:li xml:lang="de">Hafen</rdf:li><rdf:li xml:lang="x-default">Harbour</rdf:li></rdf:Alt></dc:title>';

describe('a packet of XMP', () => {
  it('has properties as attributes and as elements', () => {
    const inside = '<photoshop:DateCreated>2019-05-04</photoshop:DateCreated>';
    assert.deepEqual(readXmp(xmpPacket(inside, "xmp:CreateDate='2020-01-01T10:00:00Z'")), {
      createDate: ['2020-01-01T10:00:00Z'],
      dateCreated: ['2019-05-04'],
    });
  });

  it('has alternatives, of which the default one counts, and lists', () => {
    const inside = `${TITLE}<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sun &amp; sand</rdf:li></rdf:Bag></dc:subject>`;
    assert.deepEqual(readXmp(xmpPacket(inside)), { title: ['Harbour', 'Hafen'], subject: ['sea', 'sun & sand'] });
  });

  it('knows namespaces by their URI, not by their prefix', () => {
    const named = '<rdf:Description xmlns:zz="http://purl.org/dc/elements/1.1/" xmlns:dc="http://example.com/">';
    const text = `${named}<zz:rights>mine</zz:rights><dc:rights>another</dc:rights></rdf:Description>`;
    assert.deepEqual(readXmp(rdf(text)), { rights: ['mine'] });
  });

  it('has a default namespace for elements, and none for attributes', () => {
    const text =
      '<rdf:Description xmlns="http://purl.org/dc/elements/1.1/" title="no"><rights>mine</rights></rdf:Description>';
    assert.deepEqual(readXmp(rdf(text)), { rights: ['mine'] });
  });

  it('has values as resources', () => {
    const source = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
    assert.deepEqual(readXmp(xmpPacket(`<Iptc4xmpExt:DigitalSourceType rdf:resource="${source}"/>`)), {
      digitalSourceType: [source],
    });
  });

  it('has CDATA, comments and numeric entities', () => {
    assert.deepEqual(readXmp(xmpPacket('<dc:rights><!-- no > --><![CDATA[<b>]]>&#169;&#xA9;&lt;/b&gt;</dc:rights>')), {
      rights: ['<b>©©</b>'],
    });
  });

  it('keeps the first of two values', () => {
    const inside = '<dc:rights>one</dc:rights><dc:rights>other</dc:rights>';
    assert.deepEqual(readXmp(xmpPacket(inside)), { rights: ['one'] });
  });

  it('does not take a property of a structure for one of the picture', () => {
    const region = `<Iptc4xmpExt:ImageRegion><rdf:Bag><rdf:li><rdf:Description>${TITLE}</rdf:Description></rdf:li></rdf:Bag></Iptc4xmpExt:ImageRegion>`;
    assert.deepEqual(readXmp(xmpPacket(region)), {});
  });

  const SOUND = '<dc:rights>mine</dc:rights>';
  const hostile: Readonly<Record<string, readonly [packet: Uint8Array, expected: object]>> = {
    'a DOCTYPE, whatever follows': [
      Buffer.concat([Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]>'), xmpPacket(SOUND)]),
      {},
    ],
    'entities that nobody knows stay text': [
      xmpPacket('<dc:rights>&b;&b;&nbsp;</dc:rights>'),
      { rights: ['&b;&b;&nbsp;'] },
    ],
    'an entity beyond Unicode': [xmpPacket('<dc:rights>a&#x110000;&#1114112;b</dc:rights>'), { rights: ['ab'] }],
    'UTF-16': [Buffer.from(xmpPacket(SOUND).toString(), 'utf16le'), {}],
    'overlong UTF-8': [Buffer.concat([xmpPacket(SOUND), Buffer.from([0xc0, 0xaf])]), {}],
    'an unclosed element': [xmpPacket('<dc:rights>mine'), { rights: ['mine'] }],
    'an unclosed quote': [xmpPacket(`${SOUND}<dc:title a="`), { rights: ['mine'] }],
    'an attribute without a value': [xmpPacket(`${SOUND}<dc:title a>`), { rights: ['mine'] }],
    'nothing but tags': [Buffer.from('<a>'.repeat(300_000)), {}],
    'nothing but ends': [Buffer.from('</a>'.repeat(250_000)), {}],
    'nothing but quotes': [Buffer.from('<a b="'.repeat(160_000)), {}],
    'nothing but comments': [Buffer.from('<!--'.repeat(250_000)), {}],
    'nothing but brackets': [Buffer.from('<'.repeat(1_000_000)), {}],
    'a million attributes': [Buffer.from(`<a ${'b="" '.repeat(200_000)}>`), {}],
    'a million prefixes': [Buffer.from(`<a ${'xmlns:b="c" '.repeat(80_000)}>`), {}],
    'more bytes than any catalogue writes': [Buffer.concat([xmpPacket(SOUND), Buffer.alloc(MAX_XMP_BYTES, ' ')]), {}],
    'a property named as those of objects': [
      rdf('<rdf:Description xmlns:p="" p:__proto__="a" constructor="b"><p:toString>c</p:toString></rdf:Description>'),
      {},
    ],
  };
  for (const [name, [packet, expected]] of Object.entries(hostile))
    it(`of ${name}`, () => {
      assert.deepEqual(readXmp(packet), expected);
    });

  it('may have hundreds of attributes in one element, as cameras and editors write them', () => {
    const settings = Array.from({ length: 1_500 }, (_, index) => `crs:setting${index}="1"`).join(' ');
    const packet = xmpPacket(SOUND, `xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" ${settings}`);
    assert.deepEqual(readXmp(packet), { rights: ['mine'] });
  });

  it('gives no more characters than facts keep of entities', () => {
    const packet = xmpPacket(`<dc:rights>mine</dc:rights><dc:title>${'&#65;'.repeat(100_000)}</dc:title>`);
    assert.deepEqual(readXmp(packet), { rights: ['mine'] });
  });
});
